package dev.backplane.store.text;

import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.FilterCodecReader;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.FixedBitSet;
import org.jspecify.annotations.Nullable;

/// A part of another index, less the documents that are not wanted any more. Merging it copies
/// postings and cuts no text into words.
final class Adopted extends FilterCodecReader {
    private final FixedBitSet wanted;
    private final int count;

    Adopted(CodecReader part, FixedBitSet wanted) {
        super(part);
        this.wanted = wanted;
        this.count = wanted.cardinality();
    }

    @Override
    public Bits getLiveDocs() {
        return wanted;
    }

    @Override
    public int numDocs() {
        return count;
    }

    @Override
    public @Nullable CacheHelper getCoreCacheHelper() {
        return null;
    }

    @Override
    public @Nullable CacheHelper getReaderCacheHelper() {
        return null;
    }
}
