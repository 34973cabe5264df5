package dev.backplane.store.log;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SteadyFile;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.SequenceDef;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;

/// The contents of a log file: where each leaf lies, and the sequences.
///
/// One thread adds, under the log's lock; any thread reads what it has learnt of through an applied
/// event.
final class GenerationContents implements ContentSource {
    private final SteadyFile file;
    private volatile long[] positions = new long[1 << 8];
    private volatile int[] sizes = new int[1 << 8];
    private volatile SequenceDef[] sequences = new SequenceDef[1 << 8];
    private volatile int leafCount;
    private volatile int sequenceCount;

    GenerationContents(SteadyFile file) {
        this.file = file;
    }

    int addLeaf(long position, int size) {
        if (leafCount == positions.length) {
            positions = Arrays.copyOf(positions, leafCount * 2);
            sizes = Arrays.copyOf(sizes, leafCount * 2);
        }
        int number = leafCount;
        positions[number] = position;
        sizes[number] = size;
        leafCount = number + 1;
        return number;
    }

    int addSequence(SequenceDef sequence) {
        if (sequenceCount == sequences.length) {
            sequences = Arrays.copyOf(sequences, sequenceCount * 2);
        }
        int number = sequenceCount;
        sequences[number] = sequence;
        sequenceCount = number + 1;
        return number;
    }

    int leafCount() {
        return leafCount;
    }

    int sequenceCount() {
        return sequenceCount;
    }

    /// Where a leaf lies in the file.
    long position(int leaf) {
        return positions[leaf];
    }

    @Override
    public Slice leaf(int number) {
        require(number, leafCount);
        return read(positions[number], sizes[number]);
    }

    @Override
    public int leafSize(int number) {
        require(number, leafCount);
        return sizes[number];
    }

    @Override
    public SequenceDef sequence(int number) {
        require(number, sequenceCount);
        return sequences[number];
    }

    private static void require(int number, int count) {
        if (number < 0 || number >= count) {
            throw Problem.internal("damaged record: it refers to content " + number, "log")
                    .fix("run backplane store verify");
        }
    }

    Slice read(long position, int length) {
        try {
            return file.read(position, length);
        } catch (ClosedChannelException e) {
            throw Problem.unavailable("the log generation was compacted meanwhile", "log")
                    .fix("read again")
                    .causedBy(e);
        } catch (IOException e) {
            throw Problem.unavailable("the log could not be read", "log").causedBy(e);
        }
    }
}
