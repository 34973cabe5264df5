package dev.backplane.server;

import dev.backplane.core.Meter;
import dev.backplane.http.client.HttpClient;
import dev.backplane.local.ModelSource;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.LibraryModels;
import dev.backplane.local.library.ModelFolder;
import dev.backplane.local.library.pull.Pulls;
import dev.backplane.local.library.pull.Pushes;
import dev.backplane.server.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The library of models, wired. Its HTTP client is one for itself, so that downloads and calls to
/// models do not wait for each other; it starts with the first pull.
final class LocalLibrary implements AutoCloseable {
    private static final int CONNECTIONS = 64;
    private static final int TOKEN_LENGTH_MAX = 1_000;

    private final Config.Library config;
    private final Library library;
    private final Pulls pulls;
    private final Pushes pushes;
    private Optional<HttpClient> http = Optional.empty();

    private LocalLibrary(Config.Library config, Library library, String version, Meter meter) {
        this.config = config;
        this.library = library;
        String agent = "backplane/" + version;
        this.pulls = Pulls.of(library, this::http, config.hosts(), this::token, agent, meter);
        this.pushes = Pushes.of(library, this::http, config.hosts(), agent, meter);
    }

    static LocalLibrary open(Config.Library config, String version, Meter meter)
            throws IOException {
        Library library =
                new Library(
                        ModelFolder.open(config.path()),
                        config.others().stream().map(ModelFolder::reading).toList());
        return new LocalLibrary(config, library, version, meter);
    }

    Library library() {
        return library;
    }

    /// For those who load them.
    ModelSource models() {
        return new LibraryModels(library);
    }

    Pulls pulls() {
        return pulls;
    }

    Pushes pushes() {
        return pushes;
    }

    private synchronized HttpClient http() {
        HttpClient started =
                http.orElseGet(() -> HttpClient.start(new HttpClient.Limits(CONNECTIONS, 1_024)));
        http = Optional.of(started);
        return started;
    }

    /// Read again each time, so that a login counts at once.
    private Optional<String> token() {
        return config.token()
                .or(() ->
                        config.tokenFiles().stream()
                                .map(LocalLibrary::token)
                                .flatMap(Optional::stream)
                                .findFirst());
    }

    private static Optional<String> token(Path file) {
        try {
            return Files.size(file) > TOKEN_LENGTH_MAX
                    ? Optional.empty()
                    : Optional.of(Files.readString(file).strip())
                            .filter(text -> text.matches("[!-~]+"));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    @Override
    public synchronized void close() {
        http.ifPresent(HttpClient::close);
    }
}
