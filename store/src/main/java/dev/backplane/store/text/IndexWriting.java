package dev.backplane.store.text;

import dev.backplane.core.Slice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttributeImpl;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.store.Directory;
import org.apache.lucene.util.BytesRef;

/// Writes contents as Lucene documents whose number is the content's. For one thread at a time.
final class IndexWriting implements AutoCloseable {
    /// Words of a content, with their positions.
    static final String TEXT = "text";

    /// Scalars of a JSON content, see [PathTerms].
    static final String PATH = "path";

    private final IndexWriter writer;
    private final FieldType textType;
    private final FieldType pathType = type(IndexOptions.DOCS);
    private final boolean paths;
    private int next;

    /// What is left out to see what it costs; the store's choice is [#ALL].
    record Options(IndexOptions text, boolean paths) {
        static final Options ALL = new Options(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS, true);
    }

    IndexWriting(Directory directory, double bufferMegabytes, int mergeFactor, Options options)
            throws IOException {
        // Adjacent segments are merged in order: a document keeps its number.
        LogByteSizeMergePolicy order = new LogByteSizeMergePolicy();
        order.setMergeFactor(mergeFactor);
        order.setNoCFSRatio(0);
        IndexWriterConfig config =
                new IndexWriterConfig(null)
                        .setRAMBufferSizeMB(bufferMegabytes)
                        .setMergePolicy(order)
                        .setMergeScheduler(new SerialMergeScheduler())
                        .setUseCompoundFile(false)
                        .setCommitOnClose(false);
        this.textType = type(options.text());
        this.paths = options.paths();
        this.writer = new IndexWriter(directory, config);
    }

    private static FieldType type(IndexOptions options) {
        FieldType type = new FieldType();
        type.setIndexOptions(options);
        type.setOmitNorms(true);
        type.freeze();
        return type;
    }

    /// @throws IllegalArgumentException if the document is not above the last one, or too long
    void add(int document, Slice bytes, Shape shape) throws IOException {
        if (document < next) {
            throw new IllegalArgumentException(
                    "document %d comes after document %d".formatted(document, next - 1));
        }
        requireShort(bytes);
        while (next < document) {
            writer.addDocument(List.of());
            next++;
        }
        next++;
        List<IndexableField> fields = new ArrayList<>(2);
        fields.add(new Field(TEXT, new WordStream(new WordCursor(bytes, shape)), textType));
        if (shape == Shape.JSON && paths) {
            try (PathTerms terms = new PathTerms(bytes)) {
                fields.add(new Field(PATH, new PathStream(terms), pathType));
                writer.addDocument(fields);
            }
        } else {
            writer.addDocument(fields);
        }
    }

    static void requireShort(Slice bytes) {
        if (bytes.length() > TextIndexBuilder.CONTENT_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a content of more than %d bytes must be added in parts"
                            .formatted(TextIndexBuilder.CONTENT_BYTES_MAX));
        }
    }

    IndexWriter writer() {
        return writer;
    }

    @Override
    public void close() throws IOException {
        writer.rollback();
    }

    private static final class WordStream extends TokenStream {
        private final BytesTermAttribute term;
        private final BytesRef bytes = new BytesRef();
        private final WordCursor words;

        WordStream(WordCursor words) {
            addAttributeImpl(new BytesTermAttributeImpl());
            this.term = getAttribute(BytesTermAttribute.class);
            this.words = words;
        }

        @Override
        public boolean incrementToken() {
            if (!words.next()) {
                return false;
            }
            bytes.bytes = words.term();
            bytes.length = words.length();
            term.setBytesRef(bytes);
            return true;
        }
    }

    private static final class PathStream extends TokenStream {
        private final BytesTermAttribute term;
        private final BytesRef bytes = new BytesRef();
        private final PathTerms terms;

        PathStream(PathTerms terms) {
            addAttributeImpl(new BytesTermAttributeImpl());
            this.term = getAttribute(BytesTermAttribute.class);
            this.terms = terms;
        }

        @Override
        public boolean incrementToken() {
            if (!terms.next()) {
                return false;
            }
            bytes.bytes = terms.term();
            bytes.length = terms.length();
            term.setBytesRef(bytes);
            return true;
        }
    }
}
