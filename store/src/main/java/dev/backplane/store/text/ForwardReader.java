package dev.backplane.store.text;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.lucene.codecs.DocValuesProducer;
import org.apache.lucene.codecs.FieldsProducer;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.NormsProducer;
import org.apache.lucene.codecs.PointsReader;
import org.apache.lucene.codecs.StoredFieldsReader;
import org.apache.lucene.codecs.TermVectorsReader;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DocValuesSkipIndexType;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.LeafMetaData;
import org.apache.lucene.index.StoredFieldVisitor;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.VectorEncoding;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.Version;
import org.jspecify.annotations.Nullable;

/// Some contents of a [ForwardIndex] as a part of a Lucene index, to be merged into another: so
/// their words become postings without being cut again. It knows what a merge asks for and nothing
/// else. For one merge.
final class ForwardReader extends CodecReader {
    private static final FieldInfos FIELDS =
            new FieldInfos(
                    new FieldInfo[] {
                        field(IndexWriting.TEXT, 0, IndexWriting.Options.ALL.text()),
                        field(IndexWriting.PATH, 1, IndexOptions.DOCS)
                    });

    private final ForwardIndex.View index;
    private final int[] documents;

    /// @param documents which contents, rising; each is the document of its place in this array
    ForwardReader(ForwardIndex.View index, int[] documents) {
        this.index = index;
        this.documents = documents;
    }

    private static FieldInfo field(String name, int number, IndexOptions options) {
        return new FieldInfo(
                name,
                number,
                false,
                true,
                false,
                options,
                DocValuesType.NONE,
                DocValuesSkipIndexType.NONE,
                -1,
                Map.of(),
                0,
                0,
                0,
                0,
                VectorEncoding.FLOAT32,
                VectorSimilarityFunction.EUCLIDEAN,
                false,
                false);
    }

    @Override
    public FieldsProducer getPostingsReader() {
        return new Postings();
    }

    @Override
    public StoredFieldsReader getFieldsReader() {
        return new NothingStored();
    }

    @Override
    public FieldInfos getFieldInfos() {
        return FIELDS;
    }

    @Override
    public int maxDoc() {
        return documents.length;
    }

    @Override
    public int numDocs() {
        return documents.length;
    }

    @Override
    public @Nullable Bits getLiveDocs() {
        return null;
    }

    @Override
    public LeafMetaData getMetaData() {
        return new LeafMetaData(Version.LATEST.major, Version.LATEST, null, false);
    }

    @Override
    public @Nullable TermVectorsReader getTermVectorsReader() {
        return null;
    }

    @Override
    public @Nullable NormsProducer getNormsReader() {
        return null;
    }

    @Override
    public @Nullable DocValuesProducer getDocValuesReader() {
        return null;
    }

    @Override
    public @Nullable PointsReader getPointsReader() {
        return null;
    }

    @Override
    public @Nullable KnnVectorsReader getVectorReader() {
        return null;
    }

    @Override
    public @Nullable CacheHelper getCoreCacheHelper() {
        return null;
    }

    @Override
    public @Nullable CacheHelper getReaderCacheHelper() {
        return null;
    }

    private final class Postings extends FieldsProducer {
        @Override
        public Iterator<String> iterator() {
            return List.of(IndexWriting.PATH, IndexWriting.TEXT).iterator();
        }

        @Override
        public @Nullable Terms terms(String field) {
            return switch (field) {
                case IndexWriting.TEXT -> new ForwardWords(index, documents, ForwardWords.PORTION);
                case IndexWriting.PATH -> new ForwardPaths(index, documents);
                default -> null;
            };
        }

        @Override
        public int size() {
            return 2;
        }

        @Override
        public void checkIntegrity() {}

        @Override
        public void close() {}
    }

    private static final class NothingStored extends StoredFieldsReader {
        @Override
        public void document(int document, StoredFieldVisitor visitor) {}

        @Override
        public StoredFieldsReader clone() {
            return this;
        }

        @Override
        public void checkIntegrity() {}

        @Override
        public void close() {}
    }
}
