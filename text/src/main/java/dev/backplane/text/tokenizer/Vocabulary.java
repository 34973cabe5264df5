package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The pieces of a vocabulary and their ids. Ids may have holes; a piece has one id.
final class Vocabulary {
    /// Largest id that a vocabulary may use: the largest vocabularies in the field have 262,144.
    static final int ID_MAX = (1 << 22) - 1;

    private final @Nullable String[] pieces;
    private final Map<String, Integer> ids;

    private Vocabulary(@Nullable String[] pieces, Map<String, Integer> ids) {
        this.pieces = pieces;
        this.ids = ids;
    }

    /// One above the largest id.
    int size() {
        return pieces.length;
    }

    /// The id, or -1.
    int id(String piece) {
        return ids.getOrDefault(piece, -1);
    }

    /// The piece, or the empty text for a hole.
    String piece(int id) {
        String piece = id >= 0 && id < pieces.length ? pieces[id] : null;
        return piece == null ? "" : piece;
    }

    boolean has(int id) {
        return id >= 0 && id < pieces.length && pieces[id] != null;
    }

    /// Collects pieces. For use by one thread.
    static final class Builder {
        private final Map<String, Integer> ids = new HashMap<>();
        private @Nullable String[] pieces = new String[1024];
        private int size;

        /// The first of two ids for a piece stays its id; both read as the piece.
        Builder add(String piece, long id, String where) {
            if (id < 0 || id > ID_MAX) {
                throw Problem.invalid("token id " + id, where)
                        .fix("ids are from 0 to %,d".formatted(ID_MAX));
            }
            int index = (int) id;
            if (index >= pieces.length) {
                pieces = Arrays.copyOf(pieces, Math.max(2 * pieces.length, index + 1));
            }
            if (pieces[index] != null && !piece.equals(pieces[index])) {
                throw Problem.invalid("two tokens with the id " + id, where)
                        .fix("give every token its own id");
            }
            pieces[index] = piece;
            ids.putIfAbsent(piece, index);
            size = Math.max(size, index + 1);
            return this;
        }

        int id(String piece) {
            return ids.getOrDefault(piece, -1);
        }

        int size() {
            return size;
        }

        Vocabulary build() {
            return new Vocabulary(Arrays.copyOf(pieces, size), ids);
        }
    }
}
