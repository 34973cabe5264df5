package dev.backplane.store.text;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.List;

/// A Bloom filter over the runs of two or three words that occur in a container: tells that a
/// phrase is not there without opening the index. Single words are in nearly every large container,
/// runs of them are not, so this is what prunes.
///
/// | bytes | |
/// |---|---|
/// | 4 | magic `BPS2` |
/// | 1 | words a shingle, 2 or 3 |
/// | 1 | probes a shingle, 1 to 7 |
/// | 2 | zero |
/// | 64 × n | lines of 512 bits: bit `b` is in long `b / 64` of a line, lowest first; big endian |
///
/// Valid when the length is 8 + 64n, n ≥ 1. A shingle's bits all lie in line `(h >>> 1) mod n`, so
/// that it costs one miss of the cache: at four bits a shingle the filter is wrong about as often
/// as one that is not made of lines (Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient
/// Bloom Filters", 2007). A filter is built with many lines and then folded: if a size divides
/// another, the larger filter's parts laid over each other are the smaller filter. So one pass in
/// bounded memory ends with the wanted bits for each distinct shingle, or up to a third more.
///
/// Words are those of the index, and shingles do not cross contents, as phrases do not. Immutable;
/// thread-safe.
public final class ShingleBloom {
    private static final int MAGIC = 0x42505332;
    private static final int HEADER_BYTES = 8;

    /// Nine bits of one hash each.
    private static final int PROBES_MAX = 7;

    private static final int LINE_LONGS = 8;
    private static final int LINE_BITS = LINE_LONGS * Long.SIZE;

    /// Lines of a builder's filter are a multiple of this: it has many divisors to fold by.
    private static final int FOLDABLE = 5_040;

    private final long[] bits;
    private final int shingle;
    private final int probes;

    private ShingleBloom(long[] bits, int shingle, int probes) {
        this.bits = bits;
        this.shingle = shingle;
        this.probes = probes;
    }

    /// @throws Problem `INTERNAL` when the bytes are no filter
    public static ShingleBloom read(Slice bytes) {
        ByteBuffer buffer = bytes.buffer();
        boolean whole =
                bytes.length() > HEADER_BYTES
                        && (bytes.length() - HEADER_BYTES) % (LINE_LONGS * Long.BYTES) == 0;
        if (!whole || buffer.getInt() != MAGIC) {
            throw Problem.internal("shingle filter is damaged", "shingle filter");
        }
        int shingle = buffer.get();
        int probes = buffer.get();
        if (shingle < 2
                || shingle > 3
                || probes < 1
                || probes > PROBES_MAX
                || buffer.getShort() != 0) {
            throw Problem.internal("shingle filter has an unknown form", "shingle filter");
        }
        LongBuffer longs = buffer.asLongBuffer();
        long[] bits = new long[longs.remaining()];
        longs.get(bits);
        return new ShingleBloom(bits, shingle, probes);
    }

    public Slice bytes() {
        ByteBuffer buffer = ByteBuffer.allocate(HEADER_BYTES + bits.length * Long.BYTES);
        buffer.putInt(MAGIC).put((byte) shingle).put((byte) probes).putShort((short) 0);
        buffer.asLongBuffer().put(bits);
        return Slice.of(buffer.array());
    }

