package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.NoLockFactory;

/// Builds the text index of a container of contents as one file for [TextIndex].
///
/// Holds about 32 MiB and what the longest content takes; the rest waits in files next to the
/// target. For one thread.
public final class TextIndexBuilder implements AutoCloseable {
    /// A content is indexed in memory as a whole, which takes a few times its size.
    public static final int CONTENT_BYTES_MAX = 16 << 20;

    private static final double BUFFER_MEGABYTES = 32;

    /// Above any number of buffers in practice, so that all are merged once, at the end.
    private static final int MERGE_FACTOR = 64;

    private final Path scratch;
    private final Directory directory;
    private final IndexWriting writing;

    /// @param parent an existing directory in which a temporary one is made; gone after `close`
    public TextIndexBuilder(Path parent) throws IOException {
        this(parent, IndexWriting.Options.ALL);
    }

    TextIndexBuilder(Path parent, IndexWriting.Options options) throws IOException {
        this.scratch = Files.createTempDirectory(parent, "text-");
        this.directory = new Unsynced(FSDirectory.open(scratch, NoLockFactory.INSTANCE));
        this.writing = new IndexWriting(directory, BUFFER_MEGABYTES, MERGE_FACTOR, options);
    }

    /// Adds a content.
    ///
    /// @param document its number in the container, above that of the one before; numbers left out
    ///   are contents without text
    /// @throws IllegalArgumentException if the number is not above, or the content is longer than
    ///   [#CONTENT_BYTES_MAX]
    public void add(int document, Slice bytes, Shape shape) throws IOException {
        writing.add(document, bytes, shape);
    }

    /// Writes the index. The file is not synced; nothing more can be added.
    public void finish(Path bundleFile) throws IOException {
        writing.writer().forceMerge(1);
        writing.writer().commit();
        writing.close();
        Bundle.write(directory, bundleFile);
    }

    /// Removes the temporary files.
    @Override
    public void close() throws IOException {
        writing.close();
        directory.close();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(scratch)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(scratch);
    }

    /// Scratch files are worth nothing after a crash.
    private static final class Unsynced extends FilterDirectory {
        Unsynced(Directory directory) {
            super(directory);
        }

        @Override
        public void sync(Collection<String> names) {}

        @Override
        public void syncMetaData() {}
    }
}
