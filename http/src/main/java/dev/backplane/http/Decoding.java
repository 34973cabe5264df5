package dev.backplane.http;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/// Removes a content encoding while enforcing [BodyLimits].
///
/// Compressed bytes may expand by at most [#RATIO_MAX] (after a first MiB, so that tiny bodies are
/// not judged by it): the most that agent traces were seen to reach in one zstd batch is 445, a
/// gzip bomb reaches 1,032 and a zstd bomb far more. A zstd window is at most 8 MiB, as RFC 9659
/// asks of the content coding, which bounds the decoder's memory.
final class Decoding extends InputStream {
    static final long RATIO_MAX = 1_000;
    private static final long RATIO_GRACE_BYTES = 1 << 20;
    private static final int ZSTD_WINDOW_LOG_MAX = 23;

    private final InputStream decoded;
    private final Counting compressed;
    private final boolean encoded;
    private final BodyLimits limits;
    private final String where;
    private final long startNanos = System.nanoTime();
    private long size;

    private Decoding(
            InputStream decoded,
            Counting compressed,
            boolean encoded,
            BodyLimits limits,
            String where) {
        this.decoded = decoded;
        this.compressed = compressed;
        this.encoded = encoded;
        this.limits = limits;
        this.where = where;
    }

    /// @param encoding a content encoding, or gRPC's message encoding
    static InputStream of(String encoding, InputStream body, BodyLimits limits, String where) {
        Counting compressed = new Counting(body);
        String name = encoding.strip().toLowerCase(Locale.ROOT);
        return switch (name) {
            case "", "identity" -> new Decoding(compressed, compressed, false, limits, where);
            case "gzip", "x-gzip" ->
                    new Decoding(
                            new Lazy(Decoding::gzip, compressed), compressed, true, limits, where);
            case "zstd" ->
                    new Decoding(
                            new Lazy(Decoding::zstd, compressed), compressed, true, limits, where);
            default ->
                    throw Problem.of(
                                    Problem.Kind.UNSUPPORTED,
                                    "content encoding is not supported",
                                    where)
                            .fix("send identity, gzip or zstd");
        };
    }

    private static InputStream gzip(InputStream compressed) throws IOException {
        return new GZIPInputStream(compressed, 32 << 10);
    }

    private static InputStream zstd(InputStream compressed) throws IOException {
        return new ZstdInputStreamNoFinalizer(compressed)
                .setLongMax(ZSTD_WINDOW_LOG_MAX)
                .setContinuous(false);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count;
        try {
            count = decoded.read(bytes, offset, length);
        } catch (ClientGone gone) {
            throw gone;
        } catch (IOException malformed) {
            throw Problem.invalid("content encoding is malformed or cut off", where)
                    .fix("send a complete body in the encoding that the header names")
                    .causedBy(malformed);
        }
        if (count > 0) {
            size += count;
            check();
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        decoded.close();
    }

    private void check() {
        if (size > limits.bytesMax()) {
            throw Problem.tooLarge("body is larger than " + limits.bytesMax() + " bytes", where)
                    .fix("send smaller batches; the limit counts bytes after decompression");
        }
        if (encoded && size > RATIO_GRACE_BYTES && size / RATIO_MAX > compressed.size) {
            throw Problem.tooLarge("body expands more than " + RATIO_MAX + " times", where)
                    .fix("compress with a lower level or send it uncompressed");
        }
        long nanos = System.nanoTime() - startNanos;
        if (nanos > limits.grace().toNanos()
                && compressed.size < limits.bytesPerSecondMin() * (nanos / 1e9)) {
            throw Problem.of(Problem.Kind.SLOW_SENDER, "request body arrives too slowly", where)
                    .fix("send at least %,d bytes a second".formatted(limits.bytesPerSecondMin()));
        }
    }

    /// Counts the bytes that came over the wire.
    private static final class Counting extends InputStream {
        private final InputStream source;
        private long size;

        Counting(InputStream source) {
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            int value = source.read();
            size += value < 0 ? 0 : 1;
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = source.read(bytes, offset, length);
            size += Math.max(count, 0);
            return count;
        }

        /// Without this the JDK's gzip decoder does not look for a second member.
        @Override
        public int available() {
            return 1;
        }
    }

    @FunctionalInterface
    private interface Opener {
        InputStream open(InputStream compressed) throws IOException;
    }

    /// Opens its decoder with the first read, because a decoder reads a header when it is made.
    private static final class Lazy extends InputStream {
        private final Opener opener;
        private final InputStream compressed;
        private Optional<InputStream> decoder = Optional.empty();

        Lazy(Opener opener, InputStream compressed) {
            this.opener = opener;
            this.compressed = compressed;
        }

        @Override
        public int read() throws IOException {
            throw new UnsupportedOperationException("read in blocks");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (decoder.isEmpty()) {
                decoder = Optional.of(opener.open(compressed));
            }
            return decoder.get().read(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            if (decoder.isPresent()) {
                decoder.get().close();
            }
        }
    }
}
