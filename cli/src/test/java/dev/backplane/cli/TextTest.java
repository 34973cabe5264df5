package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Quantities, widths and trees as people see them.
class TextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 ms",
        "0.42, 0.42 ms",
        "3.25, 3.25 ms",
        "12.4, 12 ms",
        "999.4, 999 ms",
        "999.6, 1.00 s",
        "1240, 1.24 s",
        "59994, 59.99 s",
        "59996, 1m 00s",
        "125000, 2m 05s",
        "3599999, 1h 00m",
        "3720000, 1h 02m",
        "273600000, 3d 04h",
        "-5, -5 ms",
    })
    void durations(double millis, String text) {
        assertThat(Units.duration(millis)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "999, 999",
        "1000, 1.0k",
        "12345, 12.3k",
        "999950, 1.00M",
        "4560000, 4.56M"
    })
    void tokens(double tokens, String text) {
        assertThat(Units.tokens(tokens)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, ''",
        "0.00001, <$0.0001",
        "0.0139, $0.0139",
        "0.99996, $1.0000",
        "1.256, $1.26",
        "12.3, $12.30",
    })
    void costs(double dollars, String text) {
        assertThat(Units.cost(dollars)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "812, 812 B",
        "31000000, 31.0 MB",
        "999949, 999.9 kB",
        "999950, 1.0 MB",
        "2000000000, 2.0 GB"
    })
    void bytes(double bytes, String text) {
        assertThat(Units.bytes(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "-1234, '-1,234'", "1234567, '1,234,567'", "1.5, 1.5"})
    void counts(double number, String text) {
        assertThat(Units.count(number)).isEqualTo(text);
    }

    @Test
    void durationsAreRead() {
        assertThat(Units.parseDuration("500ms")).contains(Duration.ofMillis(500));
        assertThat(Units.parseDuration("7d")).contains(Duration.ofDays(7));
        for (String wrong : List.of("", "7", "d", "-1s", "1y", "999999999999999d", "1.5h", "٣s")) {
            assertThat(Units.parseDuration(wrong)).as(wrong).isEmpty();
        }
    }

    @Test
    void timesAreReadAndShown() {
        assertThat(Units.parseTime("2026-11-24")).isPresent();
        assertThat(Units.parseTime("2026-11-24T08:00:00+02:00").map(Object::toString))
                .contains("2026-11-24T06:00:00Z");
        assertThat(Units.parseTime("tomorrow")).isEmpty();
        assertThat(Units.time("2026-01-02T03:04:05.678Z", ZoneOffset.UTC))
                .isEqualTo("2026-01-02 03:04:05");
        assertThat(Units.time("not a time", ZoneOffset.UTC)).isEqualTo("not a time");
    }

    @ParameterizedTest
    @CsvSource({
        "2454, 2454",
        "9112.641975861186, 9112.64",
        "0.123456789012, 0.123457",
        "12345678901234567890, 12345678901234567890",
        "123456789.987654, 123456790",
        "1.5E-30, 1.5E-30",
        "1.23456789E-100, 1.23456789E-100",
    })
    void numbersOfQueries(String digits, String text) {
        assertThat(DisplayText.cell(new Node.Number(digits), Unit.NUMBER, ZoneOffset.UTC))
                .isEqualTo(text);
    }

    @Test
    void linesKeepTheirIndentAndLoseTheirBreaks() {
        assertThat(DisplayText.line("  a  b\n    c\td\u001b[0m")).isEqualTo("  a  b c d·[0m");
    }

    @Test
    void widthsAreThoseOfATerminal() {
        assertThat(DisplayText.width("abc")).isEqualTo(3);
        assertThat(DisplayText.width("北京")).isEqualTo(4);
        assertThat(DisplayText.width("e\u0301")).isEqualTo(1);
        assertThat(DisplayText.width("🛫")).isEqualTo(2);
    }

    @Test
    void aCutTextFitsAndABareOneNeverActsOnTheTerminal() {
        Gen.check(
                2_000,
                random -> {
                    String text = Gen.string(random, 60);
                    int room = Gen.integer(random, 1, 40);
                    String line = DisplayText.line(text);
                    assertThat(line.chars().noneMatch(c -> DisplayText.isUnsafe((char) c)))
                            .isTrue();
                    String cut = DisplayText.cut(line, room, "…");
                    assertThat(DisplayText.width(cut)).isLessThanOrEqualTo(room);
                    if (DisplayText.width(line) <= room) {
                        assertThat(cut).isEqualTo(line);
                    }
                });
    }

    @Test
    void aTabSeparatedCellCanBeHadBack() {
        Gen.check(
                2_000,
                random -> {
                    String text = Gen.string(random, 60);
                    String cell = TabTable.cell(text);
                    assertThat(cell).doesNotContain("\t", "\n", "\r");
                    assertThat(unescape(cell)).isEqualTo(text);
                });
    }

    private static String unescape(String cell) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < cell.length(); i++) {
            if (cell.charAt(i) == '\\') {
                i++;
                text.append(
                        switch (cell.charAt(i)) {
                            case 't' -> '\t';
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            default -> cell.charAt(i);
                        });
            } else {
                text.append(cell.charAt(i));
            }
        }
        return text.toString();
    }

    @Test
    void branchesOfAWholeTree() {
        assertThat(TreeBranches.draw(new int[] {0, 1, 2, 2, 1, 2}, false, true))
                .containsExactly("", "├─ ", "│ ├─ ", "│ └─ ", "└─ ", "  └─ ");
        assertThat(TreeBranches.draw(new int[] {0, 1, 1}, true, false))
                .containsExactly("", "|- ", "|- ");
        assertThat(TreeBranches.draw(new int[] {}, true, true)).isEmpty();
        assertThat(TreeBranches.draw(new int[] {3, 2, 5_000_000}, false, true)).hasSize(3);
    }

    /// A row has a corner exactly when no later row is its sibling.
    @Test
    void cornersEndSiblings() {
        Gen.check(
                500,
                random -> {
                    List<Integer> list = new ArrayList<>(List.of(0));
                    for (int i = Gen.integer(random, 0, 30); i > 0; i--) {
                        list.add(Gen.integer(random, 0, Math.min(list.getLast() + 1, 30)));
                    }
                    int[] depths = list.stream().mapToInt(Integer::intValue).toArray();
                    List<String> branches = TreeBranches.draw(depths, false, true);
                    for (int i = 0; i < depths.length; i++) {
                        if (depths[i] > 0) {
                            boolean hasNext = hasSibling(depths, i);
                            assertThat(branches.get(i)).endsWith(hasNext ? "├─ " : "└─ ");
                        }
                    }
                });
    }

    private static boolean hasSibling(int[] depths, int row) {
        for (int i = row + 1; i < depths.length && depths[i] >= depths[row]; i++) {
            if (depths[i] == depths[row]) {
                return true;
            }
        }
        return false;
    }

    /// Indenting changes nothing but white space outside of text.
    @Test
    void indentedJsonIsTheSameJson() {
        Gen.check(
                300,
                random -> {
                    String json = Gen.json(random, 4);
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    Screen screen = new Screen(bytes, false, false, true, 0);
                    new ReadableBytes(screen, true)
                            .copy(
                                    new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
                                    failing());
                    String shown = bytes.toString(StandardCharsets.UTF_8);
                    assertThat(reread(shown)).isEqualTo(reread(visible(json)));
                });
    }

    /// As sent in UTF-8, with control characters that JSON does not escape made visible.
    private static String visible(String json) {
        return new String(json.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                .replaceAll("[\\u007f-\\u009f]", "·");
    }

    private static String reread(String json) {
        try (var parser = dev.backplane.core.Json.parser(json)) {
            parser.nextToken();
            return Node.read(parser).json();
        }
    }

    private static Client failing() {
        return Client.of(
                CommandLine.parse(List.of("traces", "list"), java.util.Map.of(), false),
                new Terminal(
                        new ByteArrayInputStream(new byte[0]),
                        new ByteArrayOutputStream(),
                        new ByteArrayOutputStream(),
                        java.util.Map.of(),
                        false,
                        false,
                        false,
                        0,
                        RawMode.NONE,
                        ZoneOffset.UTC,
                        TestRun.CLOCK),
                new Output(
                        Format.HUMAN,
                        Terminal.ofProcess(
                                new ByteArrayInputStream(new byte[0]),
                                new ByteArrayOutputStream(),
                                new ByteArrayOutputStream())),
                java.util.Optional.empty());
    }
}
