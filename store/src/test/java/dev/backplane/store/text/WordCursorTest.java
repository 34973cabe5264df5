package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Json;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordCursorTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Hello, World!            | hello world
                    get_user(id=42)          | get user id 42
                    a.b@example.org          | a b example org
                    ÄRGER naïve Straße       | ärger naïve straße
                    ΣΊΣΥΦΟΣ                  | σίσυφοσ
                    北京abc大学              | 北 京 abc 大 学
                    서울에서                 | 서 울 에 서
                    हिन्दी                   | हिन्दी
                    ไทย                      | ไ ท ย
                    𝐀𝐁 x                     | 𝐀𝐁 x
                    v1.2-rc3                 | v1 2 rc3
                    """)
    void cutsText(String text, String words) {
        assertThat(WordCursor.words(text)).containsExactly(words.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    {"key":"one\\ntwo"}                              | key one two
                    "caf\\u00e9 \\u5317x"                             | café 北 x
                    "\\ud835\\udc00"                                  | 𝐀
                    "\\ud835 \\udc00a"                                | a
                    [1.5,true,null]                                  | 1 5 true null
                    "say \\"hi\\tyou\\""                                | say hi you
                    {"a":"{\\"b\\":\\"x\\\\ny\\"}","c":"d\\ne"}            | a b x y c d e
                    ["[{\\"b\\":\\"{\\\\\\"c\\\\\\":\\\\\\"x\\\\\\\\ny\\\\\\"}\\"}]"] | b c x y
                    "[INFO] C:\\\\new"                                | info c new
                    "a\\                                             | a
                    {"a":"b\\u00                                     | a b
                    """)
    void decodesJson(String json, String words) {
        assertThat(words(Slice.of(json), Shape.JSON)).containsExactly(words.split(" "));
    }

    private static List<String> words(Slice bytes, Shape shape) {
        List<String> words = new ArrayList<>();
        for (WordCursor cursor = new WordCursor(bytes, shape); cursor.next(); ) {
            words.add(cursor.word());
        }
        return words;
    }

    @Test
    void composesMarks() {
        assertThat(WordCursor.words("E\u0301te\u0301 x\u0301"))
                .containsExactly("\u00e9t\u00e9", "x\u0301");
    }

    @Test
    void cutsLongWordsAtACodePoint() {
        assertThat(WordCursor.words("a".repeat(1000) + " b")).containsExactly("a".repeat(255), "b");
        assertThat(WordCursor.words("é".repeat(1000) + "x b"))
                .containsExactly("é".repeat(127), "b");
    }

    @Test
    void takesOneWordOfABlob() {
        String blob = "iVBORw0KGgo+" + "Ab/9".repeat(300);

        assertThat(WordCursor.words("data:" + blob + "== next"))
                .containsExactly("data", "ivborw0kggo", "next");
        assertThat(WordCursor.words("a/b+c")).containsExactly("a", "b", "c");
        assertThat(words(Slice.of("\"" + blob + "\\nnext\""), Shape.JSON))
                .containsExactly("ivborw0kggo", "next");
    }

    /// A JSON string holds the words of its text, however it is escaped.
    @Test
    void escapesDoNotMatter() {
        Gen.check(
                500,
                random -> {
                    String text = Gen.string(random, 80);
                    boolean looksLikeJson = text.strip().matches("(?s)[\\[{].*");
                    List<String> expected = looksLikeJson ? List.of() : WordCursor.words(text);
                    StringBuilder escaped = new StringBuilder("\"");
                    for (char c : text.toCharArray()) {
                        if (c < ' ' || c == '"' || c == '\\' || random.nextInt(3) == 0) {
                            escaped.append("\\u%04x".formatted((int) c));
                        } else {
                            escaped.append(c);
                        }
                    }
                    String written = Json.write(generator -> generator.writeString(text));
                    if (!looksLikeJson) {
                        assertThat(words(Slice.of(written), Shape.JSON)).isEqualTo(expected);
                        assertThat(words(Slice.of(escaped.append('"').toString()), Shape.JSON))
                                .isEqualTo(expected);
                    }
                });
    }

    /// Another way to the same words: by characters, without cursors.
    @Test
    void agreesWithAPlainReading() {
        Gen.check(
                500,
                random -> {
                    String text = Gen.string(random, 80) + Gen.prose(random, 80);
                    List<String> words = new ArrayList<>();
                    StringBuilder word = new StringBuilder();
                    boolean alone = false;
                    for (int point : text.codePoints().toArray()) {
                        boolean mark = isMark(point);
                        boolean single = Character.isLetterOrDigit(point) && isUnspaced(point);
                        boolean letter = Character.isLetterOrDigit(point);
                        if (!(mark && !word.isEmpty()) && (!letter || single || alone)) {
                            finish(word, words);
                        }
                        if (letter || mark && !word.isEmpty()) {
                            alone = letter ? single : alone;
                            word.appendCodePoint(
                                    mark
                                            ? point
                                            : Character.toLowerCase(Character.toUpperCase(point)));
                        }
                    }
                    finish(word, words);
                    assertThat(words(Slice.of(text), Shape.TEXT)).isEqualTo(words);
                });
    }

    /// What is shown of a term can be searched for, and a query can be checked for being folded.
    @Test
    void readsATermAsItself() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            String letter = Character.toString(point);
            for (String mark : new String[] {"", "\u0345", "\u0301", "\u0307", "\u0327"}) {
                checkTerms(letter + mark);
            }
        }
        Gen.check(500, random -> checkTerms(Gen.string(random, 600)));
        Gen.check(
                200,
                random -> {
                    StringBuilder word = new StringBuilder();
                    while (word.length() < 300) {
                        word.append(Gen.pick(random, "a", "\u0958", "\u0301", "\u0323", "\u1100"));
                    }
                    checkTerms(word.toString());
                });
    }

    private static void checkTerms(String text) {
        for (String word : WordCursor.words(text)) {
            assertThat(Slice.of(word).length()).isLessThanOrEqualTo(WordCursor.TERM_BYTES_MAX);
            if (!WordCursor.words(word).equals(List.of(word))) {
                assertThat(WordCursor.words(word)).as(text).containsExactly(word);
            }
        }
    }

    private static void finish(StringBuilder word, List<String> words) {
        if (!word.isEmpty()) {
            boolean marked = word.codePoints().anyMatch(WordCursorTest::isMark);
            words.add(
                    marked
                            ? java.text.Normalizer.normalize(word, java.text.Normalizer.Form.NFC)
                            : word.toString());
            word.setLength(0);
        }
    }

    private static boolean isMark(int point) {
        return new String(Character.toChars(point)).matches("\\p{M}");
    }

    private static boolean isUnspaced(int point) {
        return new String(Character.toChars(point))
                .matches(
                        "[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsBopomofo}\\p{IsHangul}"
                                + "\\p{IsYi}\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}"
                                + "\\p{IsTibetan}]");
    }
}
