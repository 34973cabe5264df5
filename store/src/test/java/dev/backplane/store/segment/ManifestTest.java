package dev.backplane.store.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
    @TempDir Path directory;
    private LocalObjectStore objects;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory);
    }

    @AfterEach
    void close() {
        objects.close();
    }

    private static Manifest random(RandomGenerator random, long number) {
        List<SegmentInfo> segments = new ArrayList<>();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            segments.add(segment(random, "id-" + i));
        }
        return new Manifest(
                number, random.nextLong(0, 1L << 62), random.nextLong(0, 1L << 62), segments);
    }

    private static SegmentInfo segment(RandomGenerator random, String id) {
        int rows = Gen.integer(random, 1, 500);
        BitSet dead = new BitSet();
        for (int row = 0; row < rows; row++) {
            dead.set(row, Gen.oneIn(random, 3));
        }
        return new SegmentInfo(
                id,
                Gen.string(random, 20),
                rows,
                Gen.integer(random, 1, rows),
                Gen.integer(random, 0, Integer.MAX_VALUE),
                Gen.anyLong(random) & Long.MAX_VALUE,
                Gen.anyLong(random) & Long.MAX_VALUE,
                Gen.anyLong(random) & Long.MAX_VALUE,
                Gen.anyLong(random) & Long.MAX_VALUE,
                Gen.anyLong(random),
                Gen.anyLong(random),
                Gen.anyLong(random),
                random.nextBoolean(),
                dead);
    }

    @Test
    void loadsWhatWasCommittedLast() throws IOException {
        assertThat(Manifest.load(objects)).isEqualTo(Manifest.EMPTY);
        long[] number = {0};
        Gen.check(
                60,
                random -> {
                    Manifest next = random(random, ++number[0]);
                    assertThat(next.isCommitted(objects)).isFalse();
                    next.commit(objects);
                    next.prune(objects);
                    assertThat(next.isCommitted(objects)).isTrue();
                    assertThat(Manifest.load(objects)).isEqualTo(next);
                });
        assertThat(objects.list("manifest/")).hasSize(4);
    }

    @Test
    void theSecondOfTwoProcessesIsRefused() throws IOException {
        Manifest ours = random(Gen.random(1), 1);
        Manifest theirs = random(Gen.random(2), 1);
        ours.commit(objects);
        ours.commit(objects);
        assertThatThrownBy(() -> theirs.commit(objects))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("another process");
        assertThat(Manifest.load(objects)).isEqualTo(ours);
        assertThat(theirs.isCommitted(objects)).isFalse();
    }

    /// Whatever bytes stand there, loading gives a manifest or a problem.
    @Test
    void loadsOrRefusesADamagedManifest() throws IOException {
        Manifest whole = random(Gen.random(5), 1);
        whole.commit(objects);
        String key = objects.list("manifest/").getFirst().key();
        byte[] bytes = objects.get(key).orElseThrow().bytes();
        assertThat(new String(bytes, StandardCharsets.UTF_8)).contains("\"dead\":[");
        Gen.check(
                300,
                random -> {
                    byte[] damaged = bytes.clone();
                    for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                        damaged[random.nextInt(damaged.length)] =
                                (byte) "09-\"}],x".charAt(random.nextInt(8));
                    }
                    replace(key, damaged);
                    try {
                        assertThat(Manifest.load(objects).segments())
                                .allSatisfy(segment ->
                                        assertThat(segment.dead().length())
                                                .isLessThanOrEqualTo(segment.rows()));
                    } catch (Problem refused) {
                        assertThat(refused.kind()).isEqualTo(Problem.Kind.INTERNAL);
                    }
                });
    }

    private void replace(String key, byte[] bytes) throws IOException {
        ObjectStore store = objects;
        store.delete(key);
        assertThat(store.putIfAbsent(key, bytes)).isPresent();
    }
}
