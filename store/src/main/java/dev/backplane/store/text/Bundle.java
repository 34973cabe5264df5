package dev.backplane.store.text;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.store.BaseDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.NoLockFactory;
import org.apache.lucene.store.OutputStreamDataOutput;

/// All files of a Lucene index in one file, so that an index is one object.
///
/// | part | bytes |
/// |---|---|
/// | files | one after the other, as they are; each ends with Lucene's own CRC32 |
/// | table | count (VInt), for each file, in order: name (VInt length, UTF-8), length (VLong) |
/// | footer | length of the table (int32), its CRC32C (int32), magic `BPTX0001`; big endian |
///
/// Valid when the magic and the CRC hold and the lengths add up to the start of the table. Opening
/// reads the footer and the table; everything else is mapped and read when asked for. About 80
/// bytes for an index of ten files.
final class Bundle extends BaseDirectory {
    private static final byte[] MAGIC = "BPTX0001".getBytes(StandardCharsets.US_ASCII);
    private static final int FOOTER_BYTES = 4 + 4 + 8;
    private static final int TABLE_BYTES_MAX = 1 << 20;

    private record Extent(long offset, long length) {}

    private final IndexInput file;
    private final Map<String, Extent> extents;

    private Bundle(IndexInput file, Map<String, Extent> extents) {
        super(NoLockFactory.INSTANCE);
        this.file = file;
        this.extents = extents;
    }

    /// Writes all files of the index; not synced.
    static void write(Directory index, Path target) throws IOException {
        String[] names = index.listAll();
        try (OutputStream out = Files.newOutputStream(target)) {
            ByteArrayOutputStream table = new ByteArrayOutputStream();
            OutputStreamDataOutput tableOut = new OutputStreamDataOutput(table);
            tableOut.writeVInt(names.length);
            for (String name : names) {
                tableOut.writeString(name);
                tableOut.writeVLong(index.fileLength(name));
                try (IndexInput input = index.openInput(name, IOContext.READONCE)) {
                    copy(input, out);
                }
            }
            byte[] bytes = table.toByteArray();
            out.write(bytes);
            out.write(
                    ByteBuffer.allocate(FOOTER_BYTES)
                            .putInt(bytes.length)
                            .putInt(crc(bytes))
                            .put(MAGIC)
                            .array());
        }
    }

    private static void copy(IndexInput input, OutputStream out) throws IOException {
        byte[] block = new byte[(int) Math.min(1 << 16, input.length())];
        for (long left = input.length(); left > 0; ) {
            int size = (int) Math.min(block.length, left);
            input.readBytes(block, 0, size);
            out.write(block, 0, size);
            left -= size;
        }
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /// The index in the file; closing the bundle closes the file.
    static Bundle open(IndexInput file) throws IOException {
        long footer = file.length() - FOOTER_BYTES;
        if (footer < 0) {
            throw new CorruptIndexException("text index is cut short", file);
        }
        ByteBuffer buffer = ByteBuffer.wrap(read(file, footer, FOOTER_BYTES));
        int tableBytes = buffer.getInt();
        int crc = buffer.getInt();
        if (!buffer.equals(ByteBuffer.wrap(MAGIC))
                || tableBytes < 1
                || tableBytes > Math.min(TABLE_BYTES_MAX, footer)) {
            throw new CorruptIndexException("not a text index, or cut short", file);
        }
        long tableStart = footer - tableBytes;
        byte[] table = read(file, tableStart, tableBytes);
        if (crc(table) != crc) {
            throw new CorruptIndexException("table of contents is damaged", file);
        }
        return new Bundle(file, table(ByteBuffer.wrap(table), tableStart, file));
    }

    private static byte[] read(IndexInput file, long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        file.seek(offset);
        file.readBytes(bytes, 0, length);
        return bytes;
    }

    /// @param end of all files
    private static Map<String, Extent> table(ByteBuffer in, long end, IndexInput file)
            throws IOException {
        Map<String, Extent> extents = new LinkedHashMap<>();
        long offset = 0;
        for (long left = number(in, in.remaining(), file); left > 0; left--) {
            int size = (int) number(in, in.remaining(), file);
            if (size > in.remaining()) {
                throw new CorruptIndexException("the table of contents is cut short", file);
            }
            byte[] name = new byte[size];
            in.get(name);
            long length = number(in, end - offset, file);
            extents.put(new String(name, StandardCharsets.UTF_8), new Extent(offset, length));
            offset += length;
        }
        if (offset != end || in.hasRemaining()) {
            throw new CorruptIndexException("lengths of files do not add up", file);
        }
        return extents;
    }

    /// A VInt or VLong from 0 to a limit.
    private static long number(ByteBuffer in, long limit, IndexInput file) throws IOException {
        long value = 0;
        int shift = 0;
        while (in.hasRemaining() && shift < Long.SIZE) {
            byte next = in.get();
            value |= (next & 0x7FL) << shift;
            shift += 7;
            if (next >= 0) {
                if (value >= 0 && value <= limit) {
                    return value;
                }
                break;
            }
        }
        throw new CorruptIndexException("a number in the table of contents is damaged", file);
    }

    private Extent extent(String name) throws IOException {
        ensureOpen();
        Extent extent = extents.get(name);
        if (extent == null) {
            throw new NoSuchFileException(name);
        }
        return extent;
    }

    @Override
    public String[] listAll() {
        ensureOpen();
        return extents.keySet().stream().sorted().toArray(String[]::new);
    }

    @Override
    public long fileLength(String name) throws IOException {
        return extent(name).length();
    }

    @Override
    public IndexInput openInput(String name, IOContext context) throws IOException {
        Extent extent = extent(name);
        if (extent.offset() + extent.length() > file.length()) {
            throw new EOFException(name);
        }
        return file.slice(name, extent.offset(), extent.length());
    }

    @Override
    public void close() throws IOException {
        isOpen = false;
        file.close();
    }

    @Override
    public Set<String> getPendingDeletions() {
        return Set.of();
    }

    @Override
    public void sync(Collection<String> names) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void syncMetaData() {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void deleteFile(String name) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void rename(String source, String target) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public IndexOutput createOutput(String name, IOContext context) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public IndexOutput createTempOutput(String prefix, String suffix, IOContext context) {
        throw new UnsupportedOperationException("read-only");
    }
}
