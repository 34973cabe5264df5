package dev.backplane.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Files that nobody's converter writes: each is refused before memory is taken for it, with the
/// file, the place and what would be accepted.
class GgufRefusalTest {
    private static final long HUGE = 1L << 60;

    /// Writes a file's parts one by one.
    private static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes u32(long value) {
            ValueCodec.put(value, 4, out);
            return this;
        }

        Bytes u64(long value) {
            ValueCodec.put(value, 8, out);
            return this;
        }

        Bytes text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(new byte[0]);
            u64(bytes.length);
            out.writeBytes(bytes);
            return this;
        }

        Bytes zeros(int count) {
            out.writeBytes(new byte[count]);
            return this;
        }

        Bytes head(long tensors, long pairs) {
            return u32(GgufReader.MAGIC).u32(3).u64(tensors).u64(pairs);
        }

        /// A vector: name, one dimension, type, offset.
        Bytes vector(String name, long dimension, int type, long offset) {
            return text(name).u32(1).u64(dimension).u32(type).u64(offset);
        }

        Bytes padded() {
            return zeros(-out.size() & 31);
        }
    }

    private static Problem refusal(Consumer<Bytes> parts) {
        Bytes bytes = new Bytes();
        parts.accept(bytes);
        MemorySegment file = MemorySegment.ofArray(bytes.out.toByteArray());
        try {
            new GgufReader(file, "bad.gguf").read();
        } catch (Problem problem) {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
            assertThat(problem.where()).startsWith("bad.gguf");
            assertThat(problem.fix()).isNotEmpty();
            return problem;
        }
        throw new AssertionError("was read");
    }

    @Test
    void otherFiles() {
        assertThat(refusal(_ -> {})).hasMessageContaining("no GGUF file");
        assertThat(refusal(file -> file.zeros(100))).hasMessageContaining("no GGUF file");
        assertThat(refusal(file -> file.u32(GgufReader.MAGIC).u32(1)).fix()).contains("version 3");
        assertThat(refusal(file -> file.u32(GgufReader.MAGIC).u32(4)))
                .hasMessageContaining("version 4");
        assertThat(refusal(file -> file.u32(GgufReader.MAGIC).u32(3 << 24)))
                .hasMessageContaining("big-endian");
    }

    @Test
    void countsThatTheFileCannotHold() {
        assertThat(refusal(file -> file.head(HUGE, 0)).getMessage())
                .contains("1152921504606846976 tensors");
        assertThat(refusal(file -> file.head(-1, 0)).getMessage())
                .contains("18446744073709551615 tensors");
        assertThat(refusal(file -> file.head(100_000, 0)).getMessage()).contains("do not fit");
        assertThat(refusal(file -> file.head(0, HUGE)).getMessage()).contains("metadata keys");
        assertThat(refusal(file -> file.head(5, 0).zeros(100)).getMessage())
                .contains("5 tensors do not fit");
        assertThat(refusal(file -> file.head(0, 1).u64(HUGE).zeros(20)).getMessage())
                .contains("key 0 needs 1152921504606846976 bytes");
        assertThat(refusal(file -> file.head(0, 1).text("").zeros(20)).getMessage())
                .contains("key 0 has 0 bytes");
    }

    @Test
    void valuesThatAreNone() {
        assertThat(refusal(file -> file.head(0, 1).text("k").u32(13).zeros(20)).getMessage())
                .contains("the type of key 'k' is 13");
        assertThat(refusal(file -> file.head(0, 1).text("k").u32(7).u32(2)).getMessage())
                .contains("key 'k' is 2, which is no bool");
        assertThat(refusal(file -> file.head(0, 1).text("k").u32(8).u64(HUGE)).getMessage())
                .contains("key 'k' needs");
        assertThat(refusal(file -> file.head(0, 1).text("k").u32(9).u32(0).u64(HUGE)).getMessage())
                .contains("elements of an array (key 'k')");
        assertThat(refusal(file -> file.head(0, 1).text("k").u32(9).u32(8).u64(100)).getMessage())
                .contains("100 elements of an array");
        assertThat(
                        refusal(
                                        file -> {
                                            file.head(0, 1).text("k").u32(9);
                                            for (int i = 0; i < 100; i++) {
                                                file.u32(9).u64(1);
                                            }
                                        })
                                .getMessage())
                .contains("nested too deeply");
        assertThat(
                        refusal(file ->
                                        file.head(0, 2)
                                                .text("k")
                                                .u32(4)
                                                .u32(1)
                                                .text("k")
                                                .u32(4)
                                                .u32(1))
                                .getMessage())
                .contains("key 'k' is there twice");
        assertThat(
                        refusal(file -> file.head(0, 1).text("general.alignment").u32(4).u32(12))
                                .getMessage())
                .contains("it is 12, not a uint32 that is a power of two");
        assertThat(refusal(file -> file.head(0, 1).u64(1).u32(0xFF).zeros(20)).getMessage())
                .contains("not UTF-8");
    }

    @Test
    void tensorsThatAreNone() {
        assertThat(refusal(file -> file.head(1, 0).text("t").u32(5).zeros(60)).getMessage())
                .contains("tensor 't' has 5 dimensions");
        Problem type = refusal(file -> file.head(1, 0).vector("t", 32, 16, 0).padded());
        assertThat(type.getMessage()).contains("tensor 't' has element type 16");
        assertThat(type.fix()).contains("Q4_K", "NVFP4");
        assertThat(refusal(file -> file.head(1, 0).vector("t", 33, 2, 0)).getMessage())
                .contains("33 numbers are not whole blocks of 32");
        assertThat(refusal(file -> file.head(1, 0).vector("t", -5, 0, 0)).getMessage())
                .contains("negative dimension");
        assertThat(refusal(file -> file.head(1, 0).vector("t", Long.MAX_VALUE, 0, 0)).getMessage())
                .contains("overflow");
        assertThat(
                        refusal(file ->
                                        file.head(1, 0)
                                                .text("t")
                                                .u32(2)
                                                .u64(HUGE)
                                                .u64(HUGE)
                                                .u32(0)
                                                .u64(0))
                                .getMessage())
                .contains("more than 2^63 elements");
        assertThat(
                        refusal(file ->
                                        file.head(2, 0)
                                                .vector("t", 8, 0, 0)
                                                .vector("t", 8, 0, 32)
                                                .padded()
                                                .zeros(64))
                                .getMessage())
                .contains("tensor 't' is there twice");
    }

    @Test
    void tensorsThatAreElsewhere() {
        assertThat(refusal(file -> file.head(1, 0).vector("t", 8, 0, 8).padded().zeros(64)))
                .hasMessageContaining("begins at byte 8");
        assertThat(refusal(file -> file.head(1, 0).vector("t", 8, 0, -32).padded().zeros(64)))
                .hasMessageContaining("begins at byte 18446744073709551584");
        Problem cut = refusal(file -> file.head(1, 0).vector("t", 8, 0, 0).padded().zeros(31));
        assertThat(cut.getMessage()).contains("the data has 31 bytes", "tensor 't'");
        assertThat(cut.fix()).contains("fetch it again");
        assertThat(refusal(file -> file.head(1, 0).vector("t", 1L << 58, 0, 0).padded().zeros(31)))
                .hasMessageContaining("1,152,921,504,606,846,976 bytes");
        assertThat(refusal(file -> file.head(1, 0).vector("t", 8, 0, HUGE).padded().zeros(32)))
                .hasMessageContaining("the data has 32 bytes");
        assertThat(
                        refusal(file ->
                                file.head(2, 0)
                                        .vector("a", 16, 0, 0)
                                        .vector("b", 8, 0, 32)
                                        .padded()
                                        .zeros(64)))
                .hasMessageContaining("it overlaps 'b'");
    }
}
