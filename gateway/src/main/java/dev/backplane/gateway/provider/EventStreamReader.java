package dev.backplane.gateway.provider;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

/// Messages of AWS's event stream, `application/vnd.amazon.eventstream`, all numbers big-endian
/// (docs.aws.amazon.com, "Event stream encoding"; botocore, `eventstream.py`):
///
/// ```
/// message = length:4 headers-length:4 crc:4  headers  payload  crc:4
///           └ of the whole message    └ of the 8 bytes before  └ of all before
/// header  = name-length:1 name type:1 value
/// value   = by type: 0 true, 1 false: nothing │ 2: 1 byte │ 3: 2 │ 4: 4 │ 5, 8: 8 │ 9: 16
///                    6 bytes, 7 text: length:2 and as many
/// ```
///
/// Both checksums are CRC-32. Only headers that are text are kept. Messages above
/// [#MESSAGE_BYTES_MAX] are refused. For one thread.
final class EventStreamReader {
    static final int MESSAGE_BYTES_MAX = 32 << 20;
    private static final int PRELUDE = 12;
    private static final int FRAME = PRELUDE + 4;
    private static final int TEXT = 7;

    private final BufferedInputStream in;
    private final String where;
    private final Map<String, String> headers = new HashMap<>();
    private Slice payload = Slice.EMPTY;

    /// @param where for problems
    EventStreamReader(InputStream in, String where) {
        this.in = new BufferedInputStream(in);
        this.where = where;
    }

    /// Goes to the next message; waits for it.
    ///
    /// @return whether there is one
    /// @throws Problem `UNAVAILABLE` for a message that was cut off or is not what it was
    boolean next() throws IOException {
        byte[] prelude = in.readNBytes(PRELUDE);
        if (prelude.length == 0) {
            return false;
        }
        if (prelude.length < PRELUDE) {
            throw broken("was cut off");
        }
        ByteBuffer numbers = ByteBuffer.wrap(prelude);
        int length = numbers.getInt();
        int headersLength = numbers.getInt();
        if (numbers.getInt() != crc(prelude, 8, new CRC32())) {
            throw broken("has a wrong checksum at its beginning");
        }
        if (length < FRAME
                || length > MESSAGE_BYTES_MAX
                || headersLength < 0
                || headersLength > length - FRAME) {
            throw broken("has an impossible length");
        }
        byte[] rest = in.readNBytes(length - PRELUDE);
        if (rest.length < length - PRELUDE) {
            throw broken("was cut off");
        }
        CRC32 crc = new CRC32();
        crc.update(prelude);
        int end = rest.length - 4;
        if (ByteBuffer.wrap(rest, end, 4).getInt() != crc(rest, end, crc)) {
            throw broken("has a wrong checksum");
        }
        headers(ByteBuffer.wrap(rest, 0, headersLength));
        payload = Slice.of(rest).slice(headersLength, end);
        return true;
    }

    private static int crc(byte[] bytes, int length, CRC32 crc) {
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private void headers(ByteBuffer bytes) {
        headers.clear();
        try {
            while (bytes.hasRemaining()) {
                String name = text(bytes, bytes.get() & 0xFF);
                int type = bytes.get();
                if (type == TEXT) {
                    headers.put(name, text(bytes, bytes.getShort() & 0xFFFF));
                } else {
                    text(bytes, length(type, bytes));
                }
            }
        } catch (BufferUnderflowException cut) {
            throw broken("has headers without an end").causedBy(cut);
        }
    }

    private int length(int type, ByteBuffer bytes) {
        return switch (type) {
            case 0, 1 -> 0;
            case 2 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            case 5, 8 -> 8;
            case 6 -> bytes.getShort() & 0xFFFF;
            case 9 -> 16;
            default -> throw broken("has a header of type " + type);
        };
    }

    private static String text(ByteBuffer bytes, int length) {
        byte[] text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /// Of the current message; empty if it has none of the name.
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    Slice payload() {
        return payload;
    }

    /// Whether more bytes are at hand, so that the next message may come without waiting.
    boolean buffered() throws IOException {
        return in.available() > 0;
    }

    private Problem broken(String how) {
        return Problem.unavailable("a message of the answer " + how, where).fix("try again");
    }
}
