package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.gateway.parse.Formats;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.route.Balance;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.NamedAdapter;
import dev.backplane.local.provider.LocalModels;
import dev.backplane.local.provider.LocalSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Reads `providers`, `models` and `gateway`.
final class ModelSettings {
    private static final long HEDGES_PERCENT = 5;

    private final ProviderSettings reader;
    private final Discovery discovery;
    private final Findings findings;

    /// Their time-outs by their names.
    private final Map<String, CallTimeouts> providers = new LinkedHashMap<>();

    private final Path data;
    private final Set<String> models = new HashSet<>();
    private Set<String> local = Set.of();

    /// @param environment a variable's value
    /// @param data the directory of what is kept
    ModelSettings(
            Secrets secrets,
            Function<String, Optional<String>> environment,
            Path data,
            Findings findings) {
        this.reader = new ProviderSettings(secrets, findings);
        this.discovery = new Discovery(environment);
        this.findings = findings;
        this.data = data;
    }

    /// @param discover what the command line said of it
    /// @param isKey whether there may be a key of that id
    Config.Models read(Settings settings, Optional<String> discover, Predicate<String> isKey) {
        Settings gateway = settings.section("gateway").orElseGet(Settings::empty);
        CallTimeouts timeouts =
                findings.read(() -> TimeoutSettings.read(gateway, CallTimeouts.DEFAULT))
                        .orElse(CallTimeouts.DEFAULT);
        List<Config.ModelProvider> all = new ArrayList<>();
        settings.namedSections("providers")
                .forEach((name, provider) -> {
                    providers.put(name, timeouts);
                    findings.read(() -> provider(name, provider, timeouts)).ifPresent(all::add);
                });
        Discovery.Found found = discover(gateway, discover);
        found.providers().forEach(provider -> all.add(provider.with(timeouts)));
        found.providers().forEach(provider -> providers.put(provider.name(), timeouts));
        local = found.discovered().local();
        providers.put(LocalModels.NAME, timeouts);
        List<ModelFiles> files = new ArrayList<>();
        List<NamedAdapter> adapters = new ArrayList<>();
        List<Config.Model> read = new ArrayList<>();
        Map<String, Settings> sections = settings.namedSections("models");
        sections.forEach((name, model) -> {
            models.add(name);
            findings.read(() -> model(name, model, files, adapters)).ifPresent(read::add);
        });
        adapters.forEach(adapter -> checkBase(adapter, files, sections));
        return new Config.Models(
                all,
                read,
                content(gateway),
                gateway.flag("async").orElse(false),
                LimitSettings.all(gateway, subject -> exists(subject, isKey), findings),
                gateway.bytes("cache").orElse(0L),
                gateway.time("probe"),
                found.discovered(),
                files,
                adapters,
                findings.read(
                        () -> LocalModelSettings.read(settings, data), LocalSettings.defaults()));
    }

    private Discovery.Found discover(Settings gateway, Optional<String> override) {
        Discovery.Extent usual =
                providers.isEmpty() ? Discovery.Extent.LOCAL : Discovery.Extent.OFF;
        Optional<String> set = gateway.text("discover");
        Discovery.Extent extent =
                override.or(() -> set)
                        .map(id ->
                                Discovery.Extent.byId(id)
                                        .orElseThrow(() ->
                                                gateway.problem("discover", "is '" + id + "'")
                                                        .fix("use off, local or keys")))
                        .orElse(usual);
        return discovery.find(extent, providers.keySet());
    }

    private boolean exists(Subject subject, Predicate<String> isKey) {
        return switch (subject.kind()) {
            case KEY -> isKey.test(subject.name());
            case MODEL -> isModel(subject.name());
            case USER, TAG -> true;
        };
    }

    /// Whether a client may get an answer for the name; what a service on this machine has is not
    /// known here.
    boolean isModel(String name) {
        int slash = name.indexOf('/');
        return models.contains(name)
                || slash > 0 && providers.containsKey(name.substring(0, slash))
                || !local.isEmpty();
    }

    private Config.ModelProvider provider(String name, Settings provider, CallTimeouts around) {
        if (name.equals(LocalModels.NAME)) {
            throw provider.problem("type", "is of a provider by the name of this program")
                    .fix("choose another name: this one is that of models that run here");
        }
        CallTimeouts timeouts = TimeoutSettings.read(provider, around);
        providers.put(name, timeouts);
        return reader.read(name, provider).with(timeouts);
    }

    /// A model that is not configured may have been pulled, which is not known here.
    private void checkBase(
            NamedAdapter adapter, List<ModelFiles> files, Map<String, Settings> sections) {
        boolean isFile = files.stream().anyMatch(file -> file.name().equals(adapter.base()));
        Settings section = sections.get(adapter.name());
        if (section != null && models.contains(adapter.base()) && !isFile) {
            findings.error(
                    section.problem("of", "is '" + adapter.base() + "', which is no model's file")
                            .fix("name a model that has a path, or one that was pulled"));
        }
    }

