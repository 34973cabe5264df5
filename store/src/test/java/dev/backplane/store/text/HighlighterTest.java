package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HighlighterTest {
    /// The snippet with highlights in square brackets.
    private static String marked(String query, String content, Shape shape) {
        return Highlighter.snippet(TextQuery.parse(query), Slice.of(content), shape)
                .map(HighlighterTest::marked)
                .orElse("");
    }

    private static String marked(Highlighter.Snippet snippet) {
        StringBuilder text = new StringBuilder(snippet.text());
        for (Highlighter.Range range : snippet.highlights().reversed()) {
            text.insert(range.end(), "]").insert(range.start(), "[");
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    refund                | A Refund, please    | A [Refund], please
                    "basic economy"       | the Basic-Economy x | the [Basic-Economy] x
                    basic "basic economy" | basic economy       | [basic economy]
                    econ*                 | economy, ecology    | [economy], ecology
                    refnd~                | a refund            | a [refund]
                    北京                  | 在北京市            | 在[北京]市
                    a OR b                | b a b               | [b] [a] [b]
                    a -b                  | b a b               | b [a] b
                    x                     | 🛫 x 🛫             | 🛫 [x] 🛫
                    """)
    void marksText(String query, String text, String expected) {
        assertThat(marked(query, text, Shape.TEXT)).isEqualTo(expected);
    }

    @Test
    void showsJsonUnescaped() {
        String json = "{\"content\":\"caf\\u00e9\\n\\n\\\"refund\\\" \\ud83d\\udeeb\"}";

        assertThat(marked("café refund", json, Shape.JSON))
                .isEqualTo("{\"content\":\"[café] \"[refund]\" 🛫\"}");
        assertThat(
                        marked(
                                "content:\"x\" OR name:\"Ann Lee\"",
                                "{\"name\":\"Ann Lee\"}",
                                Shape.JSON))
                .isEqualTo("{\"name\":\"[Ann Lee]\"}");
    }

    @Test
    void isEmptyWithoutAMatch() {
        assertThat(Highlighter.snippet(TextQuery.parse("-a"), Slice.of("a b"), Shape.TEXT))
                .isEqualTo(Optional.empty());
    }

    @Test
    void cutsAroundTheBestPlace() {
        String text =
                "refund ".repeat(1)
                        + "filler ".repeat(300)
                        + "my refund policy "
                        + "end ".repeat(300);

        String snippet = marked("refund policy", text, Shape.TEXT);

        assertThat(snippet)
                .startsWith("…filler")
                .contains("my [refund] [policy] end")
                .endsWith("…");
    }

    @Test
    void isAlwaysShortAndRight() {
        Gen.check(
                500,
                random -> {
                    TextCorpus corpus = TextCorpus.random(random, 3);
                    TextQuery.Leaf leaf = corpus.leaf(random);
                    for (TextCorpus.Document document : corpus.documents()) {
                        Slice bytes = document.bytes();
                        if (document.shape() == Shape.TEXT && random.nextBoolean()) {
                            String filler = "- ".repeat(random.nextInt(2000));
                            bytes = Slice.of(filler + bytes.text() + filler);
                        }
                        Optional<Highlighter.Snippet> snippet =
                                Highlighter.snippet(leaf, bytes, document.shape());
                        if (!(leaf instanceof TextQuery.Path)) {
                            assertThat(snippet.isPresent())
                                    .isEqualTo(TextMatcher.matches(leaf, bytes, document.shape()));
                        }
                        snippet.ifPresent(found -> check(leaf, found));
                    }
                });
    }

    private static void check(TextQuery.Leaf leaf, Highlighter.Snippet snippet) {
        assertThat(snippet.text().length()).isLessThanOrEqualTo(Highlighter.SNIPPET_MAX);
        assertThat(snippet.highlights()).isNotEmpty();
        int last = 0;
        for (Highlighter.Range range : snippet.highlights()) {
            assertThat(range.start()).isGreaterThanOrEqualTo(last);
            assertThat(range.end()).isGreaterThan(range.start());
            last = range.end();
        }
        assertThat(last).isLessThanOrEqualTo(snippet.text().length());
        Highlighter.Range first = snippet.highlights().getFirst();
        boolean whole = first.end() < snippet.text().length() - 1;
        if (whole && !(leaf instanceof TextQuery.Path)) {
            String text = snippet.text().substring(first.start(), first.end());
            assertThat(TextMatcher.matches(leaf, Slice.of(text), Shape.TEXT))
                    .as(leaf + " in " + text)
                    .isTrue();
        }
    }
}
