package dev.backplane.engine.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// Tiles of a model's weights in a file that is mapped as it is. Little-endian:
///
/// ```
/// 0   magic "BPTILES1"   8 count u32   12 CRC-32C of the directory u32
/// 16  key, 32 bytes      48 place of the directory u64   56 length of the file u64
/// 64  tiles of each weight, at multiples of 64
///     directory: count × { length of name u16, name UTF-8, place u64, length u64, CRC-32C u32 }
/// ```
///
/// The head is written last: a file that was not finished has none. A file is good if magic and key
/// are what is wanted, it is as long as it says, the directory has its checksum and lies at the
/// end, and each weight lies before it at a multiple of 64 and has its checksum. Anything else is
/// no file at all: it can be made again.
final class TileFile {
    private static final byte[] MAGIC = "BPTILES1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD = 64;
    private static final int KEY = 32;
    private static final int ALIGNMENT = 64;
    private static final int COUNT_MAX = 1 << 20;
    private static final int NAME_MAX = 1 << 12;
    private static final int DIRECTORY_MAX = 1 << 28;
    private static final int PIECE = 1 << 26;
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TileFile() {}

    private record Entry(String name, long place, long length, int checksum) {}

    /// A weight's tiles in the file, not compared with their checksum yet.
    record Found(MemorySegment tiles, int checksum) {
        boolean good() {
            return TileFile.checksum(tiles) == checksum;
        }
    }

    /// Maps a file.
    ///
    /// @throws IOException when it is not good, or cannot be read
    static Map<String, Found> read(Path path, byte[] key, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            MemorySegment file =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            long size = file.byteSize();
            check(size >= HEAD && Arrays.equals(bytes(file, 0, MAGIC.length), MAGIC), "no head");
            check(Arrays.equals(bytes(file, 16, KEY), key), "another model's");
            int count = file.get(INT, 8);
            long at = file.get(LONG, 48);
            check(file.get(LONG, 56) == size, "another length");
            check(count >= 0 && count <= COUNT_MAX && at >= HEAD && at <= size, "a wrong head");
            check(size - at <= DIRECTORY_MAX, "too long a directory");
            MemorySegment directory = file.asSlice(at);
            check(checksum(directory) == file.get(INT, 12), "a damaged directory");
            return entries(
                    file, at, directory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN), count);
        }
    }

    private static Map<String, Found> entries(
            MemorySegment file, long end, ByteBuffer directory, int count) throws IOException {
        Map<String, Found> found = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            check(directory.remaining() >= 2, "a short directory");
            int length = Short.toUnsignedInt(directory.getShort());
            check(length <= NAME_MAX && directory.remaining() >= length + 20, "a short directory");
            byte[] name = new byte[length];
            directory.get(name);
            long place = directory.getLong();
            long bytes = directory.getLong();
            check(place >= HEAD && place % ALIGNMENT == 0, "a wrong place");
            check(bytes >= 0 && place <= end && bytes <= end - place, "a wrong place");
            found.put(
                    new String(name, StandardCharsets.UTF_8),
                    new Found(file.asSlice(place, bytes), directory.getInt()));
        }
        check(!directory.hasRemaining(), "a longer directory");
        return found;
    }

    private static void check(boolean good, String what) throws IOException {
        if (!good) {
            throw new IOException("tiles are not good: " + what);
        }
    }

    private static byte[] bytes(MemorySegment file, long at, int count) {
        return file.asSlice(at, count).toArray(ValueLayout.JAVA_BYTE);
    }

    private static int checksum(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            crc.update(bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
        }
        return (int) crc.getValue();
    }

    /// Writes a file piece by piece. For one thread.
    static final class Writer implements AutoCloseable {
        private final FileChannel channel;
        private final byte[] key;
        private final List<Entry> entries = new ArrayList<>();
        private long end = HEAD;

        Writer(Path path, byte[] key) throws IOException {
            this.channel =
                    FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            this.key = key.clone();
        }

        void add(String name, MemorySegment tiles) throws IOException {
            for (long at = 0; at < tiles.byteSize(); at += PIECE) {
                long count = Math.min(PIECE, tiles.byteSize() - at);
                write(tiles.asSlice(at, count).asByteBuffer(), end + at);
            }
            entries.add(new Entry(name, end, tiles.byteSize(), checksum(tiles)));
            end = (end + tiles.byteSize() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }

        /// Makes the file whole.
        void finish() throws IOException {
            ByteBuffer directory = directory();
            CRC32C crc = new CRC32C();
            crc.update(directory.duplicate());
            long length = end + directory.remaining();
            write(directory, end);
            ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
            head.put(MAGIC).putInt(entries.size()).putInt((int) crc.getValue()).put(key);
            head.putLong(end).putLong(length).flip();
            write(head, 0);
        }

        private ByteBuffer directory() throws IOException {
            int size = 0;
            for (Entry entry : entries) {
                size += 2 + entry.name.getBytes(StandardCharsets.UTF_8).length + 20;
            }
            ByteBuffer directory = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            for (Entry entry : entries) {
                byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
                check(name.length <= NAME_MAX, "too long a name");
                directory.putShort((short) name.length).put(name);
                directory.putLong(entry.place).putLong(entry.length).putInt(entry.checksum);
            }
            return directory.flip();
        }

        private void write(ByteBuffer bytes, long place) throws IOException {
            long at = place;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
