package dev.backplane.text.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Whatever bytes a `tokenizer.json` has, reading it ends with a [Problem] or with a tokenizer that
/// cuts and reads, or refuses to. In a normal run the fuzz test sees only the empty input; with
/// `JAZZER_FUZZ=1` it searches.
class TokenizerFuzzTest {
    @FuzzTest(maxDuration = "2m")
    void file(byte[] bytes) {
        read(bytes);
    }

    @Test
    void readsOrRefusesADamagedFile() {
        for (String name : new String[] {"byte-level-added", "llama2-like", "unigram"}) {
            byte[] whole =
                    Json.write(Vectors.member(Vectors.read(name), "tokenizer")::write)
                            .getBytes(StandardCharsets.UTF_8);
            Gen.check(300, random -> read(Gen.damaged(random, whole)));
        }
    }

    private static void read(byte[] bytes) {
        try {
            Tokenizer tokenizer = TokenizerJson.read(new ByteArrayInputStream(bytes), "fuzzed");
            int[] ids = tokenizer.encode("The 1st words,  \n é 中文 🙂<s> [MASK]", true);
            tokenizer.decode(ids, false);
        } catch (Problem refused) {
            // What may happen.
        }
    }
}
