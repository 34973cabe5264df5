package dev.backplane.server.config;

import dev.backplane.gateway.provider.Anthropic;
import dev.backplane.gateway.provider.Gemini;
import dev.backplane.server.config.Config.ModelProvider;
import dev.backplane.server.config.Config.ProviderType;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Providers that nobody configured. Nothing is asked of them before somebody wants a model:
/// whether they are there is found out then.
///
/// Services on this machine cost nothing and keep what they are told here, so they are looked for
/// where no provider is configured. A key in the environment may be there for another program, and
/// whoever reaches this server could spend it: those are used only if that was said.
final class Discovery {
    /// What is looked for.
    enum Extent {
        OFF,
        /// Ollama and vLLM at their ports.
        LOCAL,
        /// These, and services for which the environment has a key.
        KEYS;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Extent> byId(String id) {
            for (Extent extent : values()) {
                if (extent.id().equals(id)) {
                    return Optional.of(extent);
                }
            }
            return Optional.empty();
        }
    }

    /// @param variable with the key, or empty
    private record Service(String name, ProviderType type, URI address, String variable) {
        boolean isLocal() {
            return variable.isEmpty();
        }

        ModelProvider provider(Optional<String> key) {
            return new ModelProvider(name, type, address, key, "", Optional.empty());
        }

        /// As it would be configured.
        String yaml() {
            String kind = type == ProviderType.OPENAI ? "" : "type: " + type.id() + ", ";
            return "providers: {%s: {%s%s}}"
                    .formatted(
                            name,
                            kind,
                            isLocal()
                                    ? "base_url: \"" + address + "\""
                                    : "api_key_env: " + variable);
        }
    }

    private static final List<Service> SERVICES =
            List.of(
                    service("ollama", ProviderType.OPENAI, "http://127.0.0.1:11434/v1", ""),
                    service("vllm", ProviderType.OPENAI, "http://127.0.0.1:8000/v1", ""),
                    service(
                            "openai",
                            ProviderType.OPENAI,
                            ProviderSettings.OPENAI.toString(),
                            "OPENAI_API_KEY"),
                    service(
                            "anthropic",
                            ProviderType.ANTHROPIC,
                            Anthropic.ADDRESS.toString(),
                            "ANTHROPIC_API_KEY"),
                    service(
                            "gemini",
                            ProviderType.GEMINI,
                            Gemini.ADDRESS.toString(),
                            "GEMINI_API_KEY"));

    private static Service service(
            String name, ProviderType type, String address, String variable) {
        return new Service(name, type, URI.create(address), variable);
    }

    private final Function<String, Optional<String>> environment;

    /// @param environment a variable's value
    Discovery(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    /// @param providers that are used
    record Found(List<ModelProvider> providers, Config.Discovered discovered) {}

    /// @param configured names that are taken
    Found find(Extent extent, Set<String> configured) {
        List<ModelProvider> providers = new ArrayList<>();
        Set<String> found = new LinkedHashSet<>();
        Set<String> local = new LinkedHashSet<>();
        Map<String, String> remedies = new LinkedHashMap<>();
        List<String> unused = new ArrayList<>();
        for (Service service : SERVICES) {
            if (configured.contains(service.name())) {
                continue;
            }
            Optional<String> key =
                    service.isLocal() ? Optional.empty() : environment.apply(service.variable());
            boolean isUsed =
                    service.isLocal()
                            ? extent != Extent.OFF
                            : extent == Extent.KEYS && key.isPresent();
            if (isUsed) {
                providers.add(service.provider(key));
                found.add(service.name());
            } else {
                remedies.put(service.name(), remedy(service, key.isPresent()));
            }
            if (isUsed && service.isLocal()) {
                local.add(service.name());
            }
            if (!isUsed && key.isPresent()) {
                unused.add(service.variable());
            }
        }
        return new Found(providers, new Config.Discovered(found, local, remedies, unused));
    }

    private static String remedy(Service service, boolean hasKey) {
        if (service.isLocal()) {
            return "write " + service.yaml() + " into the configuration";
        }
        return hasKey
                ? "%s is set, and used if you say so: %s, or %s in the configuration"
                        .formatted(
                                service.variable(), "backplane up --discover keys", service.yaml())
                : "set %s where the server starts, and write %s into the configuration"
                        .formatted(service.variable(), service.yaml());
    }
}
