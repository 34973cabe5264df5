package dev.backplane.gateway.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.gateway.model.Event;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What no reply may do: be lost in part, depend on its cuts, break the parser, or make it keep
/// what it need not keep.
class ReplyFuzzTest {
    private static final int FED_CHARS = 256 << 10;
    private static final List<ReplyCase> CASES = ReplyCase.all();
    private static final List<String> SCRAPS =
            List.of(
                    "<tool_call>",
                    "</tool_call>",
                    "<function=now>",
                    "</function>",
                    "[",
                    "]",
                    "{",
                    "}",
                    "\"",
                    "\\",
                    ",",
                    ";",
                    "<think>",
                    "</think>",
                    "[TOOL_CALLS]",
                    "<|tool_call>",
                    "<|channel|>",
                    "<|start|>",
                    "<|message|>",
                    "<|end|>",
                    " ",
                    "\n",
                    "<",
                    "🛫",
                    "<｜tool▁call▁begin｜>",
                    "<|\"|>",
                    "'",
                    "now",
                    "\ud83d");

    /// Words put into replies at random, which are damaged besides, all come out again.
    @Test
    void nothingIsLost() {
        Gen.check(
                3_000,
                random -> {
                    ReplyCase one = Gen.pick(random, CASES);
                    StringBuilder reply = new StringBuilder(one.reply());
                    damage(reply, random);
                    List<String> words = new ArrayList<>();
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        String word = "zq" + (char) ('a' + i) + "qz";
                        words.add(word);
                        reply.insert(place(reply, words, random), word);
                    }
                    String found = ReplyCase.parse(one.format(), List.of(reply.toString()));
                    for (String word : words) {
                        assertThat(found).as("of %s", reply).contains(word);
                    }
                });
    }

    /// Anywhere but in another word.
    private static int place(StringBuilder reply, List<String> words, RandomGenerator random) {
        while (true) {
            int place = random.nextInt(reply.length() + 1);
            boolean inside =
                    words.stream()
                            .anyMatch(word -> {
                                int at = reply.indexOf(word);
                                return at >= 0 && place > at && place < at + word.length();
                            });
            if (!inside) {
                return place;
            }
        }
    }

    private static void damage(StringBuilder reply, RandomGenerator random) {
        for (int i = random.nextInt(4); i > 0; i--) {
            int from = random.nextInt(reply.length() + 1);
            int to = Math.min(reply.length(), from + random.nextInt(30));
            switch (random.nextInt(3)) {
                case 0 -> reply.delete(from, to);
                case 1 -> reply.insert(from, reply.substring(from, to));
                default -> reply.insert(from, Gen.pick(random, SCRAPS));
            }
        }
    }

    @Test
    void cutsChangeNothing() {
        Gen.check(
                2_000,
                random -> {
                    ReplyCase one = Gen.pick(random, CASES);
                    StringBuilder reply = new StringBuilder(one.reply());
                    damage(reply, random);
                    damage(reply, random);
                    String whole = reply.toString();
                    List<String> pieces = new ArrayList<>();
                    int at = 0;
                    while (at < whole.length()) {
                        int to = Math.min(whole.length(), at + 1 + random.nextInt(9));
                        pieces.add(whole.substring(at, to));
                        at = to;
                    }
                    assertThat(ReplyCase.parse(one.format(), pieces))
                            .isEqualTo(ReplyCase.parse(one.format(), List.of(whole)));
                });
    }

    /// A reply that never ends what it has begun, of scraps of all languages or of one letter: all
    /// but a bounded rest has left when it has come.
    @Test
    void littleIsHeldBack() {
        Gen.check(
                30,
                random -> {
                    ReplyCase one = Gen.pick(random, CASES);
                    long[] left = {0};
                    ReplyParser parser =
                            new ReplyParser(
                                    one.format(),
                                    ReplyCase.TOOLS,
                                    0,
                                    (_, _) -> "id",
                                    event -> {
                                        left[0] +=
                                                switch (event) {
                                                    case Event.TextDelta(_, String text) ->
                                                            text.length();
                                                    case Event.ReasoningDelta(_, String text) ->
                                                            text.length();
                                                    case Event.ToolArguments(_, _, String piece) ->
                                                            piece.length();
                                                    default -> 0;
                                                };
                                    });
                    parser.text(one.reply().substring(0, random.nextInt(one.reply().length() + 1)));
                    String filler =
                            Gen.pick(
                                    random,
                                    List.of("x", "\"", "{", "[", "x\"", "<x", "a=1,", "\\"));
                    String piece = filler.repeat(1_000);
                    for (int fed = 0; fed < FED_CHARS; fed += piece.length()) {
                        parser.text(piece);
                    }
                    assertThat(left[0]).isGreaterThan(FED_CHARS - 2L * ReplyParser.HELD_CHARS_MAX);
                });
    }

    /// What a lost call gives back is not read again without end.
    @Test
    @Timeout(60)
    void lostCallsCostNoMoreThanTheyAreLong() {
        for (String call :
                List.of(
                        "<function=f><parameter=n></function>",
                        "<invoke name=\"f\"><parameter name=\"a</invoke>",
                        "<tool_call>{\"name\":\"f\",\"arguments\":{},\"x\":\"</tool_call>")) {
            for (ReplyCase one : CASES) {
                assertThat(ReplyCase.parse(one.format(), List.of(call.repeat(20_000) + "\">")))
                        .isNotEmpty();
            }
        }
    }
}
