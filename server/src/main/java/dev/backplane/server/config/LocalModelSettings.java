package dev.backplane.server.config;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.NamedAdapter;
import dev.backplane.local.provider.KeepAlive;
import dev.backplane.local.provider.LocalSettings;
import dev.backplane.local.provider.PrefixSharing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads `local`, and models that are files.
final class LocalModelSettings {
    private static final int CONTEXT_MAX = 1 << 28;
    private static final int REQUESTS_MAX = 100_000;
    private static final int THREADS_MAX = 1_024;
    private static final int DRAFT_MAX = 64;
    private static final long TEMPLATE_BYTES_MAX = 4L << 20;
    private static final long TILE_BYTES = 32L << 30;

    /// Numbers of a model, by the names that Ollama has for them.
    private static final List<String> NUMBERS =
            List.of("temperature", "top_p", "top_k", "min_p", "repeat_penalty");

    private LocalModelSettings() {}

    /// @param data where repacked weights are kept
    static LocalSettings read(Settings settings, Path data) {
        LocalSettings usual = LocalSettings.defaults();
        Settings local = settings.section("local").orElseGet(Settings::empty);
        long tiles = local.bytes("tiles").orElse(TILE_BYTES);
        LocalSettings given =
                new LocalSettings(
                        local.number("threads", 1, THREADS_MAX)
                                .map(Long::intValue)
                                .orElse(usual.threads()),
                        local.bytes("memory")
                                .filter(bytes -> bytes > 0)
                                .orElse(usual.memoryBytes()),
                        keepAlive(local).orElse(usual.keepAlive()),
                        local.number("context", 1, CONTEXT_MAX)
                                .map(Long::intValue)
                                .orElse(usual.context()),
                        usual.kv(),
                        local.number("running", 1, REQUESTS_MAX)
                                .map(Long::intValue)
                                .orElse(usual.runningMax()),
                        local.number("waiting", REQUESTS_MAX)
                                .map(Long::intValue)
                                .orElse(usual.waitingMax()),
                        local.text("prefixes")
                                .map(id ->
                                        PrefixSharing.byId(id)
                                                .orElseThrow(() ->
                                                        local.problem("prefixes", "is '" + id + "'")
                                                                .fix("use key, project or all")))
                                .orElse(usual.prefixes()),
                        local.time("trial").orElse(usual.trial()),
                        local.flag("machine_code").orElse(usual.machineCode()),
                        usual.speculation(),
                        usual.tiles());
        LocalSettings keeping =
                local.text("kv").map(id -> given.keepingKv(kv(local, id))).orElse(given);
        LocalSettings guessing =
                local.section("speculation")
                        .map(section -> guessing(keeping, section))
                        .orElse(keeping);
        return tiles == 0 ? guessing : guessing.keepingTiles(data.resolve("tiles"), tiles);
    }

    private static String kv(Settings local, String id) {
        if (LocalSettings.KV_TYPES.contains(id)) {
            return id;
        }
        throw local.problem("kv", "is '" + id + "'")
                .fix("use one of " + String.join(", ", LocalSettings.KV_TYPES));
    }

    private static LocalSettings guessing(LocalSettings given, Settings settings) {
        String method = settings.text("method").orElse("suffix");
        if (!LocalSettings.GUESSES.contains(method)) {
            throw settings.problem("method", "is '" + method + "'")
                    .fix("use one of " + String.join(", ", LocalSettings.GUESSES));
        }
        return given.guessing(method, settings.number("tokens", DRAFT_MAX).map(Long::intValue));
    }

    private static Optional<Duration> keepAlive(Settings settings) {
        return settings.text("keep_alive")
                .map(text -> {
                    try {
                        return KeepAlive.parse(text);
                    } catch (Problem wrong) {
                        throw settings.problem("keep_alive", "is '" + text + "'").fix(wrong.fix());
                    }
                });
    }

    /// An adapter of a model that is known, if it is one.
    static Optional<NamedAdapter> adapter(String name, Settings model, Findings findings) {
        Optional<String> path = model.text("adapter");
        if (path.isEmpty()) {
            return Optional.empty();
        }
        String base =
                model.text("of")
                        .orElseThrow(() ->
                                model.problem("of", "is missing")
                                        .fix("name the model that the adapter changes"));
        Path file = ConfigLoader.path(path.get()).toAbsolutePath();
        if (!Files.exists(file)) {
            findings.doubt(
                    model.doubt("adapter", "names no file: " + file)
                            .fix("name a GGUF file, or a folder that PEFT wrote"));
        }
        return Optional.of(new NamedAdapter(name, base, file, modifiedSeconds(file)));
    }

    /// A model that is a file, if it is one.
    static Optional<ModelFiles> file(String name, Settings model, Findings findings) {
        Optional<String> path = model.text("path");
        if (path.isEmpty()) {
            return Optional.empty();
        }
        Path weights = ConfigLoader.path(path.get()).toAbsolutePath();
        if (!Files.isRegularFile(weights) && !Files.isDirectory(weights)) {
            findings.doubt(
                    model.doubt("path", "names no file: " + weights)
                            .fix(
                                    "name a GGUF file or a model's folder; the model cannot be used"
                                            + " before it is there"));
        }
        Map<String, JsonTree> parameters = new LinkedHashMap<>();
        model.number("context", 1, CONTEXT_MAX)
                .ifPresent(context -> parameters.put("num_ctx", new JsonTree.Number("" + context)));
        keepAlive(model)
                .ifPresent(time ->
                        parameters.put("keep_alive", new JsonTree.Text(time.toMillis() + "ms")));
        model.text("pooling")
                .ifPresent(id -> parameters.put("pooling", new JsonTree.Text(pooling(model, id))));
        model.text("draft")
                .map(file -> ConfigLoader.path(file).toAbsolutePath())
                .ifPresent(
                        file -> parameters.put("draft_model", new JsonTree.Text(file.toString())));
        for (String number : NUMBERS) {
            model.text(number)
                    .ifPresent(text -> parameters.put(number, number(model, number, text)));
        }
        return Optional.of(
                new ModelFiles(
                        name,
                        weights,
                        "",
                        size(weights),
                        modifiedSeconds(weights),
                        model.text("template").map(file -> template(model, file)),
                        model.text("system"),
                        Optional.empty(),
                        parameters,
                        List.of()));
    }

    private static String pooling(Settings model, String id) {
        if (LocalSettings.POOLINGS.contains(id)) {
            return id;
        }
        throw model.problem("pooling", "is '" + id + "'")
                .fix("use one of " + String.join(", ", LocalSettings.POOLINGS));
    }

    private static JsonTree number(Settings model, String name, String text) {
        if (text.matches("-?[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            return new JsonTree.Number(text);
        }
        throw model.problem(name, "is '" + text + "'").fix("write a number");
    }

    private static String template(Settings model, String file) {
        Path path = ConfigLoader.path(file);
        try {
            if (Files.size(path) <= TEMPLATE_BYTES_MAX) {
                return Files.readString(path);
            }
            throw model.problem("template", "is too large a file").fix("name a Jinja template");
        } catch (IOException e) {
            throw model.problem("template", "cannot be read: " + path)
                    .fix("name a file with a Jinja template, in UTF-8")
                    .causedBy(e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException absent) {
            return 0;
        }
    }

    private static long modifiedSeconds(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant().getEpochSecond();
        } catch (IOException absent) {
            return 0;
        }
    }
}
