package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
    private static Invocation parse(String... words) {
        return CommandLine.parse(List.of(words), Map.of(), false);
    }

    @Test
    void optionsStandAnywhereAndInThreeForms() {
        Invocation invocation =
                parse(
                        "--json",
                        "traces",
                        "list",
                        "--limit=5",
                        "-p",
                        "support",
                        "--filter",
                        "a = 1");
        assertThat(invocation.command().path()).isEqualTo("traces list");
        assertThat(invocation.format()).isEqualTo(Format.JSON);
        assertThat(invocation.count("limit")).isEqualTo(5);
        assertThat(invocation.text("project")).isEqualTo("support");
        assertThat(invocation.text("filter")).isEqualTo("a = 1");
    }

    @Test
    void nothingAfterTwoDashesIsAnOption() {
        assertThat(parse("search", "--", "-refund", "--json").arguments())
                .containsExactly("-refund", "--json");
        assertThat(parse("sql", "-").arguments()).containsExactly("-");
    }

    @Test
    void valuesComeFromTheLineThenTheEnvironmentThenTheTable() {
        Map<String, String> environment = Map.of("BACKPLANE_URL", "http://b:1");
        List<String> line = List.of("traces", "list");
        assertThat(CommandLine.parse(line, environment, false).text("url")).isEqualTo("http://b:1");
        assertThat(parse("traces", "list").text("url")).isEqualTo("http://127.0.0.1:7700");
        assertThat(parse("traces", "list", "--url", "http://c").text("url")).isEqualTo("http://c");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--json --format agent traces list | two formats",
                "--json -q traces list | two formats",
                "traces | 'traces' needs a command",
                "trace list | no command 'trace'",
                "traces lst | no command 'lst' in 'traces'",
                "traces list --limt 3 | no option --limt",
                "traces list --limit | --limit needs a value",
                "traces list --limit --json | --limit needs a value",
                "traces list --limit x | --limit does not take 'x'",
                "traces list --limit -1 | --limit needs a value",
                "traces list --limit=-1 | --limit does not take '-1'",
                "traces list --limit 1 --limit 2 | --limit is given twice",
                "traces list --json=yes | --json takes no value",
                "traces list --since yesterday | --since does not take 'yesterday'",
                "traces list extra | 'extra' is too much",
                "traces show | TRACE_ID is missing",
                "keys create a --scope root | --scope does not take 'root'",
                "feedback t --score good | --score does not take 'good'",
                "--limit 3 traces list | no option --limit",
            })
    void mistakesAreNamed(String line, String error) {
        assertThatThrownBy(() -> parse(line.split(" ")))
                .asInstanceOf(type(Failure.class))
                .satisfies(failure -> {
                    assertThat(failure.error()).startsWith(error);
                    assertThat(failure.exitCode()).isEqualTo(2);
                    assertThat(failure.hint()).isNotEmpty();
                });
    }

    @ParameterizedTest
    @CsvSource({
        "traecs, traces",
        "trace, traces",
        "lsit, list",
        "--limt, --limit",
        "serach, search",
    })
    void closestWordIsOffered(String typed, String meant) {
        assertThat(Suggestion.closest(typed, List.of("traces", "list", "--limit", "search", "sql")))
                .contains(meant);
    }

    @Test
    void wordsOfNoLikenessAreNotOffered() {
        assertThat(Suggestion.closest("xyzzy", List.of("traces", "list", "sql"))).isEmpty();
        assertThat(Suggestion.closest("a".repeat(100_000), List.of("traces"))).isEmpty();
    }

    @Test
    void aWrongVariableIsAConfigurationError() {
        assertThatThrownBy(() ->
                        CommandLine.parse(
                                List.of("traces", "list"),
                                Map.of("BACKPLANE_TIMEOUT", "soon"),
                                false))
                .asInstanceOf(type(Failure.class))
                .satisfies(failure -> {
                    assertThat(failure.kind()).isEqualTo(Problem.Kind.CONFIG);
                    assertThat(failure.error()).startsWith("BACKPLANE_TIMEOUT");
                });
    }

    @Test
    void helpWinsOverMistakes() {
        assertThat(parse("traces", "list", "--help", "--nonsense").arguments())
                .containsExactly("traces", "list");
        assertThat(parse("traces", "-h").arguments()).containsExactly("traces");
        assertThat(parse().command().name()).isEqualTo(Command.Name.HELP);
    }

    /// Whatever is typed, the parser answers with an invocation or with a failure that has a usage
    /// or configuration exit code; it never breaks.
    @Test
    void anyWordsAreParsedOrRefused() {
        Gen.check(
                2_000,
                random -> {
                    List<String> words = new ArrayList<>();
                    for (int i = Gen.integer(random, 0, 8); i > 0; i--) {
                        words.add(anyWord(random));
                    }
                    try {
                        CommandLine.parse(words, Map.of(), false);
                    } catch (Failure failure) {
                        assertThat(failure.exitCode()).isIn(2, 78);
                        assertThat(failure.error()).isNotBlank();
                    }
                });
    }

    private static String anyWord(RandomGenerator random) {
        List<String> known =
                List.of(
                        "traces",
                        "list",
                        "show",
                        "sql",
                        "--",
                        "-",
                        "--json",
                        "-q",
                        "--format",
                        "json",
                        "--limit",
                        "5",
                        "--limit=",
                        "--since",
                        "1d",
                        "-p",
                        "--=",
                        "--yes");
        return random.nextBoolean()
                ? known.get(random.nextInt(known.size()))
                : Gen.string(random, 12);
    }

    /// What is written down for any command and any of its options is read back the same.
    @Test
    void writtenInvocationsAreReadBack() {
        Gen.check(
                1_000,
                random -> {
                    List<Command> all = CommandTable.all();
                    Command command = all.get(random.nextInt(all.size()));
                    List<String> words = new ArrayList<>(List.of(command.path().split(" ")));
                    Map<String, String> wanted = new java.util.LinkedHashMap<>();
                    for (Option option : CommandTable.ownOptions(command)) {
                        if (random.nextBoolean()) {
                            String value = option.isFlag() ? "true" : anyValue(option, random);
                            wanted.put(option.name(), value);
                            words.add("--" + option.name() + (option.isFlag() ? "" : "=" + value));
                        }
                    }
                    List<String> arguments = new ArrayList<>();
                    words.add("--");
                    for (Argument _ : command.arguments()) {
                        arguments.add(Gen.string(random, 20));
                    }
                    words.addAll(arguments);

                    Invocation read = CommandLine.parse(words, Map.of(), false);

                    assertThat(read.command()).isEqualTo(command);
                    assertThat(read.arguments()).isEqualTo(arguments);
                    wanted.forEach((name, value) ->
                            assertThat(read.text(name)).as("--" + name).isEqualTo(value));
                });
    }

    private static String anyValue(Option option, RandomGenerator random) {
        return switch (option.type()) {
            case FLAG -> "true";
            case TEXT, FILE -> Gen.string(random, 20);
            case COUNT -> Long.toString(Gen.integer(random, 0, 1_000_000));
            case NUMBER -> "0.5";
            case DURATION -> Gen.integer(random, 0, 1_000) + "s";
            case TIME -> Gen.integer(random, 0, 1_000) + "h";
            case CHOICE -> option.choices().get(random.nextInt(option.choices().size()));
            case PAIR -> "name=" + Gen.string(random, 20);
        };
    }
}
