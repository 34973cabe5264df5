package dev.backplane.local.library.pull;

import dev.backplane.core.SteadyFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A file that comes in pieces, and what of it is here.
///
/// ```
/// sha256-HEX          the file, as long as it will be; holes where nothing came yet
/// sha256-HEX.parts    text: "backplane 1 SIZE CHUNK", then the number of each chunk that is here,
///                     or of one that was left, and how many bytes of it are here
/// ```
///
/// A line is written after its bytes were forced to the disk. Lines that are damaged, as after a
/// crash, are left out: their chunks come again. Thread-safe.
final class Chunks implements AutoCloseable {
    private final SteadyFile file;
    private final SteadyFile journal;
    private final long size;
    private final int chunkBytes;
    private final BitSet done = new BitSet();
    private final BitSet taken = new BitSet();
    private final Map<Integer, Integer> begun = new HashMap<>();
    private long journalEnd;
    private long completed;

    private Chunks(SteadyFile file, SteadyFile journal, long size, int chunkBytes) {
        this.file = file;
        this.journal = journal;
        this.size = size;
        this.chunkBytes = chunkBytes;
    }

    static Path journal(Path path) {
        return path.resolveSibling(path.getFileName() + ".parts");
    }

    /// How many bytes of the file are here already.
    static long present(Path path, long size, int chunkBytes) {
        long present = 0;
        try {
            Known known = read(path, size, chunkBytes);
            for (int chunk : known.done().stream().toArray()) {
                present += Math.min(chunkBytes, size - (long) chunk * chunkBytes);
            }
            for (int bytes : known.begun().values()) {
                present += bytes;
            }
        } catch (IOException none) {
            return 0;
        }
        return present;
    }

    /// What a journal says.
    ///
    /// @param begun bytes of chunks that were left, by number
    private record Known(BitSet done, Map<Integer, Integer> begun) {}

    private static String head(long size, int chunkBytes) {
        return "backplane 1 " + size + " " + chunkBytes;
    }

    private static Known read(Path path, long size, int chunkBytes) throws IOException {
        BitSet done = new BitSet();
        Map<Integer, Integer> begun = new HashMap<>();
        Known known = new Known(done, begun);
        Path journal = journal(path);
        if (!Files.exists(journal) || !Files.exists(path) || Files.size(path) != size) {
            return known;
        }
        List<String> lines = List.of(Files.readString(journal).split("\n", -1));
        if (!lines.getFirst().equals(head(size, chunkBytes))) {
            return known;
        }
        long count = (size + chunkBytes - 1) / chunkBytes;
        // What stands after the last line break was not written to its end.
        for (String line : lines.subList(1, lines.size() - 1)) {
            if (!line.matches("[0-9]{1,9}( [0-9]{1,9})?")) {
                continue;
            }
            String[] numbers = line.split(" ");
            int chunk = Integer.parseInt(numbers[0]);
            if (chunk >= count) {
                continue;
            }
            int bytes = numbers.length == 1 ? 0 : Integer.parseInt(numbers[1]);
            if (numbers.length == 1) {
                done.set(chunk);
            } else if (bytes < Math.min(chunkBytes, size - (long) chunk * chunkBytes)) {
                begun.put(chunk, bytes);
            }
        }
        done.stream().forEach(begun::remove);
        return known;
    }

    /// Goes on with what is here, or begins.
    static Chunks open(Path path, long size, int chunkBytes) throws IOException {
        Known known = read(path, size, chunkBytes);
        SteadyFile file =
                SteadyFile.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        SteadyFile journal =
                SteadyFile.open(
                        journal(path),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        Chunks chunks = new Chunks(file, journal, size, chunkBytes);
        chunks.begin(known);
        return chunks;
    }

    private synchronized void begin(Known known) throws IOException {
        if (file.size() != size) {
            file.truncate(0);
            if (size > 0) {
                file.write(ByteBuffer.wrap(new byte[1]), size - 1);
            }
        }
        journal.truncate(0);
        append(head(size, chunkBytes));
        for (int chunk : known.done().stream().toArray()) {
            append(Integer.toString(chunk));
            done.set(chunk);
            taken.set(chunk);
            completed += length(chunk);
        }
        for (Map.Entry<Integer, Integer> part : known.begun().entrySet()) {
            append(part.getKey() + " " + part.getValue());
            begun.put(part.getKey(), part.getValue());
            completed += part.getValue();
        }
    }

    private void append(String line) throws IOException {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.US_ASCII);
        journal.write(ByteBuffer.wrap(bytes), journalEnd);
        journalEnd += bytes.length;
    }

    long size() {
        return size;
    }

    int count() {
        return Math.toIntExact((size + chunkBytes - 1) / chunkBytes);
    }

    long start(int chunk) {
        return (long) chunk * chunkBytes;
    }

    int length(int chunk) {
        return (int) Math.min(chunkBytes, size - start(chunk));
    }

    /// A chunk that is not here and nobody fetches, or -1.
    synchronized int take() {
        int chunk = taken.nextClearBit(0);
        if (chunk >= count()) {
            return -1;
        }
        taken.set(chunk);
        return chunk;
    }

    synchronized boolean has(int chunk) {
        return done.get(chunk);
    }

    synchronized boolean isComplete() {
        return done.cardinality() == count();
    }

    /// How many bytes of a chunk are here that is not here as a whole.
    synchronized int begun(int chunk) {
        return begun.getOrDefault(chunk, 0);
    }

    /// A chunk is left before its end.
    void leave(int chunk, int bytes) throws IOException {
        file.force(false);
        synchronized (this) {
            if (!done.get(chunk) && bytes > 0) {
                append(chunk + " " + bytes);
                begun.put(chunk, bytes);
            }
        }
    }

    /// How many bytes were here at the beginning.
    synchronized long completed() {
        return completed;
    }

    void write(byte[] bytes, int length, long position) throws IOException {
        file.write(ByteBuffer.wrap(bytes, 0, length), position);
    }

    ByteBuffer read(long position, int length) throws IOException {
        return file.read(position, length).buffer();
    }

    void force() throws IOException {
        file.force(true);
    }

    /// All bytes of the chunk were written.
    void finish(int chunk) throws IOException {
        file.force(false);
        synchronized (this) {
            if (!done.get(chunk)) {
                append(Integer.toString(chunk));
                done.set(chunk);
                taken.set(chunk);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            journal.close();
        }
    }
}
