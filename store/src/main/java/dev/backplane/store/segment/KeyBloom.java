package dev.backplane.store.segment;

import java.util.Arrays;

/// A Bloom filter over 64-bit key hashes: ten bits a key and seven probes give about 1 % false
/// positives (Bloom 1970; double hashing after Kirsch and Mitzenmacher 2006). Reading is
/// thread-safe.
public final class KeyBloom {
    private static final int BITS_PER_KEY = 10;
    private static final int PROBES = 7;

    private final byte[] bits;

    private KeyBloom(byte[] bits) {
        this.bits = bits;
    }

    static KeyBloom sized(int keys) {
        return new KeyBloom(new byte[Math.max(8, (int) ((long) keys * BITS_PER_KEY / 8))]);
    }

    static KeyBloom of(byte[] bits) {
        return new KeyBloom(bits);
    }

    byte[] bytes() {
        return bits;
    }

    void add(long hash) {
        long probe = hash;
        long step = hash >>> 32 | 1;
        for (int i = 0; i < PROBES; i++) {
            long bit = Long.remainderUnsigned(probe, bits.length * 8L);
            bits[(int) (bit >>> 3)] |= (byte) (1 << (bit & 7));
            probe += step * 0x9E3779B97F4A7C15L;
        }
    }

    boolean mayContain(long hash) {
        long probe = hash;
        long step = hash >>> 32 | 1;
        for (int i = 0; i < PROBES; i++) {
            long bit = Long.remainderUnsigned(probe, bits.length * 8L);
            if ((bits[(int) (bit >>> 3)] & 1 << (bit & 7)) == 0) {
                return false;
            }
            probe += step * 0x9E3779B97F4A7C15L;
        }
        return true;
    }

    /// 64 bits of a trace id.
    static long hash(String trace) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < trace.length(); i++) {
            hash = (hash ^ trace.charAt(i)) * 0x100000001b3L;
        }
        return mix(hash);
    }

    /// 64 bits of a span within its trace.
    static long hash(String trace, String span) {
        return mix(hash(trace) * 31 + hash(span));
    }

    private static long mix(long value) {
        long mixed = (value ^ value >>> 32) * 0xd6e8feb86659fd93L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
        return mixed ^ mixed >>> 32;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof KeyBloom other && Arrays.equals(bits, other.bits);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bits);
    }
}
