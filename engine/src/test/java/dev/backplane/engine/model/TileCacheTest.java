package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TileCacheTest {
    private static final Compute COMPUTE = new Compute(2, KernelGate.open());
    private static final long ROOM = 1 << 24;

    @TempDir private Path folder;
    private Path model;
    private Path tiles;
    private float[] expected;

    @AfterAll
    static void close() {
        COMPUTE.close();
    }

    @BeforeEach
    void write() {
        model = folder.resolve("model.gguf");
        tiles = folder.resolve("tiles");
        TinyModel.write("mixtral", ElementType.Q8_0, model);
        expected = logits(Optional.empty());
    }

    private float[] logits(Optional<TileCache> cache) {
        try (Arena arena = Arena.ofShared();
                LocalModel opened =
                        LocalModel.open(model, COMPUTE, new LocalModel.Options(4, 8, 32), cache)) {
            Step step = new Step(8);
            for (int i = 0; i < 5; i++) {
                step.add(7 * i + 3, i, new int[] {0}, i == 4);
            }
            FloatArray logits = FloatArray.allocate(arena, TinyModel.VOCABULARY);
            opened.decoder().run(step, logits);
            return logits.toArray();
        }
    }

    private float[] logitsKeeping(long bytesMax) {
        return logits(Optional.of(new TileCache(tiles, bytesMax)));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> inside = Files.list(tiles)) {
            return inside.toList();
        }
    }

    private Path only() throws IOException {
        assertThat(files()).hasSize(1);
        return files().getFirst();
    }

    private static Object identity(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private boolean isKept() {
        try (Arena arena = Arena.ofShared();
                TileCache.Tiles found =
                        new TileCache(tiles, ROOM).open(model, COMPUTE.pool(), arena)) {
            return found instanceof TileCache.Kept;
        }
    }

    @Test
    void theSecondStartMapsWhatTheFirstMade() throws IOException {
        assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
        Object first = identity(only());
        assertThat(isKept()).isTrue();
        assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
        assertThat(identity(only())).isEqualTo(first);
    }

    @Test
    void whateverIsChangedInAFileItIsMadeAnew() throws IOException {
        logitsKeeping(ROOM);
        byte[] good = Files.readAllBytes(only());
        for (int i = 0; i < 60; i++) {
            byte[] bad = good.clone();
            // The head and the directory byte by byte, the tiles here and there.
            int at = i < 20 ? 3 * i : i < 40 ? good.length - 1 - 7 * i : i * (good.length / 60);
            bad[at] ^= 0x10;
            Files.write(only(), bad);
            // Between weights are bytes that nobody reads.
            if (!isKept()) {
                assertThat(files()).as("byte %d", at).isEmpty();
                assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
                assertThat(Files.readAllBytes(only())).isEqualTo(good);
            } else {
                assertThat(logitsKeeping(ROOM)).as("byte %d", at).isEqualTo(expected);
                assertThat(i).as("byte %d is not noticed", at).isGreaterThanOrEqualTo(40);
            }
        }
        for (int length : new int[] {0, 7, 63, 64, good.length / 2, good.length - 1}) {
            Files.write(only(), java.util.Arrays.copyOf(good, length));
            assertThat(isKept()).isFalse();
            assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
        }
    }

    @Test
    void anotherVersionOfTheModelHasTilesOfItsOwn() throws IOException {
        logitsKeeping(ROOM);
        Files.setLastModifiedTime(model, FileTime.from(Instant.EPOCH));
        assertThat(isKept()).isFalse();
        assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
        assertThat(files()).hasSize(2);
    }

    @Test
    void theLongestUnusedGoWhenRoomEnds() throws IOException {
        logitsKeeping(ROOM);
        Path first = only();
        long size = Files.size(first);
        Files.setLastModifiedTime(first, FileTime.from(Instant.EPOCH));
        Files.setLastModifiedTime(model, FileTime.from(Instant.EPOCH));
        logitsKeeping(size + size / 2);
        assertThat(only()).isNotEqualTo(first);
    }

    @Test
    void withoutRoomNothingIsKeptAndTheModelLoads() throws IOException {
        assertThat(logitsKeeping(1_000)).isEqualTo(expected);
        assertThat(files()).isEmpty();
        Files.delete(tiles);
        Files.writeString(tiles, "no folder");
        assertThat(logitsKeeping(ROOM)).isEqualTo(expected);
    }
}
