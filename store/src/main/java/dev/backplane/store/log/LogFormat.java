package dev.backplane.store.log;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.core.SteadyFile;
import dev.backplane.store.content.Refs;
import dev.backplane.store.content.SequenceDef;
import dev.backplane.store.content.Style;
import dev.backplane.store.event.ByteReader;
import dev.backplane.store.event.ByteWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The bytes of a log file, version 2.
///
/// ```
/// file    := header record*
/// header  := "BPLOG" 0 0 2  generation:i64                    16 bytes
/// record  := length:i32 crc32c:i32 entry+                     the crc covers the entries
/// entry   := 1 length:var bytes                               a leaf, numbered by position
///          | 2 style:u8 parent+1:var n:var ref:var*n size:var a sequence, likewise
///          | 3 project:text trace:text span:text print:i64 length:var event
///                                                             see EventCodec and Fingerprint
///          | 4 project:text trace:text version:i64 idle:i64   erase: one trace (see Erasure),
///                                                             or all of a project
/// ```
///
/// Numbers are little-endian, refs absolute within the file. A record is the unit of atomicity:
/// reading stops at the first one that is short or whose crc does not match, and what follows is
/// cut off, because nothing after it was acknowledged.
///
/// Cost: eight bytes a record, one to ten an entry.
public final class LogFormat {
    static final int HEADER_SIZE = 16;
    static final int RECORD_HEADER_SIZE = 8;
    static final int ENTRY_LEAF = 1;
    static final int ENTRY_SEQUENCE = 2;
    static final int ENTRY_EVENT = 3;
    static final int ENTRY_ERASE = 4;

    /// "BPLOG\0\0\2" as a little-endian long.
    private static final long MAGIC = 0x0200_0047_4F4C_5042L;

    private LogFormat() {}

    /// What a scan finds, in order.
    interface Visitor {
        /// @param position of the bytes in the file
        void leaf(long position, int length);

        void sequence(SequenceDef sequence);

        /// @param position of the event's bytes in the file
        /// @param event valid during the call
        void event(SpanKey key, long print, long position, Slice event);

        void erase(Erasure erasure);

        /// Takes no notice.
        Visitor NONE =
                new Visitor() {
                    @Override
                    public void leaf(long position, int length) {}

                    @Override
                    public void sequence(SequenceDef sequence) {}

                    @Override
                    public void event(SpanKey key, long print, long position, Slice event) {}

                    @Override
                    public void erase(Erasure erasure) {}
                };
    }

    static ByteBuffer header(long generation) {
        return new ByteWriter(HEADER_SIZE).putLong(MAGIC).putLong(generation).buffer();
    }

    /// Opens a record; returns where it starts.
    static int begin(ByteWriter batch) {
        int start = batch.size();
        batch.putLong(0);
        return start;
    }

    /// Closes the record that starts at `start`.
    static void end(ByteWriter batch, int start) {
        int length = batch.size() - start - RECORD_HEADER_SIZE;
        batch.setInt(start, length);
        batch.setInt(start + 4, crc(batch.array(), start + RECORD_HEADER_SIZE, length));
    }

    static void sequence(ByteWriter out, SequenceDef sequence) {
        out.put(ENTRY_SEQUENCE).put(sequence.style().code()).putVar(sequence.parent() + 1L);
        out.putVar(sequence.appended().length);
        for (int ref : sequence.appended()) {
            out.putVar(ref);
        }
        out.putVar(sequence.size());
    }

    static void key(ByteWriter out, SpanKey key, long print) {
        out.put(ENTRY_EVENT).putText(key.project()).putText(key.trace()).putText(key.span());
        out.putLong(print);
    }

    static void erase(ByteWriter out, Erasure erasure) {
        out.put(ENTRY_ERASE).putText(erasure.project()).putText(erasure.trace());
        out.putLong(erasure.version()).putLong(erasure.idleSince());
    }

    private static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    /// Reads a file from its start.
    ///
    /// @return the length of its valid part
    static long scan(SteadyFile file, long generation, Visitor visitor) throws IOException {
        long size = file.size();
        if (size < HEADER_SIZE) {
            return 0;
        }
        ByteReader header = new ByteReader(file.read(0, HEADER_SIZE));
        if (header.getLong() != MAGIC || header.getLong() != generation) {
            throw Problem.internal("not a log file of generation " + generation, "log")
                    .fix("move the file away, or restore it");
        }
        long at = HEADER_SIZE;
        while (size - at >= RECORD_HEADER_SIZE) {
            ByteReader prefix = new ByteReader(file.read(at, RECORD_HEADER_SIZE));
            int length = prefix.getInt();
            int crc = prefix.getInt();
            if (length <= 0 || length > size - at - RECORD_HEADER_SIZE) {
                break;
            }
            Slice record = file.read(at + RECORD_HEADER_SIZE, length);
            if (crc(record.array(), record.offset(), length) != crc) {
                break;
            }
            entries(record, at + RECORD_HEADER_SIZE, visitor);
            at += RECORD_HEADER_SIZE + length;
        }
        return at;
    }

    /// @param base the record's position in the file
    private static void entries(Slice record, long base, Visitor visitor) {
        ByteReader in = new ByteReader(record);
        while (in.remaining() > 0) {
            int type = in.get();
            switch (type) {
                case ENTRY_LEAF -> {
                    Slice bytes = in.getBytes();
                    visitor.leaf(base + bytes.offset(), bytes.length());
                }
                case ENTRY_SEQUENCE -> visitor.sequence(sequence(in));
                case ENTRY_EVENT -> {
                    SpanKey key = new SpanKey(in.getText(), in.getText(), in.getText());
                    long print = in.getLong();
                    Slice event = in.getBytes();
                    visitor.event(key, print, base + event.offset(), event);
                }
                case ENTRY_ERASE ->
                        visitor.erase(
                                new Erasure(
                                        in.getText(), in.getText(), in.getLong(), in.getLong()));
                default ->
                        throw Problem.internal("unknown log entry " + type, "log")
                                .fix("start the version that wrote this log");
            }
        }
    }

    private static SequenceDef sequence(ByteReader in) {
        Style style = Style.byCode(in.get());
        int parent = in.getVarInt(Integer.MAX_VALUE) - 1;
        int[] appended = new int[in.getVarInt(in.remaining())];
        for (int i = 0; i < appended.length; i++) {
            appended[i] = in.getVarInt(Integer.MAX_VALUE);
        }
        return new SequenceDef(style, parent < 0 ? Refs.NONE : parent, appended, in.getVar());
    }
}
