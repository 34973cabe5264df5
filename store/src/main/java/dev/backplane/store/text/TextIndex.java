package dev.backplane.store.text;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NoLockFactory;

/// A text index that [TextIndexBuilder] wrote, mapped into memory. Thread-safe; close it when no
/// search runs.
public final class TextIndex implements AutoCloseable {
    private final Bundle bundle;
    private final DirectoryReader reader;
    private final DocumentNumbers numbers;

    private TextIndex(Bundle bundle, DirectoryReader reader, DocumentNumbers numbers) {
        this.bundle = bundle;
        this.reader = reader;
        this.numbers = numbers;
    }

    /// @throws IOException if the file cannot be read or is not a whole index
    public static TextIndex open(Path bundleFile) throws IOException {
        Path file = bundleFile.toAbsolutePath();
        // The mapping outlives the directory object that made it.
        try (FSDirectory folder = new MMapDirectory(file.getParent(), NoLockFactory.INSTANCE)) {
            IndexInput mapped = folder.openInput(file.getFileName().toString(), IOContext.DEFAULT);
            boolean opened = false;
            try {
                TextIndex index = open(Bundle.open(mapped));
                opened = true;
                return index;
            } finally {
                if (!opened) {
                    mapped.close();
                }
            }
        }
    }

    private static TextIndex open(Bundle bundle) throws IOException {
        try {
            DirectoryReader reader = DirectoryReader.open(bundle);
            return new TextIndex(bundle, reader, numbers(bundle, reader.maxDoc()));
        } catch (RuntimeException unexpected) {
            // What Lucene's reader comes upon in bytes that no version of it wrote.
            throw new CorruptIndexException("not an index of Lucene's", "text index", unexpected);
        }
    }

    private static DocumentNumbers numbers(Bundle bundle, int documents) throws IOException {
        try (ChecksumIndexInput in = bundle.openChecksumInput(TextIndexBuilder.NUMBERS)) {
            DocumentNumbers numbers = DocumentNumbers.read(in, documents);
            CodecUtil.checkFooter(in);
            return numbers;
        }
    }

    DirectoryReader reader() {
        return reader;
    }

    int number(int document) {
        return numbers.get(document);
    }

    /// The numbers of all contents.
    public IntStream numbers() {
        return IntStream.range(0, reader.maxDoc()).map(numbers::get);
    }

    /// Adds the numbers of the contents for which the leaf holds.
    ///
    /// @throws Problem `INVALID` when the prefix at the end of a phrase is too short, `INTERNAL`
    ///   when the index is damaged
    public void collect(TextQuery.Leaf leaf, BitSet documents) {
        BitSet found = new BitSet(reader.maxDoc());
        try {
            IndexSearch.collect(reader, leaf, found);
        } catch (IOException e) {
            throw damaged(e);
        }
        numbers.translate(found, documents);
    }

    /// One above the number of the last content that was added.
    public int documents() {
        return numbers.end();
    }

    /// Reads every byte and checks it against the checksums.
    ///
    /// @throws IOException if a byte is wrong
    public void verify() throws IOException {
        for (LeafReaderContext segment : reader.leaves()) {
            segment.reader().checkIntegrity();
        }
    }

    @Override
    public void close() {
        try (Bundle _ = bundle) {
            reader.close();
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private static Problem damaged(IOException e) {
        return Problem.internal("text index cannot be read", "text index")
                .fix("run 'backplane store verify'")
                .causedBy(e);
    }
}
