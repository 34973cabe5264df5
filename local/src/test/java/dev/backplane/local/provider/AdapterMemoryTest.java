package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.engine.model.Adapter;
import dev.backplane.engine.model.Compute;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.model.SyntheticAdapter;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.InProcess.Loaded;
import dev.backplane.http.client.Timeouts;
import dev.backplane.local.ConfiguredModels;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.NamedAdapter;
import dev.backplane.tensor.kernel.KernelGate;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What adapters take of the memory of local models, and when it is free again.
class AdapterMemoryTest {
    private static final long PLENTY = 1L << 30;

    @TempDir static Path folder;
    private static Path model;
    private static Path small;
    private static Path huge;

    @BeforeAll
    static void write() {
        model = folder.resolve("tiny.gguf");
        SyntheticChatModel.write(model, 8_192);
        small = adapter("small", 8);
        huge = adapter("huge", 4_000);
    }

    private static Path adapter(String name, int rank) {
        Path file = folder.resolve(name + ".gguf");
        SyntheticAdapter.write(model, List.of("attn_q", "ffn_down"), rank, 8, 1, Map.of(), file);
        return file;
    }

    private static ModelFiles files(
            String name, Map<String, JsonTree> parameters, List<Path> adapters) {
        return new ModelFiles(
                name,
                model,
                "",
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                parameters,
                adapters);
    }

    private static LocalSettings settings(long memoryBytes, Duration keepAlive) {
        LocalSettings usual = LocalSettings.defaults();
        return new LocalSettings(
                1,
                memoryBytes,
                keepAlive,
                2_048,
                usual.kv(),
                4,
                4,
                PrefixSharing.KEY,
                Duration.ZERO,
                true,
                usual.speculation(),
                Optional.empty());
    }

    private static ConfiguredModels source(List<Path> own) {
        ConfiguredModels source = new ConfiguredModels();
        JsonTree context = new JsonTree.Number("2048");
        source.change(
                List.of(
                        files("a", Map.of("num_ctx", context), own),
                        files("b", Map.of("num_ctx", context), List.of())),
                List.of());
        return source;
    }

    private static LocalModels models(long memoryBytes, Duration keepAlive, List<Path> own) {
        return new LocalModels(
                source(own), settings(memoryBytes, keepAlive), KernelGate::open, new Meter());
    }

    private static LocalModels models(long memoryBytes) {
        return models(memoryBytes, Duration.ofHours(1), List.of());
    }

    private static CallContext context() {
        return new CallContext("", Timeouts.DEFAULT);
    }

    private static void load(LocalModels models, String name) {
        models.load(name, Extras.NONE, context());
    }

    private static void adapt(LocalModels models, String name, Path path) {
        models.loadAdapter(name, path.toString(), "a", context());
    }

    private static long bytes(LocalModels models) {
        return bytes(models.loaded());
    }

    private static long bytes(List<Loaded> loaded) {
        return loaded.stream().mapToLong(Loaded::memoryBytes).sum();
    }

    private static long needed() {
        try (LocalModels models = models(PLENTY)) {
            load(models, "a");
            return bytes(models);
        }
    }

    @Test
    void comesAndGoesWithTheName() {
        try (LocalModels models = models(PLENTY)) {
            adapt(models, "x", small);
            assertThat(bytes(models)).isEqualTo(needed() + LocalModel.adapterBytes(small));
            models.unloadAdapter("x");
            assertThat(bytes(models)).isEqualTo(needed());
            adapt(models, "x", small);
            assertThatThrownBy(() -> adapt(models, "x", small)).isInstanceOf(Problem.class);
            assertThatThrownBy(() -> adapt(models, "b", small)).isInstanceOf(Problem.class);
            assertThat(bytes(models)).isEqualTo(needed() + LocalModel.adapterBytes(small));
        }
    }

