package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// Whatever bytes the file of a text index has, opening it ends with an `IOException` or with an
/// index that knows whether it is whole. In a normal run the fuzz tests see only the empty input;
/// with `JAZZER_FUZZ=1` they search.
class TextIndexFuzzTest {
    private static final int FOOTER_BYTES = 16;

    private static final byte[] WHOLE = real();

    /// Where the table of contents begins.
    private static final int TABLE =
            WHOLE.length
                    - FOOTER_BYTES
                    - ByteBuffer.wrap(WHOLE).getInt(WHOLE.length - FOOTER_BYTES);

    @FuzzTest(maxDuration = "2m")
    void file(byte[] bytes) throws IOException {
        read(bytes);
    }

    /// Past the checksum: another table of contents for the files of a real index.
    @FuzzTest(maxDuration = "2m")
    void table(byte[] table) throws IOException {
        read(bundle(Arrays.copyOf(WHOLE, TABLE), table));
    }

    /// Which document has which number, past its checksum: the rest is a real index.
    @FuzzTest(maxDuration = "1m")
    void numbers(byte[] bytes) throws IOException {
        try {
            DocumentNumbers numbers =
                    DocumentNumbers.read(
                            new org.apache.lucene.store.ByteBuffersDataInput(
                                    java.util.List.of(ByteBuffer.wrap(bytes))),
                            3);
            numbers.end();
        } catch (IOException damaged) {
            // said what is wrong
        }
    }

    @Test
    void readsOrRefusesADamagedIndex() throws IOException {
        assertThat(read(WHOLE)).isTrue();
        Gen.check(
                300,
                random -> {
                    byte[] damaged = Gen.damaged(random, WHOLE);
                    assertThat(read(damaged) && !Arrays.equals(damaged, WHOLE))
                            .as("damage that no checksum covers")
                            .isFalse();
                    byte[] table = Arrays.copyOfRange(WHOLE, TABLE, WHOLE.length - FOOTER_BYTES);
                    table(Gen.damaged(random, table));
                    numbers(Gen.damaged(random, new byte[] {3, 0, 3}));
                });
    }

    private static byte[] bundle(byte[] files, byte[] table) {
        CRC32C crc = new CRC32C();
        crc.update(table);
        return ByteBuffer.allocate(files.length + table.length + FOOTER_BYTES)
                .put(files)
                .put(table)
                .putInt(table.length)
                .putInt((int) crc.getValue())
                .put("BPTX0001".getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static byte[] real() {
        try {
            Path folder = Files.createTempDirectory("text-index");
            Path file = folder.resolve("index");
            try (TextIndexBuilder builder = new TextIndexBuilder(folder)) {
                builder.add(0, Slice.of("{\"a\":\"some words\",\"b\":7}"), Shape.JSON);
                builder.add(1, Slice.of("other words"), Shape.TEXT);
                builder.add(5, Slice.of("and some more"), Shape.TEXT);
                builder.finish(file);
            }
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            Files.delete(folder);
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @return whether it is an index, and whole
    private static boolean read(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("text-index", "");
        try {
            Files.write(file, bytes);
            try (TextIndex index = TextIndex.open(file)) {
                index.verify();
                BitSet found = new BitSet();
                index.collect(TextQuery.words("words"), found);
                index.numbers()
                        .forEach(number -> assertThat(number).isBetween(0, index.documents()));
                return true;
            } catch (IOException damaged) {
                return false;
            }
        } finally {
            Files.delete(file);
        }
    }
}
