package dev.backplane.server.config;

import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.parse.Formats;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.route.Balance;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Reads `providers`, `models` and `gateway`.
final class ModelSettings {
    private final ProviderSettings reader;
    private final Set<String> providers = new HashSet<>();

    /// @param environment a variable's value
    ModelSettings(Function<String, Optional<String>> environment) {
        this.reader = new ProviderSettings(environment);
    }

    Config.Models read(Settings settings) {
        List<Config.ModelProvider> all = new ArrayList<>();
        settings.namedSections("providers")
                .forEach((name, provider) -> {
                    all.add(reader.read(name, provider));
                    providers.add(name);
                });
        List<Config.Model> models = new ArrayList<>();
        for (Map.Entry<String, Settings> model : settings.namedSections("models").entrySet()) {
            models.add(
                    new Config.Model(
                            model.getKey(),
                            targets(model.getKey(), model.getValue()),
                            balance(model.getValue())));
        }
        Settings gateway = settings.section("gateway").orElseGet(Settings::empty);
        return new Config.Models(
                all,
                models,
                content(gateway),
                gateway.flag("async").orElse(false),
                LimitSettings.all(gateway),
                gateway.bytes("cache").orElse(0L),
                gateway.seconds("probe"));
    }

    private static Optional<Balance> balance(Settings model) {
        return model.text("balance")
                .map(id ->
                        Balance.byId(id)
                                .orElseThrow(() ->
                                        model.problem("balance", "is '" + id + "'")
                                                .fix("use order, weight, least_busy or sticky")));
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