    /// What a model is, of the ways to say it.
    private static void checkKind(Settings model) {
        List<String> kinds =
                Stream.of("adapter", "path", "provider", "targets").filter(model::has).toList();
        boolean isLocal = kinds.contains("adapter") || kinds.contains("path");
        if (isLocal && kinds.size() > 1) {
            throw model.problem(kinds.getLast(), "stands beside " + kinds.getFirst())
                    .fix("keep one of them: a model is one thing");
        }
    }

    private Config.Model model(
            String name, Settings model, List<ModelFiles> files, List<NamedAdapter> adapters) {
        checkKind(model);
        Optional<NamedAdapter> adapter = LocalModelSettings.adapter(name, model, findings);
        adapter.ifPresent(adapters::add);
        Optional<ModelFiles> file = LocalModelSettings.file(name, model, findings);
        file.ifPresent(files::add);
        List<Config.Target> targets =
                file.isPresent() || adapter.isPresent()
                        ? List.of(local(name, model))
                        : targets(name, model);
        Optional<Balance> balance = balance(model);
        if (balance.isPresent() && targets.size() == 1) {
            findings.doubt(
                    model.doubt("balance", "has nothing to choose from")
                            .fix("list several targets, or leave it out"));
        }
        boolean isWeighted = targets.stream().anyMatch(target -> target.weight() > 0);
        if (isWeighted && balance.filter(Balance.ORDER::equals).isPresent()) {
            findings.doubt(
                    model.doubt("balance", "is order, so weights do nothing")
                            .fix("leave out balance, or the weights"));
        }
        Set<String> seen = new HashSet<>();
        for (Config.Target target : targets) {
            if (!seen.add(target.provider() + "/" + target.model())) {
                findings.doubt(
                        model.doubt(
                                        "targets",
                                        "names %s/%s twice"
                                                .formatted(target.provider(), target.model()))
                                .fix("keep one of them: a failed call is tried again anyway"));
            }
        }
        return new Config.Model(name, targets, balance, hedge(model, targets.size()));
    }

    private static Optional<Config.Hedging> hedge(Settings model, int targets) {
        Optional<Settings> hedge = model.section("hedge");
        if (hedge.isPresent() && targets < 2) {
            throw model.problem("hedge", "is set, and there is no other target to ask")
                    .fix("list two targets, or leave it out");
        }
        return hedge.map(set ->
                new Config.Hedging(
                        set.time("after")
                                .orElseThrow(() ->
                                        set.problem("after", "is missing")
                                                .fix("say what silence is too long, such as 2s")),
                        set.number("percent", 1, 100).orElse(HEDGES_PERCENT).intValue()));
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
            return List.of(target(name, model, model));
        }
        if (model.text("provider").isPresent()) {
            throw model.problem("provider", "stands beside targets")
                    .fix("keep one of them, or make it one of the targets");
        }
        return list.stream().map(target -> target(name, target, model)).toList();
    }

    private Config.Target local(String name, Settings model) {
        return new Config.Target(
                LocalModels.NAME,
                name,
                0,
                ReplyFormat.PLAIN,
                TimeoutSettings.read(
                        model, providers.getOrDefault(LocalModels.NAME, CallTimeouts.DEFAULT)));
    }

    /// @param of the model that it is a target of
    private Config.Target target(String name, Settings target, Settings of) {
        String provider =
                target.text("provider")
                        .orElseThrow(() ->
                                target.problem("provider", "is missing")
                                        .fix(naming(providers.keySet())));
        if (!providers.containsKey(provider)) {
            throw target.problem("provider", "is '" + provider + "', which is not configured")
                    .fix("add it to providers, or " + naming(providers.keySet()));
        }
        String model = target.text("model").orElse(name);
        return new Config.Target(
                provider,
                model,
                target.number("weight", 1_000_000).orElse(0L).intValue(),
                replies(model, target),
                TimeoutSettings.read(of, providers.get(provider)));
    }

    private static String naming(Set<String> providers) {
        return providers.isEmpty()
                ? "name a provider, once there are some"
                : "name one of " + String.join(", ", providers);
    }

    private static ReplyFormat replies(String model, Settings target) {
        String tools = target.text("tool_parser").orElse("");
        String reasoning = target.text("reasoning_parser").orElse("");
        if (!tools.equals("auto")) {
            try {
                return Formats.named(tools, reasoning);
            } catch (Problem unknown) {
                throw target.problem(
                                tools.isEmpty() ? "reasoning_parser" : "tool_parser",
                                "cannot be: " + unknown.what())
                        .fix(unknown.fix());
            }
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
