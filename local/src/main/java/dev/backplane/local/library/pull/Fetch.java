package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.client.ClientRequest;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.http.client.HttpClient;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Asks registries and hubs: follows where they send, within the rules of [Hosts], and says in one
/// way why something cannot be had. Thread-safe.
final class Fetch {
    private static final int REDIRECTS_MAX = 8;
    private static final int TRIES_MAX = 5;
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final Timeouts TIMEOUTS =
            new Timeouts(
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(30),
                    Duration.ofHours(2));

    /// How long to wait before something is tried again; tests do not wait.
    @FunctionalInterface
    interface Pause {
        void sleep(Duration time) throws InterruptedException;
    }

    private final Supplier<HttpClient> http;
    private final Hosts hosts;
    private final String agent;
    private final Pause pause;

    Fetch(Supplier<HttpClient> http, Hosts hosts, String agent, Pause pause) {
        this.http = http;
        this.hosts = hosts;
        this.agent = agent;
        this.pause = pause;
    }

    /// An answer, and the address that gave it.
    record Answer(URI uri, ClientResponse response) implements AutoCloseable {
        @Override
        public void close() {
            response.close();
        }
    }

    /// The answer at the end of all redirects, whatever its status.
    Answer get(Access access, List<Header> more) {
        return send("GET", access, more);
    }

    Answer send(String method, Access access, List<Header> more) {
        return send(method, access, more, Slice.EMPTY);
    }

    Answer send(String method, Access access, List<Header> more, Slice body) {
        URI uri = access.uri();
        for (int i = 0; i <= REDIRECTS_MAX; i++) {
            ClientRequest request =
                    new ClientRequest(method, uri, headers(access, uri, more), body, TIMEOUTS);
            ClientResponse response = http.get().send(request);
            if (!isRedirect(response.status())) {
                return new Answer(uri, response);
            }
            String location = response.header("Location").orElse("");
            response.close();
            uri = target(uri, location, request.where());
            hosts.checkRedirect(uri);
        }
        throw Problem.unavailable("sends in circles", access.toString())
                .fix("try again later, or pull from another place");
    }

    private List<Header> headers(Access access, URI uri, List<Header> more) {
        List<Header> headers = new ArrayList<>(more);
        headers.add(new Header("User-Agent", agent));
        if (!access.accept().isEmpty()) {
            headers.add(new Header("Accept", access.accept()));
        }
        if (Hosts.sameOrigin(access.uri(), uri)) {
            access.token()
                    .ifPresent(
                            token -> headers.add(new Header("Authorization", "Bearer " + token)));
        }
        return headers;
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    /// Where an answer that is no redirect says to go on, if it may send there.
    URI next(Answer answer, String location) {
        URI uri = target(answer.uri(), location, answer.uri().getRawAuthority());
        hosts.checkRedirect(uri);
        return uri;
    }

    private static URI target(URI from, String location, String where) {
        try {
            URI target = from.resolve(location);
            boolean isHttp =
                    "http".equals(target.getScheme()) || "https".equals(target.getScheme());
            if (!location.isEmpty() && isHttp && target.getHost() != null) {
                return target;
            }
        } catch (IllegalArgumentException malformed) {
            // Reported below, with those that lead nowhere.
        }
        throw Problem.unavailable("sends to what is no address", where)
                .fix("try again later, or pull from another place");
    }

    /// A small answer, whole. What may pass is tried again.
    ///
    /// @throws Problem as [#refused]; `TOO_LARGE` beyond the limit
    Slice read(Access access, int bytesMax) {
        for (int tries = 1; ; tries++) {
            try {
                return once(access, bytesMax);
            } catch (Problem problem) {
                if (!problem.kind().retryable() || tries == TRIES_MAX) {
                    throw problem;
                }
                await(problem, tries);
            }
        }
    }

    private Slice once(Access access, int bytesMax) {
        try (Answer answer = get(access, List.of())) {
            ClientResponse response = answer.response();
            if (response.status() != 200) {
                throw refused(response, access);
            }
            InputStream body = response.body();
            Slice bytes = Slice.read(body, response.contentLength(), bytesMax + 1);
            if (bytes.length() > bytesMax) {
                throw Problem.tooLarge(
                                "answer of more than %,d bytes".formatted(bytesMax),
                                access.toString())
                        .fix("check that the name is that of a model");
            }
            return bytes;
        } catch (IOException e) {
            throw Problem.unavailable("answer was cut off", access.toString()).causedBy(e);
        }
    }

    /// Waits before the next try: as long as the other side asked for, else longer each time.
    void await(Problem problem, int tries) {
        Duration growing = Duration.ofMillis(500L << Math.min(tries - 1, 6));
        Duration asked =
                problem.retryAfter().filter(time -> time.toMillis() > 1_000).orElse(growing);
        try {
            pause.sleep(asked.compareTo(WAIT_MAX) > 0 ? WAIT_MAX : asked);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Problem.of(Problem.Kind.UNAVAILABLE, "pull was cancelled", "pull");
        }
    }

    /// What a status that is no success means.
    static Problem refused(ClientResponse response, Access access) {
        int status = response.status();
        String where = access.toString();
        String code = response.header("X-Error-Code").orElse("");
        return switch (status) {
            case 401 ->
                    Problem.of(
                                    Problem.Kind.UNAUTHENTICATED,
                                    access.token().isPresent()
                                            ? "the token is not accepted, or there is no such model"
                                            : "there is no such model, or it needs a token",
                                    where)
                            .fix(TOKEN);
            case 403 ->
                    Problem.of(
                                    Problem.Kind.FORBIDDEN,
                                    code.equals("GatedRepo")
                                            ? "the model is given only to those who accepted its"
                                                    + " terms"
                                            : "the model may not be had",
                                    where)
                            .fix(
                                    access.token().isPresent()
                                            ? "accept the model's terms on its page, with the"
                                                    + " account of the token"
                                            : TOKEN);
            case 404, 410 ->
                    Problem.notFound("no such model, or no such version of it", where)
                            .fix("check the name and the tag on the model's page");
            case 408, 429, 500, 502, 503, 504, 509 ->
                    Problem.of(
                                    status == 429 ? Problem.Kind.LIMITED : Problem.Kind.UNAVAILABLE,
                                    status == 429
                                            ? "asks to come back later"
                                            : "answers with status " + status,
                                    where)
                            .fix("pull again later: it goes on where it stopped")
                            .retryAfter(retryAfter(response).orElse(Duration.ofSeconds(1)));
            default ->
                    Problem.of(Problem.Kind.INTERNAL, "answers with status " + status, where)
                            .fix("try again later, or pull from another place");
        };
    }

    private static final String TOKEN =
            "set HF_TOKEN where the server runs, or put a token there with hf auth login";

    /// Seconds, or a date.
    static Optional<Duration> retryAfter(ClientResponse response) {
        String text = response.header("Retry-After").orElse("").strip();
        if (text.matches("[0-9]{1,6}")) {
            return Optional.of(Duration.ofSeconds(Math.max(1, Long.parseLong(text))));
        }
        try {
            Instant until =
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Duration left = Duration.between(Instant.now(), until);
            return left.isPositive() ? Optional.of(left) : Optional.empty();
        } catch (DateTimeParseException none) {
            return Optional.empty();
        }
    }
}
