package dev.backplane.tensor.kernel;

import static dev.backplane.tensor.kernel.Memory.LANES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// How fast memory can be read here: the ceiling of products with one activation. Adds up a large
/// piece of memory, which is about the least that can be done with it.
public final class ReadRate {
    private ReadRate() {}

    /// Bytes a second that the pool's workers read together: the fastest of `passes` over `bytes`
    /// bytes. Take several times the last cache.
    public static double measure(WorkerPool pool, long bytes, int passes) {
        long unit = 16L * LANES * pool.size();
        long size = bytes / unit * unit;
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(size, 64);
            memory.fill((byte) 1);
            long address = memory.address();
            int[] sums = new int[pool.size()];
            long shortest = Long.MAX_VALUE;
            for (int pass = 0; pass < passes; pass++) {
                long start = System.nanoTime();
                pool.run((worker, workers) -> {
                    long share = size / workers;
                    sums[worker] = sum(address + worker * share, share);
                });
                shortest = Math.min(shortest, System.nanoTime() - start);
            }
            int all = 0;
            for (int sum : sums) {
                all += sum;
            }
            if (all != (int) (size / 4) * 0x0101_0101) {
                throw new IllegalStateException("memory was read wrongly");
            }
            return size * 1e9 / shortest;
        }
    }

    private static int sum(long from, long bytes) {
        IntVector a = IntVector.zero(Memory.I);
        IntVector b = IntVector.zero(Memory.I);
        IntVector c = IntVector.zero(Memory.I);
        IntVector d = IntVector.zero(Memory.I);
        for (long at = 0; at < bytes; at += 16L * LANES) {
            a = a.add(Memory.ints(from + at));
            b = b.add(Memory.ints(from + at + 4 * LANES));
            c = c.add(Memory.ints(from + at + 8 * LANES));
            d = d.add(Memory.ints(from + at + 12 * LANES));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
}
