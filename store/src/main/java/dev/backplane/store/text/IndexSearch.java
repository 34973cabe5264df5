package dev.backplane.store.text;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MultiPhraseQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/// Evaluates a leaf over what [IndexWriting] wrote. Stateless.
final class IndexSearch {
    /// Words that the last word of a phrase may stand for.
    static final int EXPANSIONS_MAX = 4_096;

    private IndexSearch() {}

    /// Gets each term that a leaf stands for, positioned.
    private interface TermVisitor {
        void visit(TermsEnum term) throws IOException;
    }

    static void collect(IndexReader reader, TextQuery.Leaf leaf, BitSet documents)
            throws IOException {
        for (LeafReaderContext segment : reader.leaves()) {
            if (leaf instanceof TextQuery.Phrase phrase) {
                collectPhrase(segment, phrase, documents);
            } else {
                PostingsEnum[] reused = new PostingsEnum[1];
                visit(
                        segment,
                        leaf,
                        term -> {
                            PostingsEnum postings = term.postings(reused[0], PostingsEnum.NONE);
                            reused[0] = postings;
                            collect(postings, segment.docBase, documents);
                        });
            }
        }
    }

    private static void collect(DocIdSetIterator iterator, int base, BitSet documents)
            throws IOException {
        for (int document = iterator.nextDoc();
                document != DocIdSetIterator.NO_MORE_DOCS;
                document = iterator.nextDoc()) {
            documents.set(base + document);
        }
    }

    private static void visit(LeafReaderContext segment, TextQuery.Leaf leaf, TermVisitor visitor)
            throws IOException {
        boolean path = leaf instanceof TextQuery.Path;
        Terms terms = segment.reader().terms(path ? IndexWriting.PATH : IndexWriting.TEXT);
        if (terms == null) {
            return;
        }
        switch (leaf) {
            case TextQuery.Word(String word) -> exact(terms, new BytesRef(word), visitor);
            case TextQuery.Prefix(String prefix) -> prefix(terms, new BytesRef(prefix), visitor);
            case TextQuery.Path(String name, String value, boolean prefix) -> {
                BytesRef term = new BytesRef(PathTerms.term(name, value));
                if (prefix) {
                    prefix(terms, term, visitor);
                } else {
                    exact(terms, term, visitor);
                }
            }
            case TextQuery.Fuzzy fuzzy -> {
                TermsEnum near = TextMatcher.fuzzy(fuzzy).getTermsEnum(terms);
                while (near.next() != null) {
                    visitor.visit(near);
                }
            }
            case TextQuery.Phrase _ ->
                    throw new IllegalArgumentException("a phrase is not a set of terms");
        }
    }

    private static void exact(Terms terms, BytesRef term, TermVisitor visitor) throws IOException {
        TermsEnum all = terms.iterator();
        if (all.seekExact(term)) {
            visitor.visit(all);
        }
    }

    private static void prefix(Terms terms, BytesRef prefix, TermVisitor visitor)
            throws IOException {
        TermsEnum all = terms.iterator();
        if (all.seekCeil(prefix) == TermsEnum.SeekStatus.END) {
            return;
        }
        for (BytesRef term = all.term();
                term != null && StringHelper.startsWith(term, prefix);
                term = all.next()) {
            visitor.visit(all);
        }
    }

    private static void collectPhrase(
            LeafReaderContext segment, TextQuery.Phrase phrase, BitSet documents)
            throws IOException {
        Query query = phrase.prefixLast() ? expanded(segment, phrase) : plain(phrase);
        IndexSearcher searcher = new IndexSearcher(segment.reader());
        searcher.setQueryCache(null);
        Weight weight =
                searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
        Scorer scorer = weight.scorer(segment.reader().getContext());
        if (scorer != null) {
            collect(scorer.iterator(), segment.docBase, documents);
        }
    }

    private static Query plain(TextQuery.Phrase phrase) {
        PhraseQuery.Builder query = new PhraseQuery.Builder();
        phrase.words().forEach(word -> query.add(new Term(IndexWriting.TEXT, word)));
        return query.build();
    }

    private static Query expanded(LeafReaderContext segment, TextQuery.Phrase phrase)
            throws IOException {
        MultiPhraseQuery.Builder query = new MultiPhraseQuery.Builder();
        int last = phrase.words().size() - 1;
        phrase.words()
                .subList(0, last)
                .forEach(word -> query.add(new Term(IndexWriting.TEXT, word)));
        String prefix = phrase.words().get(last);
        List<Term> expansions = new ArrayList<>();
        visit(
                segment,
                new TextQuery.Prefix(prefix),
                term -> {
                    if (expansions.size() == EXPANSIONS_MAX) {
                        throw tooManyExpansions(prefix);
                    }
                    expansions.add(new Term(IndexWriting.TEXT, BytesRef.deepCopyOf(term.term())));
                });
        if (expansions.isEmpty()) {
            expansions.add(new Term(IndexWriting.TEXT, prefix));
        }
        return query.add(expansions.toArray(Term[]::new)).build();
    }

    static Problem tooManyExpansions(String prefix) {
        return Problem.invalid(
                        "more than %d words begin with '%s'".formatted(EXPANSIONS_MAX, prefix),
                        "end of a phrase in a text query")
                .fix("write more of the word before '*'");
    }
}
