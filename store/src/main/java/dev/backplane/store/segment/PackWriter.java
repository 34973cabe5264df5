package dev.backplane.store.segment;

import dev.backplane.store.event.ByteWriter;
import dev.backplane.store.segment.PackFormat.Block;
import dev.backplane.store.segment.PackFormat.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes a pack file frame by frame. Not thread-safe.
final class PackWriter implements AutoCloseable {
    private final FileChannel file;
    private final BlockWriter leaves = new BlockWriter(PackFormat.LEAF_BLOCK_SIZE);
    private final BlockWriter rows = new BlockWriter(PackFormat.ROW_BLOCK_SIZE);
    private final BlockWriter traces = new BlockWriter(PackFormat.TRACE_BLOCK_SIZE);
    private final int level;
    private long position;

    /// @param level of zstd
    PackWriter(Path path, int level) throws IOException {
        this.level = level;
        this.file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /// Collects entries until a block is full.
    private final class BlockWriter {
        final int target;
        final List<Block> blocks = new ArrayList<>();
        final ByteWriter bytes;
        final ByteWriter lengths = new ByteWriter(1 << 10);
        int first;
        int count;

        BlockWriter(int target) {
            this.target = target;
            this.bytes = new ByteWriter(target + target / 4);
        }

        void add(byte[] entry, int offset, int length) throws IOException {
            bytes.put(entry, offset, length);
            lengths.putVar(length);
            count++;
            if (bytes.size() >= target) {
                flush();
            }
        }

        void flush() throws IOException {
            if (count == 0) {
                return;
            }
            ByteWriter block = new ByteWriter(bytes.size() + lengths.size() + 5);
            block.putVar(count);
            block.put(lengths.array(), 0, lengths.size());
            block.put(bytes.array(), 0, bytes.size());
            blocks.add(new Block(first, count, frame(block)));
            first += count;
            count = 0;
            bytes.clear();
            lengths.clear();
        }
    }

    void leaf(byte[] bytes, int offset, int length) throws IOException {
        leaves.add(bytes, offset, length);
    }

    void row(ByteWriter row) throws IOException {
        rows.add(row.array(), 0, row.size());
    }

    /// @param rollUp of the next trace
    void trace(ByteWriter rollUp) throws IOException {
        traces.add(rollUp.array(), 0, rollUp.size());
    }

    private Frame frame(ByteWriter raw) throws IOException {
        byte[] compressed = PackFormat.compress(raw, level);
        Frame frame =
                new Frame(position, compressed.length, raw.size(), PackFormat.crc(compressed));
        write(compressed);
        return frame;
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            position += file.write(buffer);
        }
    }

    /// Completes the file and syncs it.
    void finish(PackDirectory.Totals totals, PackDirectory.Sections sections) throws IOException {
        leaves.flush();
        rows.flush();
        traces.flush();
        Optional<Frame> shingles = Optional.empty();
        if (sections.shingles().isPresent()) {
            shingles = Optional.of(frame(sections.shingles().get()));
        }
        PackDirectory directory =
                new PackDirectory(
                        totals,
                        frame(sections.sequences()),
                        frame(sections.graph()),
                        shingles,
                        leaves.blocks,
                        rows.blocks,
                        traces.blocks,
                        sections.traces(),
                        sections.bloom());
        Frame frame = frame(directory.write());
        ByteWriter tail = new ByteWriter(PackFormat.TAIL_SIZE);
        tail.putLong(frame.offset()).putInt(frame.length()).putInt(frame.rawLength());
        tail.putInt(frame.crc()).putLong(PackFormat.MAGIC);
        write(tail.toBytes());
        file.force(true);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
