package dev.backplane.store.log;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SteadyFile;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.Style;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;

/// The contents of a log file: where each leaf lies, and the sequences.
///
/// One thread adds, under the log's lock; any thread reads what it has learnt of through an applied
/// event.
final class GenerationContents implements ContentSource {
    private static final Style[] STYLES = Style.values();
    private static final int SEQUENCE_HEAD = 5;

    private final SteadyFile file;
    private volatile long[] positions = new long[1 << 8];
    private volatile int[] sizes = new int[1 << 8];

    /// Sequences one after the other: style, parent, the size's two halves, how many are appended,
    /// and those. No objects, for there is one a span or more until compaction.
    private volatile int[] sequences = new int[1 << 10];

    private volatile int[] sequencePlaces = new int[1 << 8];
    private int sequencesEnd;
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
        int[] appended = sequence.appended();
        int end = Math.addExact(sequencesEnd, SEQUENCE_HEAD + appended.length);
        if (end > sequences.length) {
            sequences =
                    Arrays.copyOf(sequences, Math.max(end, Math.multiplyExact(sequencesEnd, 2)));
        }
        if (sequenceCount == sequencePlaces.length) {
            sequencePlaces = Arrays.copyOf(sequencePlaces, sequenceCount * 2);
        }
        int at = sequencesEnd;
        sequences[at] = sequence.style().ordinal();
        sequences[at + 1] = sequence.parent();
        sequences[at + 2] = (int) (sequence.size() >>> 32);
        sequences[at + 3] = (int) sequence.size();
        sequences[at + 4] = appended.length;
        System.arraycopy(appended, 0, sequences, at + SEQUENCE_HEAD, appended.length);
        int number = sequenceCount;
        sequencePlaces[number] = at;
        sequencesEnd = end;
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
        int at = sequencePlaces[number];
        int[] all = sequences;
        int from = at + SEQUENCE_HEAD;
        return new SequenceDef(
                STYLES[all[at]],
                all[at + 1],
                Arrays.copyOfRange(all, from, from + all[at + 4]),
                (long) all[at + 2] << 32 | all[at + 3] & 0xFFFF_FFFFL);
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
