package dev.backplane.text.grammar;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Whatever a grammar, an expression or a schema says, reading it ends with a grammar that can be
/// followed or with a [Problem]. In a normal run the fuzz test sees only the empty input; with
/// `JAZZER_FUZZ=1` it searches.
class GrammarFuzzTest {
    private static final List<String> SOURCES =
            List.of(
                    "root ::= (\"a\" | [b-d\\n]{2,5})* x?\nx ::= \"\\x41\" . root+ # c\n",
                    "^(a|[^b-d]{1,3}|\\d+\\W?)(?:x|y)*$",
                    "{\"type\": [\"object\", \"null\"], \"properties\":"
                            + " {\"a\": {\"enum\": [1]}, \"b\":"
                            + " {\"type\": \"integer\", \"minimum\": -5}}, \"required\": [\"b\"]}",
                    "{\"anyOf\": [{\"$ref\": \"#/$defs/x\"}, true], \"$defs\": {\"x\":"
                            + " {\"items\": {\"pattern\": \"[a-f]+\"}, \"maxItems\": 3}}}");

    @FuzzTest(maxDuration = "2m")
    void source(byte[] bytes) {
        read(new String(bytes, StandardCharsets.UTF_8));
    }

    @Test
    void readsOrRefusesDamagedSources() {
        Gen.check(
                1_500,
                random -> {
                    byte[] whole = Gen.pick(random, SOURCES).getBytes(StandardCharsets.UTF_8);
                    read(new String(Gen.damaged(random, whole), StandardCharsets.UTF_8));
                });
    }

    private static void read(String source) {
        attempt(() -> Grammar.gbnf(source, "g").matches("aab"));
        attempt(() -> Grammar.regex(source, "r").matches("aab"));
        attempt(() -> Grammar.jsonSchema(JsonTree.parse(source, "s"), "s").matches("{\"b\": 1}"));
    }

    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (Problem refused) {
            // What may happen.
        }
    }
}
