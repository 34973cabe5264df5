package dev.backplane.text.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.Metadata;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BpeTrainerTest {
    private static final List<String> SPECIALS = List.of("<s>", "</s>", "<|end|>");

    /// The vectors' tokenizers were trained by Hugging Face's trainer on a text that the vectors
    /// hold.
    @Test
    void learnsWhatHuggingFaceLearns() {
        for (String family : List.of("gpt-2", "llama-bpe", "qwen35", "gpt-4o", "deepseek-v3")) {
            JsonTree vectors = Vectors.read("family-" + family);
            JsonTree model = Vectors.member(Vectors.member(vectors, "tokenizer"), "model");
            BpeTrainer trainer = new BpeTrainer(520, 2, SPECIALS, family);
            Vectors.items(vectors, "corpus").forEach(text -> trainer.add(Vectors.text(text)));

            TrainedBpe trained = trainer.train();

            assertThat(trained.pieces())
                    .as(family)
                    .containsExactlyElementsOf(
                            ((JsonTree.Fields) Vectors.member(model, "vocab")).values().keySet());
            List<TrainedBpe.Merge> merges = new ArrayList<>();
            for (JsonTree merge : Vectors.items(model, "merges")) {
                List<JsonTree> parts = ((JsonTree.Items) merge).values();
                merges.add(
                        new TrainedBpe.Merge(
                                Vectors.text(parts.get(0)), Vectors.text(parts.get(1))));
            }
            assertThat(trained.merges()).as(family).isEqualTo(merges);
        }
    }

    @Test
    void whatIsWrittenCutsTheSameInBothFormats() {
        BpeTrainer trainer = new BpeTrainer(600, 1, SPECIALS, "llama-bpe");
        Gen.check(50, random -> trainer.add(Gen.prose(random, 300)));
        TrainedBpe trained = trainer.train();
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        trained.writeJson(json);
        Tokenizer first =
                TokenizerJson.read(new ByteArrayInputStream(json.toByteArray()), "written");
        Tokenizer second =
                TokenizerGguf.read(
                        new Metadata(
                                "written", trained.gguf(Optional.empty(), Optional.of("</s>"))));

        Gen.check(
                200,
                random -> {
                    String text = Gen.prose(random, 80) + "<|end|>";
                    assertThat(second.encode(text, true)).isEqualTo(first.encode(text, true));
                    assertThat(first.decode(first.encode(text, false), false)).isEqualTo(text);
                });
        assertThat(second.specials().end()).hasValue(1);
        assertThat(second.specials().endOfGeneration()).containsExactly(1, 2);
    }

    @Test
    void refusesWhatItCannotLearn() {
        assertThatThrownBy(() -> new BpeTrainer(200, 1, SPECIALS, "gpt-2"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("a vocabulary of 200 tokens");
        assertThatThrownBy(() -> new BpeTrainer(300, 1, SPECIALS, "nothing"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no pre-tokenizer 'nothing'");
    }
}
