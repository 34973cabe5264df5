package dev.backplane.store.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.apache.lucene.util.BytesRef;

/// Terms, numbered in the order in which they first came, and for each the places where it was
/// seen.
///
/// A hash table with open addressing finds the number; a record of [#RECORD] ints has most else of
/// a term side by side, for it is one miss of the cache then. The places of a term are a chain of
/// entries, newest first: place, and how far back the entry before lies (0: none).
///
/// One thread adds. Others look at a [View] that it gave them by safe publication; they see the
/// terms that were there then, and may see places that came since.
final class TermTable {
    /// Numbers below are the caller's, for other things than terms.
    static final int FIRST = 2;

    private static final int RECORD = 8;
    private static final int HASH = 0;
    private static final int LENGTH = 1;

    /// The first eight bytes, filled up with 0: most words are told apart without a look elsewhere.
    private static final int BEGINNING = 2;

    /// Where the term is in the pool.
    private static final int START = 4;

    /// The newest entry, and its place.
    private static final int HEAD = 5;

    private static final int LAST = 6;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    /// Term numbers, 0 where free; at most half of them are taken.
    private int[] slots = new int[1 << 8];

    private int[] records = new int[RECORD << 7];

    /// Terms, one after the other.
    private byte[] pool = new byte[1 << 12];

    private final ByteChunks places = new ByteChunks();
    private int poolSize;
    private int end = FIRST;

    TermTable() {
        // No entry begins at 0, so that 0 can mean none.
        places.add(ByteChunks.FILLER);
    }

    /// Notes that a term was seen.
    ///
    /// @param place not below that of any call before
    /// @return the term's number
    int add(byte[] term, int length, int place) {
        long beginning = beginning(term, length);
        int hash = hash(beginning, term, length);
        int slot = hash & slots.length - 1;
        int number = slots[slot];
        while (number != 0 && !is(records, pool, number, hash, beginning, term, length)) {
            slot = slot + 1 & slots.length - 1;
            number = slots[slot];
        }
        if (number == 0) {
            number = create(term, length, beginning, hash, slot);
        }
        int record = number * RECORD;
        int head = records[record + HEAD];
        if (head == 0 || records[record + LAST] != place) {
            int entry = Math.toIntExact(places.beginPair());
            places.addPair(place, head == 0 ? 0 : entry - head);
            records[record + LAST] = place;
            // Whoever sees the head sees its entry.
            INTS.setRelease(records, record + HEAD, entry);
        }
        return number;
    }

    private int create(byte[] term, int length, long beginning, int hash, int slot) {
        int number = end++;
        if (end * RECORD > records.length) {
            records = Arrays.copyOf(records, Math.multiplyExact(records.length, 2));
        }
        while (poolSize + length > pool.length) {
            pool = Arrays.copyOf(pool, Math.multiplyExact(pool.length, 2));
        }
        int record = number * RECORD;
        records[record + HASH] = hash;
        records[record + LENGTH] = length;
        records[record + BEGINNING] = (int) beginning;
        records[record + BEGINNING + 1] = (int) (beginning >>> 32);
        records[record + START] = poolSize;
        System.arraycopy(term, 0, pool, poolSize, length);
        poolSize += length;
        slots[slot] = number;
        if (end * 2 > slots.length) {
            spread();
        }
        return number;
    }

    private void spread() {
        int[] wider = new int[slots.length * 2];
        for (int number = FIRST; number < end; number++) {
            int slot = records[number * RECORD + HASH] & wider.length - 1;
            while (wider[slot] != 0) {
                slot = slot + 1 & wider.length - 1;
            }
            wider[slot] = number;
        }
        slots = wider;
    }

    private static long beginning(byte[] term, int length) {
        if (term.length >= Long.BYTES) {
            long beginning = (long) LONGS.get(term, 0);
            return length >= Long.BYTES ? beginning : beginning & (1L << 8 * length) - 1;
        }
        long beginning = 0;
        for (int i = 0; i < length; i++) {
            beginning |= (term[i] & 0xFFL) << 8 * i;
        }
        return beginning;
    }

    private static int hash(long beginning, byte[] term, int length) {
        long hash = (beginning ^ length) * 0x9E3779B97F4A7C15L;
        for (int i = Long.BYTES; i < length; i++) {
            hash = ((hash ^ hash >>> 32) + term[i]) * 0x9E3779B97F4A7C15L;
        }
        return (int) (hash >>> 32);
    }

    private static boolean is(
            int[] records,
            byte[] pool,
            int number,
            int hash,
            long beginning,
            byte[] term,
            int length) {
        int record = number * RECORD;
        if (records[record + HASH] != hash
                || records[record + LENGTH] != length
                || records[record + BEGINNING] != (int) beginning
                || records[record + BEGINNING + 1] != (int) (beginning >>> 32)) {
            return false;
        }
        int start = records[record + START];
        return length <= Long.BYTES
                || Arrays.equals(
                        pool, start + Long.BYTES, start + length, term, Long.BYTES, length);
    }

    View view() {
        return new View(slots, records, pool, places, end);
    }

    /// The terms that there were at one time.
    ///
    /// @param end one above the highest number of a term
    record View(int[] slots, int[] records, byte[] pool, ByteChunks places, int end) {
        /// @return the term's number, or 0
        int find(BytesRef term) {
            long beginning = beginning(term.bytes, term.length);
            int hash = hash(beginning, term.bytes, term.length);
            int slot = hash & slots.length - 1;
            for (int number = slots[slot]; number != 0; number = slots[slot]) {
                // Those above came later, and may be half there.
                if (number < end
                        && is(records, pool, number, hash, beginning, term.bytes, term.length)) {
                    return number;
                }
                slot = slot + 1 & slots.length - 1;
            }
            return 0;
        }

        /// Points a reference at a term.
        void term(int number, BytesRef target) {
            target.bytes = pool;
            target.offset = records[number * RECORD + START];
            target.length = records[number * RECORD + LENGTH];
        }

        /// Visits the places of a term below a limit, highest first.
        void places(int number, int limit, IntConsumer visitor) {
            int entry = (int) INTS.getAcquire(records, number * RECORD + HEAD);
            byte[][] chunks = places.chunks();
            while (entry != 0) {
                byte[] chunk = chunks[ByteChunks.chunkOf(entry)];
                int at = ByteChunks.withinChunk(entry);
                int place = ByteChunks.number(chunk, at);
                if (place < limit) {
                    visitor.accept(place);
                }
                int back = ByteChunks.number(chunk, at + ByteChunks.length(place));
                entry = back == 0 ? 0 : entry - back;
            }
        }

        /// The numbers of the terms that a condition holds for.
        BitSet matching(TermCondition condition) {
            BitSet matching = new BitSet(end);
            for (int number = FIRST; number < end; number++) {
                int record = number * RECORD;
                matching.set(
                        number,
                        condition.holds(pool, records[record + START], records[record + LENGTH]));
            }
            return matching;
        }
    }

    /// Says something of a term where it lies.
    @FunctionalInterface
    interface TermCondition {
        boolean holds(byte[] bytes, int offset, int length);
    }
}
