package dev.backplane.http;

import dev.backplane.core.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// A `multipart/form-data` body, read as it arrives, one part after the other.
///
/// ```
/// preamble CRLF--boundary CRLF headers CRLF CRLF bytes CRLF--boundary CRLF … CRLF--boundary--
/// ```
///
/// Rules are those of RFC 7578 and RFC 2046; names are UTF-8, and in them `%22`, `%0D`, `%0A` (as
/// browsers write them) and `\"`, `\\` (as curl does) stand for their characters. Holds one buffer,
/// however long a part is. For one thread.
public final class Multipart {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int HEADER_BYTES_MAX = 16 << 10;
    private static final int PARTS_MAX = 1_000;
    private static final int BOUNDARY_CHARS_MAX = 70;

    private final InputStream in;
    private final String where;
    private final byte[] delimiter;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int filled;

    /// Before this there is no delimiter; here one stands, or may still begin.
    private int clear;

    private boolean stands;
    private int parts;
    private boolean ended;

    private Multipart(InputStream in, String boundary, String where) {
        this.in = in;
        this.where = where;
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        // The first delimiter need not follow a line break: here it does.
        buffer[0] = '\r';
        buffer[1] = '\n';
        filled = 2;
    }

    /// Reads the body of a request.
    ///
    /// @throws Problem `UNSUPPORTED` if it is of another type, `INVALID` without a boundary
    public static Multipart of(Exchange exchange, BodyLimits limits) {
        String where = exchange.path();
        if (!exchange.contentType().equals("multipart/form-data")) {
            throw Problem.of(Problem.Kind.UNSUPPORTED, "body is no multipart/form-data", where)
                    .fix("send a form with the file, as curl -F does");
        }
        String type = exchange.header("Content-Type").orElse("");
        return new Multipart(exchange.body(limits), boundary(type, where), where);
    }

    /// Reads a body whose content type is known.
    static Multipart of(String contentType, InputStream body, String where) {
        return new Multipart(body, boundary(contentType, where), where);
    }

    private static String boundary(String contentType, String where) {
        String boundary = parameters(contentType).getOrDefault("boundary", "");
        if (boundary.isEmpty() || boundary.length() > BOUNDARY_CHARS_MAX) {
            throw Problem.invalid("content type has no boundary of 1 to 70 characters", where)
                    .fix("let the HTTP library write the header Content-Type");
        }
        return boundary;
    }

    /// One part. Of use until the next is asked for.
    public final class Part {
        private final String name;
        private final Optional<String> filename;
        private final InputStream body = new Body();

        private Part(String name, Optional<String> filename) {
            this.name = name;
            this.filename = filename;
        }

        /// Of the form's field.
        public String name() {
            return name;
        }

        /// As the sender gave it, directories included; empty for a field that is no file.
        public Optional<String> filename() {
            return filename;
        }

        public InputStream body() {
            return body;
        }

        /// The whole part as UTF-8.
        ///
        /// @throws Problem `TOO_LARGE` above the limit
        public String text(int bytesMax) throws IOException {
            byte[] bytes = body.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw Problem.tooLarge("field is longer than " + bytesMax + " bytes", name)
                        .fix("send large values as a file");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /// The next part; what is left of the one before is passed over. Empty at the end.
    ///
    /// @throws Problem `INVALID` if the body is malformed or breaks off
    public Optional<Part> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        while (!stands) {
            at = clear;
            look();
        }
        at = clear + delimiter.length;
        clear = at;
        stands = false;
        if (isLast()) {
            ended = true;
            return Optional.empty();
        }
        if (++parts > PARTS_MAX) {
            throw Problem.tooLarge("form has more than " + PARTS_MAX + " fields", where)
                    .fix("send fewer");
        }
        Part part = part(headers());
        clear = at;
        look();
        return Optional.of(part);
    }

    private boolean isLast() throws IOException {
        int first = one();
        if (first == '-' && one() == '-') {
            return true;
        }
        while (first == ' ' || first == '\t') {
            first = one();
        }
        if (first != '\r' || one() != '\n') {
            throw malformed("a boundary is followed by other text");
        }
        return false;
    }

    /// The next byte, outside of contents.
    private int one() throws IOException {
        if (at == filled) {
            clear = at;
            fill();
        }
        return buffer[at++];
    }

