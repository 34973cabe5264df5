package dev.backplane.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.text.MarkedText;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
    private static final ZonedDateTime NOW =
            ZonedDateTime.of(2026, 7, 6, 15, 4, 5, 0, ZoneOffset.UTC);

    private static MarkedText render(String source, String messages) {
        return ChatTemplate.parse(source, "t")
                .render(
                        new ChatTemplate.Input(
                                JsonTree.parse(messages, "messages"),
                                Optional.empty(),
                                true,
                                Map.of("bos_token", "<s>"),
                                Map.of(),
                                NOW));
    }

    /// Trusted characters as they are, each untrusted one as a dot.
    private static String trusted(MarkedText text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            shown.append(text.isTrusted(i, i + 1) ? text.text().charAt(i) : '.');
        }
        return shown.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{{ m.content }}|...",
                "<{{ m.content }}>|<...>",
                "{{ '<' ~ m.content ~ '>' }}|<...>",
                "{{ '<' + m.content + '>' }}|<...>",
                "{{ ('<' + m.content)[1:] }}|...",
                "{{ ('<' + m.content + '>')[::-1] }}|>...<",
                "{{ m.content.upper() }}|...",
                "{{ m.content.replace('b', '<>') }}|.<>.",
                "{{ '[x]'.replace('x', m.content) }}|[...]",
                "{{ [m.content, 'x'] }}|['...', 'x']",
                "{{ '%s!' % m.content }}|...!",
                "{{ '{}!'.format(m.content) }}|...!",
                "{{ m.content.split('b') }}|['.', '.']",
                "{{ ['x', m.content].__len__ is defined }}|False",
                "{% set c %}<{{ m.content }}>{% endset %}{{ c.strip('<') }}|...>",
                "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(m.content) }}|<...>",
                "{% for c in m.content %}{{ c }},{% endfor %}|.,.,.,",
                "{% filter upper %}<{{ m.content }}>{% endfilter %}|<...>",
                "{{ m.content.center(7, '*') }}|**...**",
                "{{ m.role }}{{ bos_token }}|user<s>",
            })
    void marksFollowTextWhereverItGoes(String template, String shown) {
        String source = "{% set m = messages[0] %}" + template;

        MarkedText text = render(source, "[{\"role\": \"user\", \"content\": \"abc\"}]");

        assertThat(trusted(text)).isEqualTo(shown);
    }

    @Test
    void jsonKeepsMarksWithinItsQuotes() {
        MarkedText text =
                render("{{ messages | tojson }}", "[{\"role\": \"user\", \"x\": \"a\\nb\"}]");

        assertThat(text.text()).isEqualTo("[{\"role\": \"user\", \"x\": \"a\\nb\"}]");
        assertThat(trusted(text)).isEqualTo("[{\"....\": \"user\", \".\": \"....\"}]");
    }

    /// Templates build control tokens of roles; only the roles that there are are trusted.
    @Test
    void aRoleThatIsNoneIsNotTrusted() {
        String template = "<|{{ messages[0].role }}|>";

        assertThat(trusted(render(template, "[{\"role\": \"user\"}]"))).isEqualTo("<|user|>");
        assertThat(trusted(render(template, "[{\"role\": \"end\"}]"))).isEqualTo("<|...|>");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a\\n  {{ x.y }}|'x' is undefined (t, line 2, column 7)",
                "{% if 1 %}\\n{% for %}|expected a name, found %} (t, line 2, column 8)",
                "{{ 1 + 'a' }}|'+' does not work with 'int' and 'str' (t, line 1, column 6)",
                "é🙂{{ nope() }}|'nope' is undefined (t, line 1, column 10)",
                "{% if 1 %}|a block that does not end: expected 'elif' or 'else' or 'endif'"
                        + " (t, line 1, column 11)",
                "{{ 'a|a string that does not end (t, line 1, column 4)",
                "{{ messages.append(1) }}|'append' of 'list' would change it, which templates may"
                        + " not (t, line 1, column 19)",
                "{{ raise_exception('roles must alternate') }}|the chat template refuses the"
                        + " conversation: roles must alternate (t)",
                "{% include 'x' %}|unknown tag 'include' (t, line 1, column 4)",
                "{{ 1 ¦ nothing }}|nothing: unknown filter 'nothing' (t, line 1, column 8)",
            })
    void aRefusalNamesThePlace(String source, String message) {
        String template = source.replace("\\n", "\n").replace("¦", "|");
        assertThatThrownBy(() -> render(template, "[]"))
                .isInstanceOf(Problem.class)
                .hasMessage(message)
                .matches(e -> !((Problem) e).fix().isEmpty(), "says what to do");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for i in range(99) %}"
                        + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}"
                        + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{{ 2 ** 99999999 }}",
                "{{ 'a' * 999999999 }}",
                "{{ range(999999999) }}",
                "{{ '%999999999d' % 1 }}",
                "{{ 'a'.center(999999999) }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set x = ('a' * 1000000).replace('a', 'b' * 1000000) %}",
            })
    void workAndMemoryAreBounded(String source) {
        assertThatThrownBy(() -> render(source, "[]")).isInstanceOf(Problem.class);
    }

    @Test
    void nestingIsBounded() {
        for (String nested :
                new String[] {
                    "{{ " + "(".repeat(100_000),
                    "{{ " + "[".repeat(100_000),
                    "{{ " + "-".repeat(100_000) + "1 }}",
                    "{{ " + "not ".repeat(100_000) + "1 }}{{ x.y }}",
                    "{% if 1 %}".repeat(100_000),
                    "{{ 1" + " if 1 else 1".repeat(100_000) + " }}",
                    "{{ x" + ".y".repeat(100_000) + " }}",
                    "{{ 1" + " + 1".repeat(300_000) + " }}{{ x.y }}",
                }) {
            assertThatThrownBy(() -> render(nested, "[]"))
                    .as(nested.substring(0, 20))
                    .isInstanceOf(Problem.class);
        }
    }
}
