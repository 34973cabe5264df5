package dev.backplane.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.architecture.SourceTree.File;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Shows that each rule can fail.
class StyleRulesTest {
    private static final String MAIN = "core/src/main/java/dev/backplane/core/A.java";
    private static final String TEST = "core/src/test/java/dev/backplane/core/A.java";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "// TO" + "DO later",
                "int a; // FIX" + "ME",
                "String data = \"/wor" + "k/data\";",
                "String data = \"/hom" + "e/someone\";",
                "\tint a;",
                "int a; ",
                "    /" + "** Old. */",
                "/// @auth" + "or me",
                "@SuppressWarnings(\"unchecked\")",
            })
    void findsBadLines(String line) {
        assertThat(StyleRules.text(new File(MAIN, "class A {}\n" + line + "\n")))
                .singleElement()
                .asString()
                .startsWith(MAIN + ":2: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "String url = \"https://example.org/home/page\";",
                "int a; // todo lists are what this class is about",
                "/// Text.",
                "@SuppressWarnings(\"unchecked\") // the reason",
                "@author is only bad in a comment",
            })
    void leavesGoodLinesAlone(String line) {
        assertThat(StyleRules.text(new File(MAIN, line + "\n"))).isEmpty();
    }

    @Test
    void findsLongLinesThatCouldBeBroken() {
        String words = "// " + "word ".repeat(20).strip() + "\n";
        String url = "// https://example.org/" + "x".repeat(100) + "\n";

        assertThat(StyleRules.text(new File(MAIN, words))).hasSize(1);
        assertThat(StyleRules.text(new File(MAIN, url))).isEmpty();
    }

    @Test
    void findsLongFiles() {
        assertThat(StyleRules.text(new File(MAIN, "//\n".repeat(700)))).isEmpty();
        assertThat(StyleRules.text(new File(MAIN, "//\n".repeat(701)))).hasSize(1);
    }

    @Test
    void findsLongFunctionsWhateverStandsInStrings() {
        assertThat(grammar(MAIN, function(68))).isEmpty();
        assertThat(grammar(MAIN, function(69)))
                .containsExactly(MAIN + ":2: function run of 71 lines");
    }

    private static String function(int statements) {
        return "class A {\n    void run() {\n"
                + "        log(\"{{{ }\");\n".repeat(statements)
                + "    }\n}\n";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "var a = 1;",
                "final var a = 1;",
                "for (var a : list) {}",
                "if (o instanceof P(var a)) {}",
            })
    void findsVarInMainCodeOnly(String statement) {
        String text = "class A { void run() {\n%s\n} }\n".formatted(statement);

        assertThat(grammar(MAIN, text)).containsExactly(MAIN + ":2: var: name the type of a");
        assertThat(grammar(TEST, text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "try (var a = open()) {}",
                "call(a -> a);",
                "call((a, b) -> a);",
                "int a = 1, b = 2;",
                "int var = 1;",
                "for (int _ : list) {}",
                "record R(int a) { R { check(a); } }",
            })
    void leavesOtherVariablesAlone(String statement) {
        String text = "class A { void run() {\n%s\n} }\n".formatted(statement);

        assertThat(grammar(MAIN, text)).isEmpty();
    }

    @Test
    void findsImportsWithoutNames() {
        String text = "import java.util.*;\nimport module java.base;\nclass A {}\n";

        assertThat(grammar(MAIN, text)).hasSize(2);
        assertThat(grammar(TEST, text)).containsExactly(TEST + ":1: wildcard import");
    }

    @Test
    void findsNamesThatSayNothing() {
        assertThat(grammar(MAIN, "class StringUtils {}")).hasSize(1);
        assertThat(grammar(MAIN, "class Simple {}")).isEmpty();
    }

    private static List<String> grammar(String path, String text) {
        return StyleRules.grammar(List.of(new File(path, text)));
    }
}