    /// One that is forgotten while it is read is gone with its use, and reading it holds up nobody.
    @Test
    void isNotKeptWhenItsNameWentMeanwhile() throws Exception {
        AtomicBoolean known = new AtomicBoolean(true);
        AtomicLong charged = new AtomicLong();
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        NamedAdapter named = new NamedAdapter("x", "a", small, 0);
        try (Compute compute = new Compute(1, KernelGate.open());
                LocalModel base =
                        LocalModel.open(model, compute, new LocalModel.Options(4, 64, 64));
                ResidentAdapters adapters =
                        new ResidentAdapters(
                                (adapter, room) -> {
                                    reading.countDown();
                                    await(goOn);
                                    return base.adapter(adapter.name(), adapter.path(), room);
                                },
                                _ -> known.get(),
                                charged::addAndGet)) {
            Thread user = Thread.ofVirtual().start(() -> adapters.use(named).close());
            await(reading);
            adapters.use(Adapter.NONE).close();
            known.set(false);
            adapters.dropUnknown();
            goOn.countDown();
            user.join();
            assertThat(charged).hasValue(0);
            assertThat(adapters.idleBytes()).isZero();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void makesRoomWhenNobodyUsesIt() {
        long one = LocalModel.adapterBytes(small);
        try (LocalModels models = models(needed() + one + one / 2)) {
            adapt(models, "x", small);
            adapt(models, "y", small);
            assertThat(bytes(models)).isEqualTo(needed() + one);
        }
    }

    @Test
    @Timeout(60)
    void goesAfterAWhileThoughItsModelIsUsed() throws InterruptedException {
        long needed = needed();
        NamedAdapter named = new NamedAdapter("x", "a", small, 0);
        try (Residents residents =
                        new Residents(
                                source(List.of()),
                                settings(PLENTY, Duration.ofMillis(1)),
                                KernelGate::open,
                                InstantSource.system(),
                                new EngineMetrics(new Meter()),
                                _ -> true);
                Residents.Lease _ = lease(residents)) {
            try (Residents.Lease other = lease(residents);
                    ResidentAdapters.Use _ = other.model().adapter(Optional.of(named))) {
                assertThat(bytes(residents.list()))
                        .isEqualTo(needed + LocalModel.adapterBytes(small));
            }
            while (bytes(residents.list()) > needed) {
                Thread.sleep(5);
            }
            assertThat(bytes(residents.list())).isEqualTo(needed);
        }
    }

    private static Residents.Lease lease(Residents residents) {
        return residents.lease("a", Optional.empty(), _ -> {});
    }

    /// Whoever wants memory meanwhile may count on what one that is being freed will give back.
    @Test
    void countsAsIdleUntilItsMemoryIsGivenBack() {
        long bytes = LocalModel.adapterBytes(small);
        AtomicReference<Optional<ResidentAdapters>> all = new AtomicReference<>(Optional.empty());
        List<Long> idle = new ArrayList<>();
        try (Compute compute = new Compute(1, KernelGate.open());
                LocalModel base =
                        LocalModel.open(model, compute, new LocalModel.Options(4, 64, 64));
                ResidentAdapters adapters =
                        new ResidentAdapters(
                                (adapter, room) ->
                                        base.adapter(adapter.name(), adapter.path(), room),
                                _ -> true,
                                _ -> idle.add(all.get().orElseThrow().idleBytes()))) {
            all.set(Optional.of(adapters));
            adapters.use(new NamedAdapter("x", "a", small, 0)).close();
            assertThat(adapters.freeOldest()).isTrue();
            assertThat(adapters.hasIdle()).isFalse();
            assertThat(idle).containsExactly(0L, bytes);
            assertThat(adapters.idleBytes()).isZero();
        }
    }

    @Test
    void nothingGoesWhereNothingIsGained() {
        try (LocalModels models = models(3 * needed())) {
            load(models, "b");
            assertThat(LocalModel.adapterBytes(huge)).isGreaterThan(3 * needed());
            assertThatThrownBy(() -> adapt(models, "x", huge))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("an adapter of 'a' needs");
            assertThat(models.loaded().stream().map(Loaded::model))
                    .containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void aModelsOwnIsPartOfWhatItNeeds() {
        try (LocalModels models = models(PLENTY, Duration.ofHours(1), List.of(small))) {
            load(models, "a");
            assertThat(bytes(models)).isEqualTo(needed() + LocalModel.adapterBytes(small));
        }
        try (LocalModels models = models(2 * needed(), Duration.ofHours(1), List.of(huge))) {
            assertThatThrownBy(() -> load(models, "a"))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("of an adapter");
        }
    }

    @Test
    void theContextIsMadeShortEnoughForTheDraftModelAsWell() {
        Map<String, JsonTree> draft = Map.of("draft_model", new JsonTree.Text(model.toString()));
        ModelFiles files = files("a", draft, List.of());
        LoadPlan plenty =
                LoadPlan.of(
                        files, settings(PLENTY, Duration.ZERO).guessing("draft", Optional.empty()));
        assertThat(plenty.context()).isEqualTo(2_048);
        long less = plenty.bytes() - 1;
        LoadPlan plan =
                LoadPlan.of(
                        files, settings(less, Duration.ZERO).guessing("draft", Optional.empty()));
        assertThat(plan.context()).isEqualTo(1_024);
        assertThat(plan.bytes()).isLessThanOrEqualTo(less);
    }
}
