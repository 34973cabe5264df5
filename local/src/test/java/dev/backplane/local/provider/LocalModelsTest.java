package dev.backplane.local.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.bench.SyntheticChatModel;
import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.engine.model.Hyperparameters;
import dev.backplane.engine.model.Hyperparameters.Cached;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.speculate.SpeculationOptions;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.InProcess.Loaded;
import dev.backplane.http.client.Timeouts;
import dev.backplane.local.ConfiguredModels;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.ModelSource;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.kernel.CacheType;
import dev.backplane.tensor.kernel.KernelGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which models are in memory, and until when.
class LocalModelsTest {
    @TempDir static Path folder;

    private static final List<String> NAMES = List.of("a", "b", "c");

    /// Asked once for each load.
    private static final int CONTEXT = 256;

    private final AtomicInteger loads = new AtomicInteger();

    @BeforeAll
    static void write() {
        SyntheticChatModel.write(folder.resolve("tiny.gguf"), 256);
    }

    private LocalModels models(long memoryBytes, Duration keepAlive) throws IOException {
        return models(memoryBytes, keepAlive, CacheType.F16);
    }

    private LocalModels models(long memoryBytes, Duration keepAlive, CacheType kv)
            throws IOException {
        Path file = folder.resolve("tiny.gguf");
        long bytes = Files.size(file);
        ConfiguredModels source = new ConfiguredModels();
        source.change(
                NAMES.stream().map(name -> ModelFiles.of(name, file, bytes, 0)).toList(),
                List.of());
        LocalSettings settings =
                new LocalSettings(
                        1,
                        memoryBytes,
                        keepAlive,
                        CONTEXT,
                        kv,
                        4,
                        4,
                        PrefixSharing.KEY,
                        Duration.ZERO,
                        true,
                        SpeculationOptions.OFF,
                        Optional.empty());
        return new LocalModels(
                source,
                settings,
                () -> {
                    loads.incrementAndGet();
                    return KernelGate.open();
                },
                new Meter());
    }

    private static void load(LocalModels models, String name, String keepAlive) {
        Extras.Builder extras = new Extras.Builder();
        if (!keepAlive.isEmpty()) {
            extras.put("keep_alive", Slice.of(keepAlive));
        }
        models.load(name, extras.build(), new CallContext("", Timeouts.DEFAULT));
    }

    private static List<String> loaded(LocalModels models) {
        return models.loaded().stream().map(Loaded::model).toList();
    }

    /// Waits, however long that takes, until nothing is in memory.
    private static void awaitEmpty(LocalModels models) throws InterruptedException {
        while (!models.loaded().isEmpty()) {
            Thread.sleep(5);
        }
    }

    private long needed() throws IOException {
        try (LocalModels models = models(1L << 30, Duration.ofHours(1))) {
            load(models, "a", "");
            return models.loaded().getFirst().memoryBytes();
        }
    }