    private Map<String, String> headers() throws IOException {
        Map<String, String> headers = new HashMap<>();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int bytes = 0; ; bytes++) {
            if (bytes > HEADER_BYTES_MAX) {
                throw malformed("headers of a part are too long");
            }
            int next = one();
            if (next != '\n') {
                line.write(next);
                continue;
            }
            String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
            line.reset();
            if (text.isEmpty()) {
                return headers;
            }
            int colon = text.indexOf(':');
            if (colon > 0) {
                headers.put(
                        text.substring(0, colon).toLowerCase(Locale.ROOT).strip(),
                        text.substring(colon + 1).strip());
            }
        }
    }

    private Part part(Map<String, String> headers) {
        Map<String, String> disposition =
                parameters(headers.getOrDefault("content-disposition", ""));
        String name = disposition.getOrDefault("name", "");
        if (name.isEmpty()) {
            throw malformed("a part has no name");
        }
        return new Part(
                name,
                Optional.ofNullable(disposition.get("filename*"))
                        .flatMap(Multipart::extended)
                        .or(() -> Optional.ofNullable(disposition.get("filename"))));
    }

    /// `UTF-8''na%C3%AFve.txt`, which RFC 7578 forbids and some clients send.
    private static Optional<String> extended(String value) {
        String[] parts = value.split("'", 3);
        if (parts.length < 3 || !parts[0].equalsIgnoreCase("utf-8")) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    java.net.URLDecoder.decode(
                            parts[2].replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    /// The parameters of a header: `type; name=token; name="quoted"`.
    private static Map<String, String> parameters(String header) {
        Map<String, String> parameters = new HashMap<>();
        int from = header.indexOf(';');
        while (from >= 0 && from < header.length()) {
            int equals = header.indexOf('=', from);
            if (equals < 0) {
                break;
            }
            String name = header.substring(from + 1, equals).strip().toLowerCase(Locale.ROOT);
            int value = equals + 1;
            boolean quoted = value < header.length() && header.charAt(value) == '"';
            int end = quoted ? closing(header, value + 1) : header.indexOf(';', value);
            int stop = end < 0 ? header.length() : end;
            String text = header.substring(quoted ? value + 1 : value, stop);
            parameters.putIfAbsent(name, quoted ? unescaped(text) : text.strip());
            from = end < 0 ? -1 : header.indexOf(';', end);
        }
        return parameters;
    }

    private static int closing(String header, int from) {
        for (int i = from; i < header.length(); i++) {
            if (header.charAt(i) == '\\') {
                i++;
            } else if (header.charAt(i) == '"') {
                return i;
            }
        }
        return -1;
    }

    private static String unescaped(String text) {
        return text.replaceAll("\\\\([\\\\\"])", "$1")
                .replace("%22", "\"")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
    }

    /// What lies before the next delimiter.
    private final class Body extends InputStream {
        private final int number = parts;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (number != parts || ended) {
                throw new IOException("a later part was asked for");
            }
            if (length == 0) {
                return 0;
            }
            while (at == clear) {
                if (stands) {
                    return -1;
                }
                look();
            }
            int count = Math.min(length, clear - at);
            System.arraycopy(buffer, at, bytes, offset, count);
            at += count;
            return count;
        }
    }

    /// Reads on until it is known of more bytes whether they are before a delimiter.
    private void look() throws IOException {
        int before = clear;
        scan();
        while (!stands && clear == before) {
            fill();
            before = clear;
            scan();
        }
    }

    private void scan() {
        int last = filled - delimiter.length;
        for (int i = clear; i <= last; i++) {
            if (buffer[i] == '\r'
                    && Arrays.equals(
                            buffer, i, i + delimiter.length, delimiter, 0, delimiter.length)) {
                clear = i;
                stands = true;
                return;
            }
        }
        clear = Math.max(clear, last + 1);
    }

    /// Makes room of what was read, and reads more.
    private void fill() throws IOException {
        System.arraycopy(buffer, at, buffer, 0, filled - at);
        filled -= at;
        clear -= at;
        at = 0;
        int count = in.read(buffer, filled, buffer.length - filled);
        if (count < 0) {
            throw malformed("it ends before its last boundary");
        }
        filled += count;
    }

    private Problem malformed(String how) {
        return Problem.invalid("multipart body is malformed: " + how, where)
                .fix("send a form as RFC 7578 has it; an HTTP library does");
    }
}
