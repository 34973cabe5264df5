package dev.backplane.local.library.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.http.client.HttpClient;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.LayerKind;
import dev.backplane.local.library.Library;
import dev.backplane.local.library.Manifest;
import dev.backplane.local.library.ModelFolder;
import dev.backplane.local.library.ModelName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PushesTest {
    private static final int CHUNK = 64 << 10;

    @TempDir private Path folder;
    private FakeHub hub;
    private HttpClient http;
    private Library library;
    private Hosts hosts;
    private Pushes pushes;
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        http = HttpClient.start(new HttpClient.Limits(16, 64));
        library = new Library(ModelFolder.open(folder.resolve("own")), List.of());
        hosts = new Hosts(Hosts.OLLAMA, Hosts.HUGGING_FACE, List.of(hub.uri()));
        pushes = Pushes.forTests(library, () -> http, hosts, _ -> {}, CHUNK);
    }

    @AfterEach
    void stop() {
        http.close();
        hub.close();
    }

    private final PullEvents events =
            new PullEvents() {
                @Override
                public void status(String text) {
                    told.add(text);
                }

                @Override
                public void progress(Layer layer, long completed) {
                    told.add(layer.digest().brief() + " " + completed);
                }
            };

    /// A model of three chunks and a little, and of a system prompt.
    private Manifest model(ModelName name) {
        byte[] weights = new byte[3 * CHUNK + 11];
        new Random(3).nextBytes(weights);
        Layer model = library.own().add(LayerKind.MODEL, Slice.of(weights));
        Layer system = library.own().add(LayerKind.SYSTEM, Slice.of("Be brief."));
        Manifest manifest = Manifest.of(Optional.empty(), List.of(model, system));
        library.own().put(name, manifest);
        return manifest;
    }

    private ModelName name(String model) {
        return ModelName.parse(hub.authority() + "/team/" + model);
    }

    @Test
    void whatWasPushedIsPulledElsewhere() throws IOException {
        ModelName name = name("writer:v2");
        Manifest manifest = model(name);
        String weights = manifest.layers().getFirst().digest().brief();

        pushes.push(name, events);

        assertThat(told)
                .startsWith("retrieving manifest", weights + " 0", weights + " " + CHUNK)
                .contains(weights + " " + (3 * CHUNK + 11))
                .endsWith("pushing manifest", "success");
        assertThat(hub.file("/v2/team/writer/manifests/v2")).isEqualTo(manifest.bytes().bytes());
        Library second = new Library(ModelFolder.open(folder.resolve("second")), List.of());
        Pulls.forTests(second, () -> http, hosts, Optional::empty, _ -> {}, CHUNK)
                .pull(name, events);
        assertThat(second.get(name).digest()).isEqualTo(library.get(name).digest());
        assertThat(Files.readAllBytes(second.get(name).path(manifest.layers().getFirst())))
                .isEqualTo(
                        hub.file("/v2/team/writer/blobs/" + manifest.layers().getFirst().digest()));
    }

    @Test
    void whatIsThereIsNotSentAgain() throws IOException {
        ModelName name = name("writer");
        model(name);
        pushes.push(name, events);
        long patches = count("PATCH");
        pushes.push(name, events);
        assertThat(patches).isEqualTo(5);
        assertThat(count("PATCH")).isEqualTo(patches);
    }

    private long count(String method) {
        return hub.asked.stream().filter(each -> each.method().equals(method)).count();
    }

    @Test
    void aLayerThatBreaksOffBeginsAgain() throws IOException {
        ModelName name = name("writer");
        Manifest manifest = model(name);
        hub.fail(
                "/v2/team/writer/blobs/uploads/1?state=a%2Fb",
                new FakeHub.Fault(503, Map.of("Retry-After", "1")));
        pushes.push(name, events);
        Layer weights = manifest.layers().getFirst();
        assertThat(hub.file("/v2/team/writer/blobs/" + weights.digest()))
                .hasSize((int) weights.size());
    }

    @Test
    void refusalsSayWhatToDo() {
        ModelName name = name("writer");
        model(name);
        hub.fail("/v2/team/writer/blobs/uploads/", new FakeHub.Fault(401, Map.of()));
        assertThatThrownBy(() -> pushes.push(name, events))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("takes nothing without a login");
        assertThatThrownBy(() -> pushes.push(name("nobody"), events))
                .hasMessageContaining("is not here");
        ModelName foreign = ModelName.parse("models.example.com/team/writer");
        model(foreign);
        assertThatThrownBy(() -> pushes.push(foreign, events))
                .hasMessageContaining("models.example.com");
        ModelName face = ModelName.parse("hf.co/team/writer");
        model(face);
        assertThatThrownBy(() -> pushes.push(face, events)).hasMessageContaining("Hugging Face");
    }

    /// A registry must not make the server send a model to what only the server reaches.
    @Test
    void placesInsideTheNetworkGetNothing() throws IOException {
        try (FakeHub inside = new FakeHub()) {
            ModelName name = name("writer");
            model(name);
            URI there = inside.uri().resolve("/upload");
            hub.fail(
                    "/v2/team/writer/blobs/uploads/",
                    new FakeHub.Fault(202, Map.of("Location", there.toString())));
            assertThatThrownBy(() -> pushes.push(name, events))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("sends to an address");
            assertThat(inside.asked).isEmpty();
        }
    }
}
