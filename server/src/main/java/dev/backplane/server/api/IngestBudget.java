package dev.backplane.server.api;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/// The memory that all requests being decoded may hold together, counted as their bytes arrive.
///
/// A request that finds it used up is refused with a time to retry after instead of waiting, so
/// that neither memory nor connections pile up behind a slow store. Thread-safe.
public final class IngestBudget {
    private static final int BUFFER_BYTES_MIN = 16 << 10;
    private static final int BUFFER_BYTES_MAX = Integer.MAX_VALUE - 64;
    private static final long STREAM_BYTES_MAX = 320L << 20;

    private final long capacityBytes;
    private final AtomicLong used = new AtomicLong();
    private final Meter.Counter refused;

    public IngestBudget(long capacityBytes, Meter meter) {
        this.capacityBytes = capacityBytes;
        refused =
                meter.counter(
                        "backplane_server_ingest_refused_total",
                        "Requests refused because the ingest memory was used up");
        meter.gauge(
                "backplane_server_ingest_memory_bytes",
                "Bytes of requests being decoded",
                used::doubleValue);
        meter.gauge(
                "backplane_server_ingest_memory_limit_bytes",
                "Bytes of requests that may be decoded at once",
                () -> capacityBytes);
    }

    /// A share of the budget, empty at first. Closing it gives everything back.
    public Lease lease() {
        return new Lease();
    }

    public long usedBytes() {
        return used.get();
    }

    /// What one request holds. Belongs to its thread.
    public final class Lease implements AutoCloseable {
        private long held;

        private Lease() {}

        /// @throws Problem `UNAVAILABLE` when the budget is used up; what was held stays held
        public void take(long bytes) {
            if (used.addAndGet(bytes) > capacityBytes) {
                used.addAndGet(-bytes);
                refused.increment();
                throw Problem.unavailable("server holds as many requests as it can", "ingest")
                        .fix("send again after the delay, or raise limits.ingest_memory")
                        .retryAfter(Duration.ofSeconds(1));
            }
            held += bytes;
        }

        private void giveBack(long bytes) {
            used.addAndGet(-bytes);
            held -= bytes;
        }

        /// Reads a stream to its end into memory that this lease accounts for.
        ///
        /// @param announced the length if the sender said one, else negative; a hint, nothing is
        ///   taken for bytes that have not come
        public Slice read(InputStream body, long announced) throws IOException {
            long hint = Math.clamp(announced + 1, BUFFER_BYTES_MIN, 1 << 20);
            take(hint);
            byte[] buffer = new byte[(int) hint];
            int size = 0;
            for (int n = 0; n >= 0; n = body.read(buffer, size, buffer.length - size)) {
                size += n;
                if (size == buffer.length) {
                    buffer = grow(buffer);
                }
            }
            return new Slice(buffer, 0, size);
        }

        /// Both arrays exist while one is copied, so both are counted.
        private byte[] grow(byte[] buffer) {
            int larger = (int) Math.min(2L * buffer.length, BUFFER_BYTES_MAX);
            if (larger == buffer.length) {
                throw Problem.tooLarge("request does not fit into one array", "ingest")
                        .fix("send smaller batches");
            }
            take(larger);
            byte[] grown = Arrays.copyOf(buffer, larger);
            giveBack(buffer.length);
            return grown;
        }

        /// Accounts for a decoder that streams: it holds about what it has read since it last
        /// appended ([#settle]), its batch and the element it is at. Not more is counted than one
        /// stream may reasonably hold, since what a decoder refuses is never appended.
        public InputStream metered(InputStream body) {
            return new Metered(body, Math.min(STREAM_BYTES_MAX, capacityBytes / 2));
        }

        /// Gives back what was taken while streaming; events have been appended.
        public void settle() {
            giveBack(held);
        }

        @Override
        public void close() {
            giveBack(held);
        }

        private final class Metered extends InputStream {
            private final InputStream body;
            private final long most;

            Metered(InputStream body, long most) {
                this.body = body;
                this.most = most;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                int count = body.read(bytes, offset, length);
                if (count > 0 && held + count <= most) {
                    take(count);
                }
                return count;
            }

            @Override
            public void close() throws IOException {
                body.close();
            }
        }
    }
}
