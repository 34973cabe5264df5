package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.NoLockFactory;
import org.apache.lucene.util.FixedBitSet;

/// Builds the text index of a container of contents as one file for [TextIndex].
///
/// A content is either added, which cuts it into words, or adopted from the index of the container
/// it comes from, which copies its postings at a fraction of the cost: text is cut into words once
/// in its life, when it is fresh.
///
/// Holds about 32 MiB and what the longest content takes, and four bytes a content; the rest waits
/// in files next to the target. For one thread.
public final class TextIndexBuilder implements AutoCloseable {
    /// A content is indexed in memory as a whole, which takes a few times its size.
    public static final int CONTENT_BYTES_MAX = 16 << 20;

    private static final double BUFFER_MEGABYTES = 32;

    /// Above any number of buffers in practice, so that all are merged once, at the end.
    private static final int MERGE_FACTOR = 64;

    /// In the bundle, beside Lucene's files.
    static final String NUMBERS = "numbers";

    private final Path scratch;
    private final IndexWriting.Options options;
    private final Directory directory;
    private final IndexWriting writing;
    private final List<CodecReader> adopted = new ArrayList<>();
    private int[] adoptedNumbers = new int[0];
    private int adoptedCount;
    private int[] addedNumbers = new int[1 << 8];
    private int addedCount;
    private int next;

    /// @param parent an existing directory in which a temporary one is made; gone after `close`
    public TextIndexBuilder(Path parent) throws IOException {
        this(parent, IndexWriting.Options.ALL);
    }

    TextIndexBuilder(Path parent, IndexWriting.Options options) throws IOException {
        this.scratch = Files.createTempDirectory(parent, "text-");
        this.options = options;
        this.directory = unsynced(scratch);
        this.writing = new IndexWriting(directory, BUFFER_MEGABYTES, MERGE_FACTOR, options);
    }

    /// Adds a content.
    ///
    /// @param document its number in the container, above that of the one before; numbers left out
    ///   are contents without text
    /// @throws IllegalArgumentException if the number is not above, or the content is longer than
    ///   [#CONTENT_BYTES_MAX]
    public void add(int document, Slice bytes, Shape shape) throws IOException {
        if (document < next) {
            throw new IllegalArgumentException(
                    "document %d comes after document %d".formatted(document, next - 1));
        }
        writing.add(addedCount, bytes, shape);
        next = document + 1;
        if (addedCount == addedNumbers.length) {
            addedNumbers = Arrays.copyOf(addedNumbers, addedCount * 2);
        }
        addedNumbers[addedCount++] = document;
    }

    /// Takes contents over from an index in memory, as it is now.
    ///
    /// @param number from the source's number of a content to its number here, which must be no
    ///   other's; -1 where it is not wanted
    public void adopt(FreshTextIndex source, IntUnaryOperator number) {
        ForwardIndex.View whole = source.whole();
        int[] wanted = new int[whole.documents()];
        int count = 0;
        adoptedNumbers = Arrays.copyOf(adoptedNumbers, adoptedCount + whole.documents());
        for (int document = 0; document < whole.documents(); document++) {
            int target = number.applyAsInt(whole.numbers()[document]);
            if (target >= 0) {
                wanted[count++] = document;
                adoptedNumbers[adoptedCount++] = target;
            }
        }
        if (count > 0) {
            adopted.add(new ForwardReader(whole, Arrays.copyOf(wanted, count)));
        }
    }

    /// The same, from an index in a file, which must stay open until [#finish].
    public void adopt(TextIndex source, IntUnaryOperator number) {
        adopt(source.reader(), document -> number.applyAsInt(source.number(document)));
    }

    private void adopt(DirectoryReader source, IntUnaryOperator number) {
        adoptedNumbers = Arrays.copyOf(adoptedNumbers, adoptedCount + source.maxDoc());
        for (LeafReaderContext context : source.leaves()) {
            CodecReader part = (CodecReader) context.reader();
            FixedBitSet wanted = new FixedBitSet(part.maxDoc());
            for (int document = 0; document < part.maxDoc(); document++) {
                int target = number.applyAsInt(context.docBase + document);
                if (target >= 0) {
                    wanted.set(document);
                    adoptedNumbers[adoptedCount++] = target;
                }
            }
            if (wanted.cardinality() > 0) {
                adopted.add(new Adopted(part, wanted));
            }
        }
    }

    /// Writes the index. The file is not synced; nothing more can be added.
    public void finish(Path bundleFile) throws IOException {
        if (adopted.isEmpty()) {
            writing.writer().forceMerge(1);
            writing.writer().commit();
            bundle(directory, bundleFile);
            writing.close();
            return;
        }
        Path folder = Files.createDirectory(scratch.resolve("merged"));
        try (DirectoryReader added = DirectoryReader.open(writing.writer());
                Directory target = unsynced(folder);
                IndexWriting merging =
                        new IndexWriting(target, BUFFER_MEGABYTES, MERGE_FACTOR, options)) {
            added.leaves().forEach(context -> adopted.add((CodecReader) context.reader()));
            merging.writer().addIndexes(adopted.toArray(CodecReader[]::new));
            merging.writer().commit();
            bundle(target, bundleFile);
        }
        writing.close();
    }

    private void bundle(Directory index, Path bundleFile) throws IOException {
        int count = adoptedCount + addedCount;
        int[] numbers = Arrays.copyOf(adoptedNumbers, count);
        System.arraycopy(addedNumbers, 0, numbers, adoptedCount, addedCount);
        try (IndexOutput out = index.createOutput(NUMBERS, IOContext.DEFAULT)) {
            DocumentNumbers.of(numbers, count).write(out);
            CodecUtil.writeFooter(out);
        }
        Bundle.write(index, bundleFile);
    }

    private static Directory unsynced(Path folder) throws IOException {
        return new Unsynced(FSDirectory.open(folder, NoLockFactory.INSTANCE));
    }

    /// Removes the temporary files.
    @Override
    public void close() throws IOException {
        writing.close();
        directory.close();
        try (Stream<Path> files = Files.walk(scratch)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
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
