package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.pull.Hosts;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads where models are kept, and where they may be fetched from.
final class LibrarySettings {
    private final Map<String, String> environment;

    LibrarySettings(Map<String, String> environment) {
        this.environment = environment;
    }

    Config.Library read(Settings all, Path data) {
        Settings settings = all.section("library").orElseGet(Settings::empty);
        return new Config.Library(
                settings.text("path").map(ConfigLoader::path).orElse(data.resolve("models")),
                others(settings),
                new Hosts(Hosts.OLLAMA, hub(settings), hosts(settings)),
                variable("HF_TOKEN"),
                tokenFiles());
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    private List<Path> others(Settings settings) {
        Optional<String> ollama = settings.text("ollama");
        if (ollama.isEmpty()) {
            return Library.ollamaFolders(environment);
        }
        return ollama.get().equals("off") || ollama.get().equals("false")
                ? List.of()
                : List.of(ConfigLoader.path(ollama.get()));
    }

    private List<URI> hosts(Settings settings) {
        List<URI> hosts = new ArrayList<>();
        for (String text : settings.texts("hosts")) {
            hosts.add(
                    Hosts.origin(text)
                            .orElseThrow(() ->
                                    settings.problem("hosts", "has '" + text + "'")
                                            .fix(
                                                    "write HOST, HOST:PORT or http://HOST:PORT,"
                                                            + " without a path")));
        }
        return hosts;
    }

    /// By the same variable as its own tools take.
    private URI hub(Settings settings) {
        Optional<String> set = settings.text("hub");
        Optional<String> text = set.or(() -> variable("HF_ENDPOINT"));
        if (text.isEmpty()) {
            return Hosts.HUGGING_FACE;
        }
        return Hosts.origin(text.get())
                .orElseThrow(() -> {
                    String what = "is '" + text.get() + "', which is no address of a host";
                    Problem problem =
                            set.isPresent()
                                    ? settings.problem("hub", what)
                                    : Problem.of(Problem.Kind.CONFIG, what, "HF_ENDPOINT");
                    return problem.fix("write https://HOST, without a path");
                });
    }

    /// Where `hf auth login` puts one.
    private List<Path> tokenFiles() {
        Optional<Path> home = variable("HOME").or(() -> variable("USERPROFILE")).map(Path::of);
        List<Path> files = new ArrayList<>();
        variable("HF_TOKEN_PATH").map(Path::of).ifPresent(files::add);
        variable("HF_HOME").map(text -> Path.of(text).resolve("token")).ifPresent(files::add);
        home.ifPresent(folder ->
                files.add(folder.resolve(".cache").resolve("huggingface").resolve("token")));
        return files;
    }
}
