package dev.backplane.local.library.pull;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.client.HttpClient;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.Manifest;
import dev.backplane.local.library.ModelConfig;
import dev.backplane.local.library.ModelFolder;
import dev.backplane.local.library.ModelName;
import dev.backplane.local.library.Room;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/// Brings models into the library. Thread-safe.
public final class Pulls {
    /// Requests for one file at the same time: more helps little, and hubs count them.
    private static final int STREAMS = 4;

    private static final int SMALL_BYTES_MAX = 32 << 20;

    private final Library library;
    private final Fetch fetch;
    private final Hub registry;
    private final Hub huggingFace;
    private final Transfers transfers;
    private final int chunkBytes;
    private final Meter.Counter done;
    private final Meter.Counter failed;

    private Pulls(
            Library library,
            Supplier<HttpClient> http,
            Hosts hosts,
            Supplier<Optional<String>> token,
            String agent,
            Fetch.Pause pause,
            int chunkBytes,
            Meter meter) {
        this.library = library;
        this.fetch = new Fetch(http, hosts, agent, pause);
        this.registry = new OllamaRegistry(fetch, hosts);
        this.huggingFace = new HuggingFace(fetch, hosts, token);
        this.chunkBytes = chunkBytes;
        this.transfers = new Transfers(fetch, library.own(), STREAMS, chunkBytes);
        String name = "backplane_local_pulls_total";
        String help = "Models asked for from registries and hubs, by how it ended.";
        this.done = meter.counter(name, help, "result=\"done\"");
        this.failed = meter.counter(name, help, "result=\"failed\"");
    }

    /// @param http asked for at the first pull: most processes never need it
    /// @param token of Hugging Face, asked for each time
    /// @param agent who we say that we are
    public static Pulls of(
            Library library,
            Supplier<HttpClient> http,
            Hosts hosts,
            Supplier<Optional<String>> token,
            String agent,
            Meter meter) {
        return new Pulls(
                library, http, hosts, token, agent, Thread::sleep, Download.CHUNK_BYTES, meter);
    }

    /// One that does not wait, and asks for small pieces.
    static Pulls forTests(
            Library library,
            Supplier<HttpClient> http,
            Hosts hosts,
            Supplier<Optional<String>> token,
            Fetch.Pause pause,
            int chunkBytes) {
        return new Pulls(
                library, http, hosts, token, "backplane-test", pause, chunkBytes, new Meter());
    }

    /// Fetches what is missing of a model, and gives it its name. May be called for the same one at
    /// the same time.
    ///
    /// @throws Problem why it cannot be had; what came of it stays for the next time
    /// @throws IOException of the listener
    public void pull(ModelName name, PullEvents events) throws IOException {
        boolean succeeded = false;
        try {
            run(name, events);
            succeeded = true;
        } finally {
            (succeeded ? done : failed).increment();
        }
    }

    private void run(ModelName name, PullEvents events) throws IOException {
        events.status("pulling manifest");
        Plan plan = (Hosts.isHub(name) ? huggingFace : registry).plan(name);
        requireRoom(name, plan);
        List<Layer> layers = new ArrayList<>();
        for (Plan.Part part : plan.parts()) {
            layers.add(layer(part, events));
        }
        events.status("verifying sha256 digest");
        Manifest manifest = plan.manifest().orElseGet(() -> manifest(layers));
        events.status("writing manifest");
        library.own().put(name, manifest);
        events.status("success");
    }

    private void requireRoom(ModelName name, Plan plan) throws IOException {
        Set<String> counted = new HashSet<>();
        long missing = 0;
        for (Plan.Part part : plan.parts()) {
            if (part instanceof Plan.Part.Blob(Layer layer, Access _)
                    && !library.has(layer)
                    && counted.add(layer.digest().hex())) {
                missing +=
                        layer.size()
                                - Chunks.present(
                                        Download.partial(library.own(), layer.digest()),
                                        layer.size(),
                                        chunkBytes);
            }
        }
        Room.require(library.own().root(), missing, name.toString());
    }

    private Layer layer(Plan.Part part, PullEvents events) throws IOException {
        ModelFolder own = library.own();
        return switch (part) {
            case Plan.Part.Blob(Layer layer, Access source) -> {
                events.progress(layer, 0);
                if (library.take(layer)) {
                    events.progress(layer, layer.size());
                } else {
                    transfers.fetch(layer, source, events);
                }
                yield layer;
            }
            case Plan.Part.Small small -> {
                Layer layer = own.add(small.kind(), small(small)).named(small.name());
                events.progress(layer, layer.size());
                yield layer;
            }
            case Plan.Part.Text(LayerKind kind, Slice bytes) -> own.add(kind, bytes);
        };
    }

    private Slice small(Plan.Part.Small small) {
        Slice bytes = fetch.read(small.source(), SMALL_BYTES_MAX);
        boolean isWhole = bytes.length() == small.size();
        if (!isWhole || !(small.gitId().isEmpty() || gitId(bytes).equals(small.gitId()))) {
            throw Problem.internal(
                            "file '%s' is not what the repository says".formatted(small.name()),
                            small.source().toString())
                    .fix("pull again; if it happens again, the source is damaged");
        }
        return bytes;
    }

    /// As git counts the SHA-1 of a file. It shows what was damaged; it proves nothing.
    private static String gitId(Slice bytes) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update(("blob " + bytes.length() + "\0").getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(sha1.digest(bytes.bytes()));
        } catch (NoSuchAlgorithmException missing) {
            throw Problem.internal("SHA-1 is missing", "Java").causedBy(missing);
        }
    }

    private Manifest manifest(List<Layer> layers) {
        Layer config = library.own().add(LayerKind.CONFIG, ModelConfig.of(layers, library.own()));
        return Manifest.of(Optional.of(config), layers);
    }
}
