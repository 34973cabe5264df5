package dev.backplane.local.library.pull;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.http.client.HttpClient;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.ModelName;
import dev.backplane.local.library.StoredModel;
import java.io.IOException;
import java.util.function.Supplier;

/// Sends models of the library to registries. Thread-safe.
public final class Pushes {
    private final Library library;
    private final Fetch fetch;
    private final Hosts hosts;
    private final int chunkBytes;
    private final Meter.Counter done;
    private final Meter.Counter failed;

    private Pushes(Library library, Fetch fetch, Hosts hosts, int chunkBytes, Meter meter) {
        this.library = library;
        this.fetch = fetch;
        this.hosts = hosts;
        this.chunkBytes = chunkBytes;
        String name = "backplane_local_pushes_total";
        String help = "Models sent to registries, by how it ended.";
        this.done = meter.counter(name, help, "result=\"done\"");
        this.failed = meter.counter(name, help, "result=\"failed\"");
    }

    /// @param http asked for at the first push
    /// @param agent who we say that we are
    public static Pushes of(
            Library library, Supplier<HttpClient> http, Hosts hosts, String agent, Meter meter) {
        Fetch fetch = new Fetch(http, hosts, agent, Thread::sleep);
        return new Pushes(library, fetch, hosts, Download.CHUNK_BYTES, meter);
    }

    /// One that does not wait, and sends small pieces.
    static Pushes forTests(
            Library library,
            Supplier<HttpClient> http,
            Hosts hosts,
            Fetch.Pause pause,
            int chunkBytes) {
        Fetch fetch = new Fetch(http, hosts, "backplane-test", pause);
        return new Pushes(library, fetch, hosts, chunkBytes, new Meter());
    }

    /// Sends what the registry of the model's name lacks, and names it there. The manifest is sent
    /// byte for byte, so the model has the same digest on both sides.
    ///
    /// @throws Problem when there is no such model, its bytes are not here, or the registry takes
    ///   nothing
    /// @throws IOException of the listener
    public void push(ModelName name, PullEvents events) throws IOException {
        boolean succeeded = false;
        try {
            run(name, events);
            succeeded = true;
        } finally {
            (succeeded ? done : failed).increment();
        }
    }

    private void run(ModelName name, PullEvents events) throws IOException {
        events.status("retrieving manifest");
        StoredModel model = library.get(name);
        if (Hosts.isHub(name)) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "models are not pushed to Hugging Face from here",
                            name.toString())
                    .fix("upload the files with hf upload");
        }
        for (Layer layer : model.manifest().all()) {
            if (!model.folder().has(layer)) {
                throw Problem.conflict(
                                "layer %s is not here".formatted(layer.digest().brief()),
                                name.toString())
                        .fix("backplane pull " + name);
            }
        }
        String base = hosts.registry(name) + "/v2/" + name.repository();
        Upload upload = new Upload(fetch, base, chunkBytes);
        for (Layer layer : model.manifest().all()) {
            upload.layer(layer, model.path(layer), events);
        }
        events.status("pushing manifest");
        upload.manifest(name.tag(), model.manifest());
        events.status("success");
    }
}