    @Test
    void manyWhoWantAModelWaitForOneLoad() throws Exception {
        try (LocalModels models = models(1L << 30, Duration.ofHours(1))) {
            CountDownLatch together = new CountDownLatch(1);
            List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                threads.add(
                        Thread.ofVirtual()
                                .start(() -> {
                                    try {
                                        together.await();
                                        load(models, "a", "");
                                    } catch (InterruptedException | RuntimeException e) {
                                        failures.add(e);
                                    }
                                }));
            }
            together.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(loads).hasValue(1);
            assertThat(loaded(models)).containsExactly("a");
        }
    }

    @Test
    void staysAsLongAsItIsTold() throws Exception {
        try (LocalModels models = models(1L << 30, Duration.ofHours(1))) {
            load(models, "a", "");
            load(models, "b", "-1");
            assertThat(models.loaded().getFirst().until()).isNotEmpty();
            assertThat(models.loaded().getLast().until()).isEmpty();
            load(models, "b", "\"1ms\"");
            load(models, "a", "0");
            awaitEmpty(models);
            load(models, "a", "");
            assertThat(loads).hasValue(3);
            assertThat(models.unload("a")).isTrue();
            assertThat(loaded(models)).isEmpty();
            assertThat(models.unload("a")).isFalse();
        }
    }

    /// A model that was pulled is known by a shorter name than it is listed by.
    @Test
    void unloadsByAnyNameThatItIsKnownBy() throws Exception {
        ModelFiles files = ModelFiles.of("pulled:latest", folder.resolve("tiny.gguf"), 1, 0);
        ModelSource source =
                new ModelSource() {
                    @Override
                    public Optional<ModelFiles> find(String name) {
                        return Optional.of(files).filter(_ -> name.startsWith("pulled"));
                    }

                    @Override
                    public List<ModelFiles> models() {
                        return List.of(files);
                    }
                };
        try (LocalModels models =
                new LocalModels(source, LocalSettings.defaults(), KernelGate::open, new Meter())) {
            load(models, "pulled", "");
            assertThat(loaded(models)).containsExactly("pulled:latest");
            assertThat(models.unload("pulled")).isTrue();
            assertThat(loaded(models)).isEmpty();
        }
    }

    @Test
    void theLongestUnusedMakesRoom() throws Exception {
        long one = needed();
        loads.set(0);
        try (LocalModels models = models(2 * one + one / 2, Duration.ofHours(1))) {
            load(models, "a", "");
            load(models, "b", "");
            load(models, "a", "");
            load(models, "c", "");
            assertThat(loaded(models)).containsExactlyInAnyOrder("a", "c");
            load(models, "b", "");
            assertThat(loaded(models)).containsExactlyInAnyOrder("b", "c");
            assertThat(loads).hasValue(4);
        }
    }

    private long needed(CacheType kv) throws IOException {
        try (LocalModels models = models(1L << 30, Duration.ofHours(1), kv)) {
            load(models, "a", "");
            return models.loaded().getFirst().memoryBytes();
        }
    }

    /// What is counted is what keys and values take in their type.
    @Test
    void smallerNumbersOfTheCacheTakeLessMemory() throws Exception {
        long floats = needed(CacheType.F32);
        Cached cached;
        try (ModelFile file = LocalModel.file(folder.resolve("tiny.gguf"))) {
            cached = Hyperparameters.of(file.metadata()).cached();
        }
        long numbers =
                (long) CONTEXT
                        * cached.layers()
                        * cached.heads()
                        * (cached.keyWidth() + cached.valueWidth());
        assertThat(needed(CacheType.F16)).isEqualTo(floats - 2 * numbers);
        long runs = numbers / 32;
        assertThat(cached.keyWidth() % 32).isZero();
        assertThat(needed(CacheType.Q8_0)).isEqualTo(floats - 4 * numbers + 34 * runs);
        try (LocalModels models = models(floats - numbers, Duration.ofHours(1), CacheType.Q8_0)) {
            load(models, "a", "");
            assertThat(loaded(models)).containsExactly("a");
        }
    }

    @Test
    void refusesWhatCanNeverFitWithTheNumbers() throws Exception {
        long one = needed();
        // Where nobody said how long requests may be, the context is made shorter first.
        try (LocalModels models = models(one / 8, Duration.ofHours(1))) {
            assertThatThrownBy(() -> load(models, "a", ""))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("of weights")
                    .hasMessageContaining("of keys and values")
                    .hasMessageContaining(Bytes.text(one / 8))
                    .satisfies(problem ->
                            assertThat(((Problem) problem).fix()).contains("local.memory"));
            assertThat(loaded(models)).isEmpty();
        }
    }

    @Test
    void aLoadThatFailedIsTriedAgain() throws Exception {
        try (LocalModels models = models(1L << 30, Duration.ofHours(1))) {
            assertThatThrownBy(() -> load(models, "none", "")).hasMessageContaining("none");
            Path file = folder.resolve("tiny.gguf");
            Path away = folder.resolve("away.gguf");
            Files.move(file, away);
            try {
                assertThatThrownBy(() -> load(models, "a", "")).isInstanceOf(Problem.class);
            } finally {
                Files.move(away, file);
            }
            load(models, "a", "");
            assertThat(loaded(models)).containsExactly("a");
        }
    }
}
