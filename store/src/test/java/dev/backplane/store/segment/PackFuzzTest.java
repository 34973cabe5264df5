package dev.backplane.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.store.event.StoredEvent;
import dev.backplane.store.segment.PackDirectory.Totals;
import dev.backplane.store.segment.SegmentBuilder.Effort;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.SpanGen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever bytes a pack has, reading it ends with a [Problem] or with what was written. In a
/// normal run the fuzz tests see only the empty input; with `JAZZER_FUZZ=1` they search.
class PackFuzzTest {
    private static final Totals TOTALS = new Totals("p", 40, 60, 50, 0, 0, 0, 0);

    @FuzzTest(maxDuration = "1m")
    void file(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("pack", "");
        try {
            Files.write(file, bytes);
            read(file);
        } finally {
            Files.delete(file);
        }
    }

    /// Past the checksums: what is read from the frames.
    @FuzzTest(maxDuration = "2m")
    void frames(byte[] raw) {
        guarded(() -> PackDirectory.read(raw).within(1_000));
        guarded(() -> SequenceTable.read(raw, TOTALS).containing(new BitSet(), new BitSet()));
        guarded(() -> {
            RefGraph graph = RefGraph.read(raw, TOTALS);
            BitSet documents = new BitSet();
            documents.set(0, 200);
            graph.locate(documents, new BitSet(), new BitSet());
            graph.addOwnRows(documents, new BitSet());
        });
        guarded(() -> {
            PackFormat.Entries entries = PackFormat.Entries.parse(raw);
            for (int i = 0; i < entries.count(); i++) {
                entries.entry(i);
            }
        });
    }

    private static void guarded(Runnable read) {
        try {
            read.run();
        } catch (Problem damaged) {
            // said what, where and what to do
        }
    }

    @Test
    void readsOrRefusesADamagedPack(@TempDir Path directory) throws IOException {
        byte[] whole = Files.readAllBytes(real(directory));
        Path file = directory.resolve("damaged");
        assertThat(read(Files.write(file, whole))).isTrue();
        Gen.check(
                300,
                random -> {
                    byte[] damaged = damage(random, whole);
                    Files.write(file, damaged);
                    boolean read = read(file);
                    assertThat(read && !Arrays.equals(damaged, whole))
                            .as("damage that no checksum covers")
                            .isFalse();
                });
    }

    @Test
    void readsOrRefusesDamagedFrames(@TempDir Path directory) throws IOException {
        Gen.check(
                2_000,
                random -> {
                    int size = Gen.integer(random, 0, 400);
                    byte[] raw = new byte[size];
                    for (int i = 0; i < size; i++) {
                        raw[i] =
                                (byte)
                                        (Gen.oneIn(random, 9)
                                                ? random.nextInt()
                                                : random.nextInt(5));
                    }
                    frames(raw);
                });
    }

    private static byte[] damage(RandomGenerator random, byte[] whole) {
        byte[] bytes = whole.clone();
        // The tail is what no other checksum covers.
        int from = Gen.oneIn(random, 2) ? bytes.length - PackFormat.TAIL_SIZE : 0;
        int at = Gen.integer(random, from, bytes.length - 1);
        switch (random.nextInt(3)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes = Arrays.copyOf(bytes, at);
            default -> {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 3);
                System.arraycopy(bytes, at, longer, at + 3, bytes.length - at);
                bytes = longer;
            }
        }
        return bytes;
    }

    private static Path real(Path directory) throws IOException {
        Map<String, Map<String, List<StoredEvent>>> traces = new TreeMap<>();
        long version = 0;
        for (SpanEvent event : new SpanGen(Gen.random(9), "p").events(60)) {
            SpanKey key = event.key();
            traces.computeIfAbsent(key.trace(), _ -> new TreeMap<>())
                    .computeIfAbsent(key.span(), _ -> new ArrayList<>())
                    .add(new StoredEvent(++version, event.op(), event.data(), event.rules()));
        }
        Path target = Files.createDirectory(directory.resolve("segment"));
        try (SegmentBuilder builder = new SegmentBuilder("p", target, 0, Effort.QUICK)) {
            for (Map.Entry<String, Map<String, List<StoredEvent>>> trace : traces.entrySet()) {
                for (Map.Entry<String, List<StoredEvent>> span : trace.getValue().entrySet()) {
                    builder.add(new SpanKey("p", trace.getKey(), span.getKey()), span.getValue());
                }
                builder.endTrace();
            }
            builder.finish(new BlockCache(1 << 20));
        }
        return target.resolve("pack");
    }

    /// @return whether all of it could be read
    private static boolean read(Path file) throws IOException {
        try (Pack pack = Pack.open(file, new BlockCache(1 << 20))) {
            pack.verify(_ -> {});
            for (int row = 0; row < pack.totals().rows(); row++) {
                pack.row(row, EnumSet.allOf(dev.backplane.core.Field.class));
                pack.traceOf(row);
            }
            pack.joints();
            return true;
        } catch (Problem damaged) {
            return false;
        }
    }
}
