package dev.backplane.store.segment;

import com.github.luben.zstd.Zstd;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/// The bytes of a pack, version 3. Numbers are little-endian or LEB128 (var).
///
/// ```
/// pack      := frame* directory tail
/// frame     := one zstd frame                        its crc32c stands in the directory
/// leaf block, row block, trace block (inside a frame)
///           := n:var length:var*n bytes*n            entries numbered from the block's first
/// row entry := leaves:var sequences:var span:text events:var event*n
///              (leaves, sequences: how many exist before this row; refs in its events are relative
///               to these, see [RowRefs])
/// trace entry := the roll-up of a trace's rows, see [RollUp#write]
/// sequences := per sequence: style:u8 parent:var leaves:var n:var piece:var*n size:var
///              (parent: own number minus parent's, 0 for none; leaves: how many exist; piece: ref
///              relative to these and to the own number)
/// graph     := per row: leaves:var sequences:var n:var { field:u8 ref:var }*n
///              then per row: parent:zigzag, then per row: order:zigzag,
///              then n:var { row:var parent:text }*n, see [Placement],
///              then n:var document:var*n
///              (leaves, sequences: how many are new; document: of each joint of two chunks, as
///              distance from the one before)
/// directory := a frame of: project:text, nine totals, the frames of sequences, graph and
///              (where there are any) shingles, leaf blocks, row blocks,
///              traces { id:text rows:var start:i64 latest:i64 }*, trace blocks,
///              bloom of span keys
/// tail      := directory offset:i64 length:i32 raw:i32 crc:i32 magic:i64          28 bytes
/// ```
///
/// Leaf blocks hold about [#LEAF_BLOCK_SIZE] bytes before compression, row blocks
/// [#ROW_BLOCK_SIZE]: reading one span costs one row block and the leaf blocks its trace lies in.
/// Trace blocks hold [#TRACE_BLOCK_SIZE], some hundred roll-ups, in the order of traces: a page of
/// the newest traces costs one or two. Version 2 had none. Sequences and graph are read whole when
/// first needed: about 20 and 30 bytes of memory a row.
final class PackFormat {
    static final int LEAF_BLOCK_SIZE = 1 << 20;
    static final int ROW_BLOCK_SIZE = 256 << 10;
    static final int TRACE_BLOCK_SIZE = 64 << 10;
    static final int TAIL_SIZE = 28;
    static final long MAGIC = 0x3330_4B43_4150_5042L;

    private PackFormat() {}

    /// Where a frame lies and how to check it.
    record Frame(long offset, int length, int rawLength, int crc) {
        void write(ByteWriter out) {
            out.putVar(offset).putVar(length).putVar(rawLength).putInt(crc);
        }

        static Frame read(ByteReader in) {
            return new Frame(
                    in.getVar(),
                    in.getVarInt(Integer.MAX_VALUE),
                    in.getVarInt(Integer.MAX_VALUE),
                    in.getInt());
        }

        /// @param end of the frames in the file
        Frame within(long end) {
            if (offset < 0 || length < 0 || rawLength < 0 || offset > end - length) {
                throw damaged("a frame lies outside of the file");
            }
            return this;
        }
    }

    /// @param first number of its first entry
    /// @param count entries
    record Block(int first, int count, Frame frame) {
        static void writeAll(List<Block> blocks, ByteWriter out) {
            out.putVar(blocks.size());
            for (Block block : blocks) {
                out.putVar(block.count());
                block.frame().write(out);
            }
        }

        /// @param total entries in all blocks
        static List<Block> readAll(ByteReader in, int total) {
            int count = in.getVarInt(in.remaining());
            List<Block> blocks = new ArrayList<>();
            int first = 0;
            for (int i = 0; i < count; i++) {
                int entries = in.getVarInt(total - first);
                blocks.add(new Block(first, entries, Frame.read(in)));
                first += entries;
            }
            if (first != total) {
                throw damaged("blocks hold " + first + " entries of " + total);
            }
            return blocks;
        }
    }

    /// A decompressed block: entry `i` is `bytes[offsets[i], offsets[i + 1])`.
    record Entries(byte[] bytes, int[] offsets) {
        static final Entries NONE = new Entries(new byte[0], new int[1]);

        Slice entry(int index) {
            return new Slice(bytes, offsets[index], offsets[index + 1] - offsets[index]);
        }

        int count() {
            return offsets.length - 1;
        }

        static Entries parse(byte[] raw) {
            ByteReader in = new ByteReader(Slice.of(raw));
            int count = in.getVarInt(in.remaining());
            int[] offsets = new int[count + 1];
            long at = 0;
            for (int i = 0; i < count; i++) {
                offsets[i] = (int) at;
                at += in.getVarInt(raw.length);
            }
            if (at != in.remaining()) {
                throw damaged("block lengths do not add up");
            }
            offsets[count] = (int) at;
            int start = in.position();
            Arrays.setAll(offsets, i -> offsets[i] + start);
            return new Entries(raw, offsets);
        }
    }

    static byte[] compress(ByteWriter raw, int level) {
        return Zstd.compress(raw.toBytes(), level);
    }

    /// @param compressed all of the frame
    static byte[] decompress(byte[] compressed, Frame frame) {
        if (crc(compressed) != frame.crc()) {
            throw damaged("checksum of the frame at " + frame.offset() + " does not match");
        }
        // The checksum covers the frame's own word for its length, so it bounds what is allocated.
        if (Zstd.getFrameContentSize(compressed) != frame.rawLength()) {
            throw damaged("the frame at " + frame.offset() + " has another length");
        }
        byte[] raw = new byte[frame.rawLength()];
        long size = Zstd.decompressByteArray(raw, 0, raw.length, compressed, 0, compressed.length);
        if (Zstd.isError(size) || size != raw.length) {
            throw damaged("the frame at " + frame.offset() + " does not decompress");
        }
        return raw;
    }

    static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }

    static Problem damaged(String what) {
        return Problem.internal("damaged segment: " + what, "store")
                .fix("run backplane store verify, and restore the segment from a copy");
    }
}
