package dev.backplane.gateway.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Usage;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class InputTest {
    private static final String CHAT = "/v1/chat/completions";

    private static Input.Checked check(String... lines) {
        return check(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    private static Input.Checked check(byte[] bytes) {
        try {
            return Input.check(new ByteArrayInputStream(bytes), CHAT, 1_000, () -> false);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static String line(String id, String model) {
        return """
        {"custom_id":"%s","method":"POST","url":"%s","body":{"model":"%s","messages":[]}}\
        """
                .formatted(id, CHAT, model);
    }

    private static List<String> told(Input.Checked checked) {
        return checked.errors().stream()
                .map(error -> error.line() + " " + error.code() + " " + error.param())
                .toList();
    }

    @Test
    void findsEachRequestByItsBytes() {
        String first = "\uFEFF" + line("ä", "m") + "\r\n\n  \n";
        String second = line("b", "m");
        byte[] bytes = (first + second).getBytes(StandardCharsets.UTF_8);

        Input.Checked checked = check(bytes);

        assertThat(checked.errors()).isEmpty();
        assertThat(checked.model()).isEqualTo("m");
        assertThat(checked.index().size()).isEqualTo(2);
        assertThat(checked.index().number(1)).isEqualTo(4);
        for (int i = 0; i < 2; i++) {
            int from = (int) checked.index().start(i);
            Slice line = new Slice(bytes, from, checked.index().length(i));
            RequestLine request = RequestLine.read(line, 1, CHAT, _ -> {}).orElseThrow();
            assertThat(request.customId()).isEqualTo(i == 0 ? "ä" : "b");
            assertThat(request.body().text()).startsWith("{\"model\":\"m\"");
        }
    }

    @Test
    void tellsWhatIsWrongByLine() {
        assertThat(
                        told(
                                check(
                                        line("a", "m"),
                                        line("a", "m"),
                                        "{",
                                        "[]",
                                        line("b", "m").replace("POST", "GET"),
                                        line("c", "m").replace("chat/", ""),
                                        line("d", "other"),
                                        line("e", "m").replace("\"custom_id\":\"e\",", ""),
                                        line("f", "m").replace("\"method\":\"POST\",", ""),
                                        line("g", "m").replace("\"model\":\"m\",", ""),
                                        line("h", "m")
                                                .replace("{\"model\"", "\"\",\"x\":{\"model\""),
                                        line("i", "m".repeat(2_000)))))
                .containsExactly(
                        "2 duplicate_custom_id custom_id",
                        "3 invalid_json_line ",
                        "4 invalid_json_line ",
                        "5 invalid_method method",
                        "6 url_mismatch url",
                        "7 mismatched_model body.model",
                        "8 missing_required_parameter custom_id",
                        "9 missing_required_parameter method",
                        "10 missing_required_parameter body.model",
                        "11 missing_required_parameter body",
                        "12 invalid_request ");
        assertThat(told(check("", " "))).containsExactly("0 empty_file ");
    }

    @Test
    void tellsAHundredErrorsAndHowManyMoreThereAre() {
        String[] lines = new String[150];
        java.util.Arrays.fill(lines, "{");

        List<LineError> errors = check(lines).errors();

        assertThat(errors).hasSize(101);
        assertThat(errors.getLast().message()).isEqualTo("50 more lines are wrong.");
    }

    @Test
    void hasNoMoreThanFiftyThousandRequests() {
        StringBuilder file = new StringBuilder();
        for (int i = 0; i <= Input.REQUESTS_MAX; i++) {
            file.append(line("" + i, "m")).append('\n');
        }

        assertThat(told(check(file.toString()))).containsExactly("50001 too_many_tasks ");
    }

    /// Whatever the bytes are, each line is a request or is told of.
    @Test
    void nothingThatIsReadIsSilentlyDropped() {
        Gen.check(
                300,
                random -> {
                    List<String> lines = new ArrayList<>();
                    for (int i = random.nextInt(1, 6); i > 0; i--) {
                        StringBuilder line = new StringBuilder(line("c" + i, "m"));
                        if (random.nextBoolean()) {
                            int at = random.nextInt(line.length());
                            line.replace(at, at + 1, Gen.string(random, 2).replace("\n", ""));
                        }
                        lines.add(line.toString());
                    }
                    Input.Checked checked = check(lines.toArray(String[]::new));
                    Set<Long> told = new HashSet<>();
                    checked.errors().forEach(error -> told.add(error.line()));
                    assertThat(checked.index().size()).isEqualTo(lines.size());
                    for (int i = 0; i < lines.size(); i++) {
                        byte[] bytes = lines.get(i).getBytes(StandardCharsets.UTF_8);
                        boolean readable =
                                RequestLine.read(Slice.of(bytes), i, CHAT, _ -> {}).isPresent();
                        assertThat(readable || told.contains(i + 1L)).as("line %d", i + 1).isTrue();
                    }
                });
    }

    private static Tokens tokens(RandomGenerator random) {
        return new Tokens(
                random.nextInt(0, 1000), random.nextInt(), random.nextLong(), random.nextInt());
    }

    @Test
    void aBatchIsReadAsItWasWritten() {
        Gen.check(
                200,
                random -> {
                    Map<Status, Long> times = new EnumMap<>(Status.class);
                    for (Status status : Status.values()) {
                        if (random.nextBoolean()) {
                            times.put(status, Math.abs(random.nextLong()));
                        }
                    }
                    Batch batch =
                            new Batch(
                                    "batch_1",
                                    new Order(
                                            "p",
                                            Gen.string(random, 9),
                                            Gen.string(random, 9),
                                            Gen.string(random, 9),
                                            List.of(Gen.string(random, 5)),
                                            CHAT,
                                            "file-1",
                                            random.nextBoolean()
                                                    ? Slice.EMPTY
                                                    : Slice.of("{\"a\":\"b\"}"),
                                            random.nextBoolean()
                                                    ? OptionalLong.of(7)
                                                    : OptionalLong.empty()),
                                    Status.values()[random.nextInt(Status.values().length)],
                                    times,
                                    random.nextInt(),
                                    List.of(
                                            new LineError(
                                                    Gen.string(random, 5),
                                                    Gen.string(random, 50),
                                                    Gen.string(random, 5),
                                                    random.nextInt(0, 9))),
                                    new Progress(random.nextInt(), 1, 2, tokens(random)),
                                    Gen.string(random, 9),
                                    Gen.string(random, 9),
                                    Gen.string(random, 9));
                    assertThat(BatchJson.read("p", "batch_1", BatchJson.write(batch)))
                            .isEqualTo(batch);
                });
    }

    @Test
    void aResultIsOneLineAndReadAsItWasWritten() {
        Gen.check(
                200,
                random -> {
                    String body = random.nextBoolean() ? "{}" : "{\n  \"a\":\r\n\"\\n\"\n}";
                    ResultLine result =
                            ResultLine.of(
                                    random.nextInt(0, 50_000),
                                    "id",
                                    Gen.string(random, 9),
                                    new Endpoint.Reply(
                                            random.nextInt(200, 600),
                                            Slice.of(body),
                                            Usage.UNKNOWN));
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    result.writeTo(out);
                    String line = out.toString(StandardCharsets.UTF_8);

                    assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
                    assertThat(
                                    ResultLine.read(
                                            Slice.of(line.substring(0, line.length() - 1)), "test"))
                            .isEqualTo(result);
                });
    }
}
