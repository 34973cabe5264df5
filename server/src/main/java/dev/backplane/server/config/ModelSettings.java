package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.parse.Formats;
import dev.backplane.gateway.parse.ReplyFormat;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Reads `providers`, `models` and `gateway`.
final class ModelSettings {
    private static final String OPENAI = "https://api.openai.com/v1";

    private final Function<String, Optional<String>> environment;
    private final Set<String> providers = new HashSet<>();

    /// @param environment a variable's value
    ModelSettings(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    Config.Models read(Settings settings) {
        List<Config.ModelProvider> all = new ArrayList<>();
        settings.namedSections("providers")
                .forEach((name, provider) -> all.add(provider(name, provider)));
        List<Config.Model> models = new ArrayList<>();
        for (Map.Entry<String, Settings> model : settings.namedSections("models").entrySet()) {
            models.add(new Config.Model(model.getKey(), targets(model.getKey(), model.getValue())));
        }
        Settings gateway = settings.section("gateway").orElseGet(Settings::empty);
        return new Config.Models(
                all,
                models,
                content(gateway),
                gateway.flag("async").orElse(false),
                LimitSettings.all(gateway));
    }

    private Config.ModelProvider provider(String name, Settings provider) {
        if (name.contains("/")) {
            throw provider.problem("type", "belongs to a provider with a / in its name")
                    .fix("choose a name without /, because PROVIDER/MODEL names a model");
        }
        String type = provider.text("type").orElse("openai");
        if (!type.equals("openai")) {
            throw provider.problem("type", "is '" + type + "'").fix("use openai");
        }
        Optional<String> variable = provider.text("api_key_env");
        Optional<String> key = provider.text("api_key");
        if (variable.isPresent() && key.isEmpty()) {
            key = variable.flatMap(environment);
            if (key.isEmpty()) {
                throw provider.problem("api_key_env", "gives no key")
                        .fix("set the variable that it names");
            }
        }
        providers.add(name);
        return new Config.ModelProvider(name, type, address(provider), key);
    }

    private static URI address(Settings provider) {
        String text = provider.text("base_url").orElse(OPENAI);
        try {
            URI uri = URI.create(text);
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

    private List<Config.Target> targets(String name, Settings model) {
        List<Settings> list = model.sections("targets");
        if (list.isEmpty()) {
            return List.of(target(name, model));
        }
        return list.stream().map(target -> target(name, target)).toList();
    }

    private Config.Target target(String name, Settings target) {
        String provider =
                target.text("provider")
                        .orElseThrow(() ->
                                target.problem("provider", "is missing")
                                        .fix("name one of " + String.join(", ", providers)));
        if (!providers.contains(provider)) {
            throw target.problem("provider", "is '" + provider + "', which is not configured")
                    .fix("add it to providers");
        }
        String model = target.text("model").orElse(name);
        return new Config.Target(
                provider,
                model,
                target.number("weight", 1_000_000).orElse(0L).intValue(),
                replies(model, target));
    }

    private static ReplyFormat replies(String model, Settings target) {
        String tools = target.text("tool_parser").orElse("");
        String reasoning = target.text("reasoning_parser").orElse("");
        if (!tools.equals("auto")) {
            return Formats.named(tools, reasoning);
        }
        ReplyFormat format = Formats.ofModel(model);
        if (!reasoning.isEmpty()) {
            throw target.problem("reasoning_parser", "stands beside tool_parser: auto")
                    .fix("leave it out, because auto chooses both");
        }
        if (format.equals(ReplyFormat.PLAIN)) {
            throw target.problem("tool_parser", "is auto, and " + model + " is of no known family")
                    .fix("name a parser, as docs/configuration.md lists them");
        }
        return format;
    }

    private static ContentPolicy content(Settings gateway) {
        String text = gateway.text("content").orElse("full");
        return ContentPolicy.byId(text)
                .orElseThrow(() ->
                        gateway.problem("content", "is '" + text + "'")
                                .fix("use full, hashed or none"));
    }
}
