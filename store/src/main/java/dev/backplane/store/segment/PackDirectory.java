package dev.backplane.store.segment;

import dev.backplane.core.Slice;
import dev.backplane.store.event.Beginning;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import dev.backplane.store.event.Rows;
import dev.backplane.store.segment.PackFormat.Block;
import dev.backplane.store.segment.PackFormat.Frame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a pack says about itself: see [PackFormat].
record PackDirectory(
        Totals totals,
        Frame sequences,
        Frame graph,
        Optional<Frame> shingles,
        List<Block> leafBlocks,
        List<Block> rowBlocks,
        List<Block> traceBlocks,
        List<TraceRun> traces,
        KeyBloom bloom) {

    /// @param contentBytes of all leaves, uncompressed
    /// @param minStartNanos where the earliest span stands in time
    /// @param maxStartNanos where the last one stands
    /// @param maxVersion of any event
    record Totals(
            String project,
            int rows,
            int leaves,
            int sequences,
            long contentBytes,
            long minStartNanos,
            long maxStartNanos,
            long maxVersion) {}

    /// A trace and how many rows it has; in row order.
    ///
    /// @param startNanos see [Beginning#startNanos]
    /// @param latest version of any of its events
    record TraceRun(String trace, int rows, long startNanos, long latest) {
        Beginning beginning() {
            return new Beginning(startNanos, Rows.orderNanos(latest));
        }
    }

    /// What the builder hands over at the end.
    record Sections(
            ByteWriter sequences,
            ByteWriter graph,
            Optional<ByteWriter> shingles,
            List<TraceRun> traces,
            KeyBloom bloom) {}

    ByteWriter write() {
        ByteWriter out = new ByteWriter(1 << 12);
        out.putText(totals.project()).putVar(totals.rows()).putVar(totals.leaves());
        out.putVar(totals.sequences()).putVar(totals.contentBytes());
        out.putLong(totals.minStartNanos()).putLong(totals.maxStartNanos());
        out.putLong(totals.maxVersion());
        sequences.write(out);
        graph.write(out);
        out.put(shingles.isPresent() ? 1 : 0);
        shingles.ifPresent(frame -> frame.write(out));
        Block.writeAll(leafBlocks, out);
        Block.writeAll(rowBlocks, out);
        out.putVar(traces.size());
        for (TraceRun trace : traces) {
            out.putText(trace.trace()).putVar(trace.rows());
            out.putLong(trace.startNanos()).putLong(trace.latest());
        }
        Block.writeAll(traceBlocks, out);
        byte[] bits = bloom.bytes();
        out.putBytes(bits, 0, bits.length);
        return out;
    }

    /// Checks that all frames lie before `end`.
    PackDirectory within(long end) {
        sequences.within(end);
        graph.within(end);
        shingles.ifPresent(frame -> frame.within(end));
        leafBlocks.forEach(block -> block.frame().within(end));
        rowBlocks.forEach(block -> block.frame().within(end));
        traceBlocks.forEach(block -> block.frame().within(end));
        return this;
    }

    static PackDirectory read(byte[] raw) {
        ByteReader in = new ByteReader(Slice.of(raw));
        Totals totals =
                new Totals(
                        in.getText(),
                        in.getVarInt(Integer.MAX_VALUE),
                        in.getVarInt(Integer.MAX_VALUE),
                        in.getVarInt(Integer.MAX_VALUE),
                        in.getVar(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong());
        Frame sequences = Frame.read(in);
        Frame graph = Frame.read(in);
        Optional<Frame> shingles = in.get() == 0 ? Optional.empty() : Optional.of(Frame.read(in));
        List<Block> leafBlocks = Block.readAll(in, totals.leaves());
        List<Block> rowBlocks = Block.readAll(in, totals.rows());
        int count = in.getVarInt(in.remaining());
        List<TraceRun> traces = new ArrayList<>();
        int rows = 0;
        for (int i = 0; i < count; i++) {
            String trace = in.getText();
            int own = in.getVarInt(totals.rows() - rows);
            traces.add(new TraceRun(trace, own, in.getLong(), in.getLong()));
            rows += own;
        }
        List<Block> traceBlocks = Block.readAll(in, count);
        byte[] bits = in.getBytes().bytes();
        if (rows != totals.rows() || bits.length == 0 || in.remaining() != 0) {
            throw PackFormat.damaged("its directory does not add up");
        }
        KeyBloom bloom = KeyBloom.of(bits);
        return new PackDirectory(
                totals,
                sequences,
                graph,
                shingles,
                leafBlocks,
                rowBlocks,
                traceBlocks,
                traces,
                bloom);
    }
}
