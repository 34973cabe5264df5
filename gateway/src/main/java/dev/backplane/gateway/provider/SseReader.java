package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from bytes
/// that may be cut anywhere:
///
/// ```
/// stream = [ BOM ] *event
/// event  = *( comment / field ) end-of-line
/// field  = name [ ":" [ SP ] value ] end-of-line     ; data, event; id and retry are passed over
/// comment = ":" any end-of-line
/// end-of-line = CR LF / LF / CR
/// ```
///
/// Several `data` lines are joined by LF. One buffer holds what is not yet used; each event's data
/// is one copy out of it. Lines and events above [#EVENT_BYTES_MAX] are refused. An event that the
/// end of the stream cut off is handed out, and [#cut] says so: whether it matters is the dialect's
/// to know. For one thread.
public final class SseReader {
    static final int EVENT_BYTES_MAX = 32 << 20;
    private static final byte[] NAME_DATA = {'d', 'a', 't', 'a'};
    private static final byte[] NAME_EVENT = {'e', 'v', 'e', 'n', 't'};

    private final InputStream in;
    private final String where;
    private byte[] buffer = new byte[2 << 10];
    private int at;
    private int size;
    private boolean ended;
    private boolean begun;
    private boolean afterReturn;

    private Slice data = Slice.EMPTY;
    private byte[] joined = {};
    private boolean hasData;
    private String event = "";
    private boolean cut;

    /// @param where for problems
    public SseReader(InputStream in, String where) {
        this.in = in;
        this.where = where;
    }

    /// Goes to the next event that has data; waits for it.
    ///
    /// @return whether there is one
    public boolean next() throws IOException {
        data = Slice.EMPTY;
        hasData = false;
        event = "";
        while (true) {
            int end = lineEnd();
            int from = at;
            if (end < 0) {
                line(from, size);
                at = size;
                cut = hasData;
                return hasData;
            }
            at = end + 1;
            afterReturn = buffer[end] == '\r';
            if (afterReturn && at < size) {
                passLineFeed();
            }
            if (end > from) {
                line(from, end);
            } else if (hasData) {
                return true;
            } else {
                event = "";
            }
        }
    }

    /// Of the current event.
    public Slice data() {
        return data;
    }

    /// The event's type, or empty.
    public String event() {
        return event;
    }

    /// Whether the stream ended in the middle of this event.
    public boolean cut() {
        return cut;
    }

    /// Whether more bytes are at hand, so that the next event may come without waiting.
    public boolean buffered() {
        return at < size;
    }

    /// Position of the end of the line that begins at `at`, or -1 at the end of the stream. A CR is
    /// one at once; an LF that belongs to it is passed over when it comes.
    private int lineEnd() throws IOException {
        int scanned = 0;
        while (true) {
            for (int i = at + scanned; i < size; i++) {
                if (buffer[i] == '\n' || buffer[i] == '\r') {
                    return i;
                }
            }
            scanned = size - at;
            if (!fill()) {
                return -1;
            }
        }
    }

    private void passLineFeed() {
        if (buffer[at] == '\n') {
            at++;
        }
        afterReturn = false;
    }

    private void line(int from, int end) {
        int start = from;
        if (!begun && end > from) {
            begun = true;
            boolean mark =
                    end - from >= 3
                            && buffer[from] == (byte) 0xEF
                            && buffer[from + 1] == (byte) 0xBB
                            && buffer[from + 2] == (byte) 0xBF;
            start = mark ? from + 3 : from;
        }
        int colon = start;
        while (colon < end && buffer[colon] != ':') {
            colon++;
        }
        int value = Math.min(colon + 1, end);
        if (value < end && buffer[value] == ' ') {
            value++;
        }
        if (is(NAME_DATA, start, colon)) {
            append(value, end);
        } else if (is(NAME_EVENT, start, colon)) {
            event = new String(buffer, value, end - value, StandardCharsets.UTF_8);
        }
    }

    private boolean is(byte[] name, int from, int to) {
        return Arrays.equals(buffer, from, to, name, 0, name.length);
    }

    private void append(int from, int end) {
        int before = hasData ? data.length() + 1 : 0;
        if (before + end - from > EVENT_BYTES_MAX) {
            throw endless();
        }
        int after = before + end - from;
        if (!hasData) {
            joined = new byte[after];
        } else {
            if (after > joined.length) {
                joined = Arrays.copyOf(joined, Math.max(after, 2 * joined.length));
            }
            joined[before - 1] = '\n';
        }
        System.arraycopy(buffer, from, joined, before, end - from);
        data = new Slice(joined, 0, after);
        hasData = true;
    }

    private Problem endless() {
        return Problem.unavailable("provider sent an event without an end", where)
                .fix("check that the address is that of a model's API");
    }

    private boolean fill() throws IOException {
        if (ended) {
            return false;
        }
        if (at > 0) {
            System.arraycopy(buffer, at, buffer, 0, size - at);
            size -= at;
            at = 0;
        }
        if (size == buffer.length) {
            if (size >= EVENT_BYTES_MAX) {
                throw endless();
            }
            buffer = Arrays.copyOf(buffer, buffer.length * 2);
        }
        int count = in.read(buffer, size, buffer.length - size);
        ended = count < 0;
        size += Math.max(count, 0);
        if (afterReturn && size > 0) {
            passLineFeed();
        }
        return !ended;
    }
}
