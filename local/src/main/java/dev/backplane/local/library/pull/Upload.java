package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.ClientResponse;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.Manifest;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Sends layers and a manifest to one repository of a registry, as the distribution specification
/// of the Open Container Initiative has it: `HEAD` for what is there, `POST` to begin, a `PATCH`
/// for each chunk, `PUT` with the digest to end. For one thread; memory is one chunk.
final class Upload {
    private static final int TRIES_MAX = 5;

    private final Fetch fetch;
    private final String base;
    private final int chunkBytes;

    /// @param base `https://HOST/v2/NAMESPACE/MODEL`
    Upload(Fetch fetch, String base, int chunkBytes) {
        this.fetch = fetch;
        this.base = base;
        this.chunkBytes = chunkBytes;
    }

    /// Sends a layer unless the registry has it. One that broke off begins again.
    ///
    /// @throws Problem why the registry does not take it
    /// @throws IOException of the listener, or when the file cannot be read
    void layer(Layer layer, Path file, PullEvents events) throws IOException {
        events.progress(layer, 0);
        for (int tries = 1; ; tries++) {
            try {
                if (!isThere(layer)) {
                    send(layer, file, events);
                }
                break;
            } catch (Problem problem) {
                if (!problem.kind().retryable() || tries == TRIES_MAX) {
                    throw problem;
                }
                fetch.await(problem, tries);
            }
        }
        events.progress(layer, layer.size());
    }

    private boolean isThere(Layer layer) {
        Access access = at(URI.create(base + "/blobs/" + layer.digest()));
        try (Fetch.Answer answer = fetch.send("HEAD", access, List.of())) {
            int status = answer.response().status();
            if (status != 200 && status != 404) {
                throw refused(answer.response(), access);
            }
            return status == 200;
        }
    }

    private void send(Layer layer, Path file, PullEvents events) throws IOException {
        URI place = answer("POST", URI.create(base + "/blobs/uploads/"), List.of(), Slice.EMPTY);
        try (FileChannel in = FileChannel.open(file)) {
            for (long from = 0; from < layer.size(); from += chunkBytes) {
                int length = (int) Math.min(chunkBytes, layer.size() - from);
                List<Header> headers =
                        List.of(
                                new Header("Content-Type", "application/octet-stream"),
                                new Header(
                                        "Content-Range",
                                        "%d-%d".formatted(from, from + length - 1)));
                place = answer("PATCH", place, headers, read(in, from, length));
                events.progress(layer, from + length);
            }
        }
        String query = place.getRawQuery() == null ? "?" : "&";
        URI end = URI.create(place + query + "digest=" + layer.digest());
        answer("PUT", end, List.of(), Slice.EMPTY);
    }

    private static Slice read(FileChannel in, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (in.read(bytes, from + bytes.position()) < 0) {
                throw new EOFException("the layer's file became shorter");
            }
        }
        return Slice.of(bytes.array());
    }

    /// Names the layers that were sent.
    void manifest(String tag, Manifest manifest) {
        answer(
                "PUT",
                URI.create(base + "/manifests/" + tag),
                List.of(new Header("Content-Type", Manifest.MEDIA_TYPE)),
                manifest.bytes());
    }

    /// Where the answer says to go on; the same place if it says nothing.
    private URI answer(String method, URI uri, List<Header> headers, Slice body) {
        Access access = at(uri);
        try (Fetch.Answer answer = fetch.send(method, access, headers, body)) {
            ClientResponse response = answer.response();
            if (response.status() / 100 != 2) {
                throw refused(response, access);
            }
            return response.header("Location").map(to -> fetch.next(answer, to)).orElse(uri);
        }
    }

    private static Access at(URI uri) {
        return new Access(uri, "", Optional.empty());
    }

    private static Problem refused(ClientResponse response, Access access) {
        int status = response.status();
        String where = access.toString();
        return switch (status) {
            case 401, 403 ->
                    Problem.of(
                                    Problem.Kind.FORBIDDEN,
                                    "the registry takes nothing without a login",
                                    where)
                            .fix(
                                    "push to a registry that needs none from this machine; logins"
                                            + " of registries are not supported");
            case 408, 429, 500, 502, 503, 504 ->
                    Problem.unavailable("answers with status " + status, where)
                            .fix("push again later: layers that are there are not sent again")
                            .retryAfter(Fetch.retryAfter(response).orElse(Duration.ofSeconds(1)));
            default ->
                    Problem.of(Problem.Kind.INTERNAL, "answers with status " + status, where)
                            .fix("check that it is a registry that takes pushes");
        };
    }
}
