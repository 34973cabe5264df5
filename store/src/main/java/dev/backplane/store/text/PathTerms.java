package dev.backplane.store.text;

import dev.backplane.core.Json;
import dev.backplane.core.Slice;
import dev.backplane.core.Wtf8;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// The scalars of a JSON content as terms: path, [#SEPARATOR], value.
///
/// The path is the keys from the root joined by dots; arrays add nothing to it. The value is the
/// unescaped string, the number as written, `true`, `false` or `null`. Left out are the root
/// itself, values above [#VALUE_BYTES_MAX], paths above [#PATH_BYTES_MAX] or [#DEPTH_MAX] keys, all
/// after the first [#TERMS_MAX] scalars, and what follows the first error in malformed JSON. Memory
/// is bounded by these limits, not by the content. For one thread.
final class PathTerms implements AutoCloseable {
    static final int VALUE_BYTES_MAX = 64;
    static final int PATH_BYTES_MAX = 256;
    static final int DEPTH_MAX = 16;
    static final int TERMS_MAX = 1_024;

    /// Does not occur in UTF-8, so that a path cannot run into its value.
    static final byte SEPARATOR = (byte) 0xFF;

    /// An escape is at most six bytes for one, and the quotes.
    private static final int RAW_BYTES_MAX = VALUE_BYTES_MAX * 6 + 2;

    private final Slice json;
    private final JsonParser parser;
    private final int[] outer = new int[Json.DEPTH_MAX + 2];
    private final int[] keys = new int[Json.DEPTH_MAX + 2];
    private final byte[] term = new byte[PATH_BYTES_MAX + 1 + VALUE_BYTES_MAX];
    private int depth;

    /// Bytes of the path in `term`, above [#PATH_BYTES_MAX] when it does not fit.
    private int path;

    private int pathKeys;
    private int length;
    private int count;

    PathTerms(Slice json) {
        this.json = json;
        this.parser = Json.parser(json);
    }

    /// The term for a path and a value.
    static byte[] term(String path, String value) {
        byte[] pathBytes = Wtf8.encode(path);
        byte[] valueBytes = Wtf8.encode(value);
        byte[] term = Arrays.copyOf(pathBytes, pathBytes.length + 1 + valueBytes.length);
        term[pathBytes.length] = SEPARATOR;
        System.arraycopy(valueBytes, 0, term, pathBytes.length + 1, valueBytes.length);
        return term;
    }

    /// Goes to the next term.
    ///
    /// @return false when there is none
    boolean next() {
        try {
            while (count < TERMS_MAX) {
                JsonToken token = parser.nextToken();
                if (token == null) {
                    return false;
                }
                if (step(token)) {
                    count++;
                    return true;
                }
            }
            return false;
        } catch (JacksonException malformed) {
            count = TERMS_MAX;
            return false;
        }
    }

    byte[] term() {
        return term;
    }

    int length() {
        return length;
    }

    @Override
    public void close() {
        parser.close();
    }

    private boolean step(JsonToken token) {
        if (token == JsonToken.PROPERTY_NAME) {
            name(parser.currentName());
            return false;
        }
        if (token.isStructStart()) {
            depth++;
            outer[depth] = path;
            keys[depth] = pathKeys;
            return false;
        }
        if (token.isStructEnd()) {
            path = outer[depth];
            pathKeys = keys[depth];
            depth--;
            return false;
        }
        return scalar(token);
    }

    private void name(String name) {
        path = outer[depth];
        pathKeys = keys[depth] + 1;
        if (path > PATH_BYTES_MAX) {
            return;
        }
        byte[] bytes = Wtf8.encode(name);
        int dot = pathKeys > 1 ? 1 : 0;
        if (pathKeys > DEPTH_MAX || path + dot + bytes.length > PATH_BYTES_MAX) {
            path = PATH_BYTES_MAX + 1;
            return;
        }
        if (dot == 1) {
            term[path] = '.';
        }
        System.arraycopy(bytes, 0, term, path + dot, bytes.length);
        path += dot + bytes.length;
    }

    private boolean scalar(JsonToken token) {
        if (pathKeys == 0 || path > PATH_BYTES_MAX) {
            return false;
        }
        if (token == JsonToken.VALUE_STRING && isLong()) {
            return false;
        }
        byte[] value = Wtf8.encode(parser.getString());
        if (value.length > VALUE_BYTES_MAX) {
            return false;
        }
        term[path] = SEPARATOR;
        System.arraycopy(value, 0, term, path + 1, value.length);
        length = path + 1 + value.length;
        return true;
    }

    /// Whether the string at hand is certainly too long: seen from its bytes, so that the parser
    /// skips it without building it.
    private boolean isLong() {
        int from = (int) parser.currentTokenLocation().getByteOffset() + 1;
        int to = Math.min(json.length(), from + RAW_BYTES_MAX);
        for (int i = from; i < to; i++) {
            byte value = json.at(i);
            if (value == '"') {
                return false;
            }
            if (value == '\\') {
                i++;
            }
        }
        return to - from == RAW_BYTES_MAX;
    }
}
