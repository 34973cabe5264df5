package dev.backplane.text.tokenizer;

import dev.backplane.text.LongIntMap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Byte-pair encoding over bytes or over characters.
///
/// A word begins as symbols: one a byte for a byte-level vocabulary, else one a character. A
/// character that is no token becomes its bytes' tokens `<0x00>` to `<0xFF>` if the vocabulary has
/// them, else the unknown token, else nothing, as in Hugging Face's `tokenizers`
/// (tokenizers/src/models/bpe).
///
/// Words of up to [#CACHED_LENGTH_MAX] units are remembered in a table of fixed size.
final class Bpe implements Model {
    private static final int CACHED_LENGTH_MAX = 40;
    private static final int CACHE_SIZE = 1 << 14;

    /// @param byteLevel whether pieces are written in the [ByteAlphabet]
    /// @param unknown the token for what is none, or -1
    /// @param fuseUnknown whether a run of unknown characters is one token
    /// @param byteFallback whether unknown characters become their bytes' tokens
    /// @param wholeWords whether a word that is a token is that token, whatever the merges say
    record Options(
            boolean byteLevel,
            int unknown,
            boolean fuseUnknown,
            boolean byteFallback,
            boolean wholeWords) {}

    private record Cached(String word, int[] ids) {}

    private final Vocabulary vocabulary;
    private final Merges merges;
    private final Options options;

    /// Symbol of each byte, for a byte-level vocabulary; else the byte's own token.
    private final int[] bytes = new int[256];

    /// Characters that are no token but part of one, by the character: symbols above all ids.
    private final LongIntMap strangers;

    /// Entries are immutable, so a race costs at most a repetition.
    private final Cached[] cache = new Cached[CACHE_SIZE];

    private static final Cached NO_ENTRY = new Cached("", new int[0]);

    Bpe(Vocabulary vocabulary, Merges merges, LongIntMap strangers, Options options) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.strangers = strangers;
        this.options = options;
        Arrays.fill(cache, NO_ENTRY);
        for (int value = 0; value < 256; value++) {
            bytes[value] =
                    vocabulary.id(
                            options.byteLevel
                                    ? String.valueOf(ByteAlphabet.character(value))
                                    : byteToken(value));
        }
    }

    static String byteToken(int value) {
        return "<0x%02X>".formatted(value);
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void encode(String word, IntList out) {
        if (word.isEmpty()) {
            return;
        }
        if (word.length() > CACHED_LENGTH_MAX) {
            out.addAll(cut(word));
            return;
        }
        int slot = word.hashCode() * 0x9E37_79B9 >>> 32 - 14;
        Cached cached = cache[slot];
        if (!cached.word.equals(word)) {
            cached = new Cached(word, cut(word));
            cache[slot] = cached;
        }
        out.addAll(cached.ids);
    }

    private int[] cut(String word) {
        if (options.wholeWords) {
            int id = vocabulary.id(options.byteLevel ? ByteAlphabet.write(word) : word);
            if (id >= 0) {
                return new int[] {id};
            }
        }
        IntList symbols = new IntList();
        if (options.byteLevel) {
            addBytes(word, symbols);
        } else {
            addCharacters(word, symbols);
        }
        int[] merged = symbols.toArray();
        int size = merges.apply(merged, merged.length);
        if (strangers.size() == 0) {
            return Arrays.copyOf(merged, size);
        }
        IntList ids = new IntList();
        for (int i = 0; i < size; i++) {
            if (merged[i] < vocabulary.size()) {
                ids.add(merged[i]);
            } else {
                addUnknown(merged[i] - vocabulary.size(), ids);
            }
        }
        return ids.toArray();
    }

    private void addBytes(String word, IntList symbols) {
        for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
            int id = bytes[value & 0xFF];
            if (id >= 0) {
                symbols.add(id);
            } else {
                addUnknownToken(symbols);
            }
        }
    }

    private void addCharacters(String word, IntList symbols) {
        int at = 0;
        while (at < word.length()) {
            int point = word.codePointAt(at);
            int end = at + Character.charCount(point);
            int id = vocabulary.id(word.substring(at, end));
            if (id >= 0) {
                symbols.add(id);
            } else if (strangers.get(point) >= 0) {
                symbols.add(vocabulary.size() + point);
            } else {
                addUnknown(point, symbols);
            }
            at = end;
        }
    }

    private void addUnknown(int point, IntList symbols) {
        if (options.byteFallback) {
            byte[] utf8 = Character.toString(point).getBytes(StandardCharsets.UTF_8);
            boolean all = true;
            for (byte value : utf8) {
                all &= bytes[value & 0xFF] >= 0;
            }
            if (all) {
                for (byte value : utf8) {
                    symbols.add(bytes[value & 0xFF]);
                }
                return;
            }
        }
        addUnknownToken(symbols);
    }

    private void addUnknownToken(IntList symbols) {
        boolean fused =
                options.fuseUnknown
                        && symbols.size() > 0
                        && symbols.get(symbols.size() - 1) == options.unknown;
        if (options.unknown >= 0 && !fused) {
            symbols.add(options.unknown);
        }
    }
}
