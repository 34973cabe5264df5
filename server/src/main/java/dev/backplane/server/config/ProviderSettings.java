package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.Anthropic;
import dev.backplane.gateway.provider.AwsCredentials;
import dev.backplane.gateway.provider.Bedrock;
import dev.backplane.gateway.provider.Gemini;
import dev.backplane.server.config.Config.ProviderType;
import java.net.URI;
import java.util.Optional;

/// Reads one of `providers`.
final class ProviderSettings {
    static final URI OPENAI = URI.create("https://api.openai.com/v1");

    private final Secrets secrets;
    private final Findings findings;

    /// @param findings told what is doubtful
    ProviderSettings(Secrets secrets, Findings findings) {
        this.secrets = secrets;
        this.findings = findings;
    }

    Config.ModelProvider read(String name, Settings provider) {
        if (name.contains("/")) {
            throw provider.problem("type", "belongs to a provider with a / in its name")
                    .fix("choose a name without /, because PROVIDER/MODEL names a model");
        }
        String id = provider.text("type").orElse(ProviderType.OPENAI.id());
        ProviderType type =
                ProviderType.byId(id)
                        .orElseThrow(() ->
                                provider.problem("type", "is '" + id + "'")
                                        .fix("use openai, anthropic, azure, gemini or bedrock"));
        Optional<String> key = secrets.read(provider, "api_key", "");
        Config.ModelProvider read = read(name, type, provider, key);
        look(provider, read);
        return read;
    }

    private Config.ModelProvider read(
            String name, ProviderType type, Settings provider, Optional<String> key) {
        return switch (type) {
            case OPENAI -> provider(name, type, address(provider, Optional.of(OPENAI)), key, "");
            case ANTHROPIC ->
                    provider(
                            name,
                            type,
                            address(provider, Optional.of(Anthropic.ADDRESS)),
                            Optional.of(required(provider, key)),
                            "");
            case GEMINI ->
                    provider(
                            name,
                            type,
                            address(provider, Optional.of(Gemini.ADDRESS)),
                            Optional.of(required(provider, key)),
                            "");
            case AZURE ->
                    provider(
                            name,
                            type,
                            address(provider, Optional.empty()),
                            Optional.of(required(provider, key)),
                            provider.text("api_version").orElse(""));
            case BEDROCK -> bedrock(name, provider, key);
        };
    }

    private static Config.ModelProvider provider(
            String name, ProviderType type, URI address, Optional<String> key, String version) {
        return new Config.ModelProvider(name, type, address, key, version, Optional.empty());
    }

    /// With a key of its own, or else with AWS's, which are looked for where its tools do.
    private Config.ModelProvider bedrock(String name, Settings provider, Optional<String> key) {
        String region =
                provider.text("region")
                        .orElseThrow(() ->
                                provider.problem("region", "is missing")
                                        .fix("name a region, such as eu-central-1"));
        URI address = address(provider, Optional.of(Bedrock.address(region)));
        Optional<Config.Aws> aws = Optional.empty();
        if (key.isEmpty()) {
            String access =
                    secrets.read(provider, "access_key", "AWS_ACCESS_KEY_ID")
                            .orElseThrow(() -> keyless(provider, "access_key"));
            String secret =
                    secrets.read(provider, "secret_key", "AWS_SECRET_ACCESS_KEY")
                            .orElseThrow(() -> keyless(provider, "secret_key"));
            String token = secrets.read(provider, "session_token", "AWS_SESSION_TOKEN").orElse("");
            aws = Optional.of(new Config.Aws(region, new AwsCredentials(access, secret, token)));
        }
        return new Config.ModelProvider(name, ProviderType.BEDROCK, address, key, "", aws);
    }

    /// Addresses that are hardly meant so.
    private void look(Settings provider, Config.ModelProvider read) {
        URI base = read.baseUrl();
        String path = String.valueOf(base.getPath());
        boolean isPathWanted =
                switch (read.type()) {
                    case OPENAI, ANTHROPIC, GEMINI -> true;
                    case AZURE, BEDROCK -> false;
                };
        if (isPathWanted && (path.isEmpty() || path.equals("/"))) {
            String version = read.type() == ProviderType.GEMINI ? "v1beta" : "v1";
            findings.doubt(
                    provider.doubt("base_url", "has no path")
                            .fix("write its path as well, which is usually /" + version));
        }
        String host = base.getHost();
        boolean isFar = host.contains(".") && !host.matches("[\\d.]+");
        if (read.hasKey() && base.getScheme().equals("http") && isFar) {
            findings.doubt(
                    provider.doubt("base_url", "sends the key without encryption")
                            .fix("write https://"));
        }
    }

    private static String required(Settings provider, Optional<String> key) {
        return key.orElseThrow(() -> keyless(provider, "api_key"));
    }

    private static Problem keyless(Settings provider, String name) {
        return provider.problem(name, "is missing")
                .fix("set %s, or %s_env to the variable that holds it".formatted(name, name));
    }

    private static URI address(Settings provider, Optional<URI> usual) {
        Optional<String> text = provider.text("base_url");
        if (text.isEmpty()) {
            return usual.orElseThrow(() ->
                    provider.problem("base_url", "is missing")
                            .fix("write the resource's address, https://NAME.openai.azure.com"));
        }
        try {
            URI uri = URI.create(text.get());
            String scheme = String.valueOf(uri.getScheme());
            if (scheme.matches("https?") && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException malformed) {
            throw wrongAddress(provider).causedBy(malformed);
        }
        throw wrongAddress(provider);
    }

    private static Problem wrongAddress(Settings provider) {
        return provider.problem("base_url", "is not an address")
                .fix("write http://HOST:PORT/v1 or https://…, without a user in it");
    }
}