    /// Whether the leaf can hold in a content of the container: false only when it cannot. Always
    /// true for what is not a phrase of enough whole words.
    public boolean mayContain(TextQuery.Leaf leaf) {
        if (!(leaf instanceof TextQuery.Phrase(List<String> words, boolean prefixLast))) {
            return true;
        }
        Shingles shingles = new Shingles(shingle);
        for (String word : prefixLast ? words.subList(0, words.size() - 1) : words) {
            byte[] term = Slice.of(word).bytes();
            if (shingles.add(term, term.length) && !contains(bits, shingles.hash(), probes)) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(long[] bits, long hash, int probes) {
        int line = line(bits, hash);
        long probe = mix(hash);
        for (int i = 0; i < probes; i++) {
            int bit = (int) (probe >>> i * 9) & LINE_BITS - 1;
            if ((bits[line + (bit >>> 6)] >>> bit & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    /// Where the shingle's line begins.
    private static int line(long[] bits, long hash) {
        return (int) ((hash >>> 1) % (bits.length / LINE_LONGS)) * LINE_LONGS;
    }

    /// The finaliser of MurmurHash3 (Austin Appleby, public domain).
    private static long mix(long value) {
        long mixed = value;
        mixed = (mixed ^ mixed >>> 33) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ mixed >>> 33;
    }

    /// The hash of the last words.
    private static final class Shingles {
        private final long[] last;
        private long count;

        Shingles(int words) {
            this.last = new long[words];
        }

        void reset() {
            count = 0;
        }

        /// @return whether there are enough words for a shingle
        boolean add(byte[] term, int length) {
            long hash = length;
            for (int i = 0; i < length; i++) {
                hash = (hash ^ term[i] & 0xFF) * 0x100000001B3L;
            }
            last[(int) (count++ % last.length)] = mix(hash);
            return count >= last.length;
        }

        long hash() {
            long hash = 0;
            for (int i = 0; i < last.length; i++) {
                hash = mix(hash * 31 + last[(int) ((count + i) % last.length)]);
            }
            return hash;
        }
    }

    /// Collects shingles in memory of about `bytes × bitsPerShingle ÷ 16`, at least 320 KB. For one
    /// thread.
    public static final class Builder {
        private final long[] bits;
        private final Shingles shingles;
        private final int wordsPerShingle;
        private final int probes;
        private final int bitsPerShingle;
        private long distinct;

        /// @param wordsPerShingle 2 also prunes phrases of two words, 3 prunes more of the longer
        /// @param bitsPerShingle 1 to 10; the rate of false positives is about `0.62^bits` for each
        ///   shingle of the phrase
        /// @param expectedBytes of the contents, roughly; the filter answers `true` more often when
        ///   it is far too low
        public Builder(int wordsPerShingle, int bitsPerShingle, long expectedBytes) {
            if (wordsPerShingle < 2 || wordsPerShingle > 3) {
                throw new IllegalArgumentException("wordsPerShingle must be 2 or 3");
            }
            if (bitsPerShingle < 1 || bitsPerShingle > 10) {
                throw new IllegalArgumentException("bitsPerShingle must be 1 to 10");
            }
            // A word and its space are six bytes or more and many runs are repetitions: this is
            // several times the wanted size, so that few distinct shingles are counted as one and
            // there are many sizes to fold to.
            long lines = Math.max(0, expectedBytes) / 2 * bitsPerShingle / LINE_BITS;
            long units =
                    Math.clamp(
                            lines / FOLDABLE + 1, 1, Integer.MAX_VALUE / 2 / LINE_LONGS / FOLDABLE);
            this.bits = new long[(int) units * FOLDABLE * LINE_LONGS];
            this.shingles = new Shingles(wordsPerShingle);
            this.wordsPerShingle = wordsPerShingle;
            this.bitsPerShingle = bitsPerShingle;
            this.probes = Math.clamp(Math.round(bitsPerShingle * Math.log(2)), 1, PROBES_MAX);
        }

        public void add(Slice bytes, Shape shape) {
            shingles.reset();
            WordCursor words = new WordCursor(bytes, shape);
            while (words.next()) {
                if (shingles.add(words.term(), words.length())) {
                    insert(shingles.hash());
                }
            }
        }

        private void insert(long hash) {
            boolean added = false;
            int line = line(bits, hash);
            long probe = mix(hash);
            for (int i = 0; i < probes; i++) {
                int bit = (int) (probe >>> i * 9) & LINE_BITS - 1;
                added |= (bits[line + (bit >>> 6)] >>> bit & 1) == 0;
                bits[line + (bit >>> 6)] |= 1L << bit;
            }
            distinct += added ? 1 : 0;
        }

        /// The filter, as small as `bitsPerShingle` allows.
        public ShingleBloom build() {
            long wanted = Math.max(1, distinct * bitsPerShingle / LINE_BITS);
            int lines = bits.length / LINE_LONGS;
            int size = lines;
            for (int parts = 2; parts <= lines / wanted; parts++) {
                if (lines % parts == 0) {
                    size = lines / parts;
                }
            }
            long[] folded = new long[size * LINE_LONGS];
            for (int i = 0; i < bits.length; i++) {
                folded[i % folded.length] |= bits[i];
            }
            return new ShingleBloom(folded, wordsPerShingle, probes);
        }
    }
}
