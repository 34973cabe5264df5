package dev.backplane.gateway.parse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The cases in `replies`, whole and cut at every place, in the middle of characters, too.
class RepliesTest {
    @TestFactory
    Stream<DynamicTest> replies() {
        return ReplyCase.all().stream()
                .map(one ->
                        DynamicTest.dynamicTest(one.file() + ": " + one.name(), () -> check(one)));
    }

    private static void check(ReplyCase one) {
        String reply = one.reply();
        List<String> single = new ArrayList<>();
        for (int i = 0; i < reply.length(); i++) {
            single.add(reply.substring(i, i + 1));
            assertThat(parse(one, List.of(reply.substring(0, i), reply.substring(i))))
                    .as("cut at %d", i)
                    .isEqualTo(one.expected());
        }
        assertThat(parse(one, single)).as("one by one").isEqualTo(one.expected());
    }

    private static String parse(ReplyCase one, List<String> pieces) {
        return ReplyCase.parse(one.format(), pieces);
    }
}
