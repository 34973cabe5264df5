/// Full text over the contents of a container, each of which is stored and indexed once, however
/// many spans refer to it.
///
/// ```
/// contents ──► TextIndexBuilder ──► one file ──► TextIndex ──┐
///     │               ▲ adopts                               │
///     └──────► FreshTextIndex (memory, seen at once) ────────┤ collect(leaf): contents
/// query ──► TextQuery ──► leaves ────────────────────────────┘      │ the caller: contents → spans
///               └──────► evaluate(spans of each leaf) ◄─────────────┘
/// ```
///
/// A [TextQuery] is parsed from what a person typed. Its leaves are evaluated over contents; the
/// caller carries the results from contents to spans and combines them there, because the words of
/// a query may stand in different contents of one span. A [Highlighter] shows why a content was
/// found. A [ShingleBloom] tells that a phrase is not in a container, before its index is fetched.
///
/// Invariants:
///
/// - For every leaf and content, both indexes say what [TextMatcher] says, which reads the content.
/// - What a word is, is defined in one place (`WordCursor`), and what JSON means as text in another
///   (`TextCursor`); index, query, filter and highlighter all read through them.
/// - A text is cut into words once, when it is fresh. In memory it is then the numbers of its words
///   ([ForwardIndex]), which a segment turns round into postings ([ForwardReader]); a segment that
///   takes over others merges their postings. So an index knows which content each Lucene document
///   is ([DocumentNumbers]). Nothing but terms, postings and these numbers is stored.
/// - A phrase does not cross contents; the chunks of one long text are one content here, as their
///   joints are indexed too ([dev.backplane.store.content.Joints]). The values and keys of JSON
///   follow each other in the order in which they are written, so a phrase may cross from one value
///   into the next.
///
/// What it costs, over the 4,869 distinct messages (1.92 MB of JSON, 249,000 words) of 200 runs of
/// τ-bench's airline agent, for times repeated 40 times (`TextIndexMeasure` in the tests measures
/// again):
///
/// | indexed | share of the text | |
/// |---|---|---|
/// | documents only | 9.7 % | phrases would have to be read |
/// | + frequencies | 12.0 % | needed by nothing of ours |
/// | + positions | 23.7 % | phrases from the index: 22,000 of 195,000 contents in 1 ms |
/// | + paths | 25.5 % | `tool_calls.function.name:get_user_details` in 0.04 ms |
///
/// All of it is kept. Without positions each candidate of a phrase would be fetched and read, at
/// some 160 MB/s a core and after decompression; that is what phrases of common words cannot
/// afford. Building takes about 40 MB of text a second of CPU, cutting words 160 to 190; opening an
/// index of 16 MB takes 1 ms.
///
/// A filter over runs of three words, built over half of the messages and asked for runs of four
/// words that only the other half has (the worst case: everything is about flights):
///
/// | bits for each run | share of the text | phrases not pruned |
/// |---|---|---|
/// | 2 | 0.8 % | 37 % |
/// | 4 | 1.6 % | 20 % |
/// | 8 | 3.3 % | 13 % |
@NullMarked
package dev.backplane.store.text;

import org.jspecify.annotations.NullMarked;
