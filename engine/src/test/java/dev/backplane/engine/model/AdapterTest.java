package dev.backplane.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.backplane.core.Problem;
import dev.backplane.tensor.gguf.MetadataValue;
import dev.backplane.tensor.gguf.MetadataValue.Text;
import dev.backplane.tensor.kernel.FloatArray;
import dev.backplane.tensor.kernel.KernelGate;
import dev.backplane.tensor.type.ElementType;
import dev.backplane.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTest {
    private static final LocalModel.Options SIZES = new LocalModel.Options(16, 128, 64);
    private static final List<String> ALL =
            List.of(
                    "attn_q",
                    "attn_k",
                    "attn_v",
                    "attn_qkv",
                    "attn_output",
                    "ffn_gate",
                    "ffn_up",
                    "ffn_down",
                    "ffn_gate_inp",
                    "output");
    private static final int LENGTH = 12;

    @TempDir Path folder;

    private static Compute compute;

    @BeforeAll
    static void start() {
        compute = new Compute(2, KernelGate.open());
    }

    @AfterAll
    static void stop() {
        compute.close();
    }

    private Path model(String name, ElementType type) {
        Path file = folder.resolve(name + "-" + type + ".gguf");
        TinyModel.write(name, type, file);
        return file;
    }

    private Path adapter(Path model, List<String> targets, int rank, double alpha, long seed) {
        Path file = folder.resolve("adapter-" + seed + ".gguf");
        SyntheticAdapter.write(model, targets, rank, alpha, seed, Map.of(), file);
        return file;
    }

    /// A request of a step: number `i` has blocks of its own and other tokens.
    private static void add(Step step, int request, Adapter adapter, int length) {
        step.with(adapter);
        for (int i = 0; i < length; i++) {
            int token = (7 * i + 3 + 5 * request) % TinyModel.VOCABULARY;
            step.add(token, i, new int[] {2 * request, 2 * request + 1}, i == length - 1);
        }
    }

    private static float[] run(LocalModel model, Step step) {
        try (Arena arena = Arena.ofShared()) {
            FloatArray logits =
                    FloatArray.allocate(arena, step.outputCount() * model.decoder().vocabulary());
            model.decoder().run(step, logits);
            return logits.toArray();
        }
    }

    private static float[] alone(LocalModel model, int request, Adapter adapter, int length) {
        Step step = new Step(128);
        add(step, request, adapter, length);
        return run(model, step);
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3", "gemma3", "phi3", "mixtral"})
    void saysWhatTheMergedModelSays(String name) {
        Path base = model(name, ElementType.F32);
        Path file = adapter(base, ALL, 6, 12, 1);
        Path merged = folder.resolve("merged.gguf");
        TinyAdapter.merge(base, file, 2, merged);
        try (LocalModel plain = LocalModel.open(base, compute, SIZES);
                LocalModel whole = LocalModel.open(merged, compute, SIZES);
                Adapter adapter = plain.adapter("a", file)) {
            assertThat(adapter.rank()).isEqualTo(6);
            float[] without = alone(plain, 0, Adapter.NONE, LENGTH);
            float[] with = alone(plain, 0, adapter, LENGTH);
            float[] expected = alone(whole, 0, Adapter.NONE, LENGTH);
            assertThat(with).hasSameSizeAs(expected);
            float difference = 0;
            for (int i = 0; i < with.length; i++) {
                assertThat(with[i]).isCloseTo(expected[i], within(2e-3f));
                difference = Math.max(difference, Math.abs(with[i] - without[i]));
            }
            assertThat(difference).isGreaterThan(0.1f);
        }
    }

    @Test
    void rowsOfAnyAdaptersInOneStepAreAsAlone() {
        for (ElementType type : List.of(ElementType.F32, ElementType.Q8_0, ElementType.Q4_0)) {
            Path base = model("qwen3", type);
            try (LocalModel model = LocalModel.open(base, compute, SIZES);
                    Adapter one = model.adapter("1", adapter(base, ALL, 8, 16, 11));
                    Adapter two = model.adapter("2", adapter(base, List.of("attn_q"), 3, 3, 12));
                    Adapter three =
                            model.adapter("3", adapter(base, List.of("ffn_down"), 40, 9, 13))) {
                List<Adapter> adapters = List.of(Adapter.NONE, one, two, three);
                Gen.check(
                        5,
                        random -> {
                            int requests = Gen.integer(random, 2, 8);
                            List<Adapter> chosen = new ArrayList<>();
                            List<Integer> lengths = new ArrayList<>();
                            Step step = new Step(128);
                            for (int i = 0; i < requests; i++) {
                                chosen.add(adapters.get(random.nextInt(4)));
                                lengths.add(Gen.integer(random, 1, 16));
                                add(step, i, chosen.get(i), lengths.get(i));
                            }
                            float[] together = run(model, step);
                            int vocabulary = model.decoder().vocabulary();
                            for (int i = 0; i < requests; i++) {
                                float[] alone = alone(model, i, chosen.get(i), lengths.get(i));
                                for (int token = 0; token < vocabulary; token++) {
                                    assertThat(together[i * vocabulary + token])
                                            .isEqualTo(alone[token]);
                                }
                            }
                        });
            }
        }
    }

    @Test
    void aFolderOfPeftsIsTheSame() throws IOException {
        Path base = model("qwen3", ElementType.F32);
        Map<String, String> modules =
                Map.of("attn_q", "self_attn.q_proj", "ffn_down", "mlp.down_proj");
        Path peft = folder.resolve("peft");
        TinyAdapter.writePeft(
                base,
                modules,
                4,
                """
                {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "use_rslora": true,
                 "rank_pattern": {"q_proj": 4, "down_proj": 4},
                 "alpha_pattern": {"model.layers.[0-9]+.mlp.down_proj": 2}}
                """,
                7,
                peft);
        Path gguf = folder.resolve("same.gguf");
        SyntheticAdapter.write(base, List.copyOf(modules.keySet()), 4, 16, 7, Map.of(), gguf);
        try (LocalModel model = LocalModel.open(base, compute, SIZES);
                Adapter one = model.adapter("1", peft);
                Adapter two = model.adapter("2", gguf)) {
            assertThat(one.targets()).isEqualTo(two.targets()).isEqualTo(4);
            assertThat(one.bytes()).isEqualTo(two.bytes()).isPositive();
            assertThat(one.pair("blk.1.attn_q.weight").orElseThrow().scale()).isEqualTo(4);
            assertThat(one.pair("blk.1.ffn_down.weight").orElseThrow().scale()).isEqualTo(1);
            assertThat(two.pair("blk.1.ffn_down.weight").orElseThrow().scale()).isEqualTo(4);
        }
    }

    /// Of another implementation, see `src/test/reference/README.md`. Queries and keys of Llama
    /// have their rows in another order there.
    @Test
    void logitsAreThoseOfPeft() throws Exception {
        Path peft = Path.of(AdapterTest.class.getResource("peft").toURI());
        Path base = model("llama", ElementType.F32);
        List<String> lines = Files.readAllLines(peft.resolve("logits.txt"));
        try (LocalModel model = LocalModel.open(base, compute, SIZES);
                Adapter adapter = model.adapter("peft", peft)) {
            assertThat(adapter.targets()).isEqualTo(8);
            for (int length = 1; length <= lines.size(); length++) {
                String[] expected = lines.get(length - 1).split(" ");
                float[] logits = alone(model, 0, adapter, length);
                assertThat(logits).hasSize(expected.length);
                for (int i = 0; i < logits.length; i++) {
                    assertThat(logits[i]).isCloseTo(Float.parseFloat(expected[i]), within(2e-4f));
                }
            }
        }
    }

    /// A checkpoint of Llama has the rows of queries and keys in Hugging Face's order.
    @Test
    void logitsAreThoseOfPeftOnACheckpoint() throws Exception {
        Path peft = Path.of(AdapterTest.class.getResource("peft").toURI());
        Path checkpoint = folder.resolve("checkpoint");
        TinyAdapter.writeLlama(model("llama", ElementType.F32), checkpoint);
        List<String> lines = Files.readAllLines(peft.resolve("logits.txt"));
        try (LocalModel model = LocalModel.open(checkpoint, compute, SIZES);
                Adapter adapter = model.adapter("peft", peft)) {
            float[] logits = alone(model, 0, adapter, lines.size());
            String[] expected = lines.getLast().split(" ");
            for (int i = 0; i < logits.length; i++) {
                assertThat(logits[i]).isCloseTo(Float.parseFloat(expected[i]), within(2e-4f));
            }
        }
    }

    @Test
    void asksForRoomBeforeItTakesAny() {
        Path base = model("phi3", ElementType.F32);
        Path file = adapter(base, ALL, 8, 8, 21);
        try (LocalModel model = LocalModel.open(base, compute, SIZES)) {
            List<Long> asked = new ArrayList<>();
            try (Adapter adapter = model.adapter("a", file, asked::add)) {
                assertThat(asked).containsExactly(adapter.bytes());
                assertThat(LocalModel.adapterBytes(file))
                        .isBetween(adapter.bytes() / 2, adapter.bytes());
            }
            Problem full = Problem.unavailable("full", "memory");
            assertThatThrownBy(() ->
                            model.adapter(
                                            "a",
                                            file,
                                            _ -> {
                                                throw full;
                                            })
                                    .close())
                    .isSameAs(full);
        }
    }

    /// An expression that goes back and forth for more than a life.
    @Test
    void refusesAPatternThatTakesForEver() throws IOException {
        Path base = model("qwen3", ElementType.F32);
        Path peft = folder.resolve("peft");
        TinyAdapter.writePeft(
                base,
                Map.of("attn_q", "self_attn.q_proj"),
                2,
                """
                {"peft_type": "LORA", "r": 2, "lora_alpha": 2,
                 "rank_pattern": {"((([a-z_.0-9]+)+)+)+!": 4}}
                """,
                1,
                peft);
        try (LocalModel model = LocalModel.open(base, compute, SIZES)) {
            refused(model, peft, "cannot be used", "rank_pattern");
        }
    }

    private void refused(LocalModel model, Path path, String... words) {
        assertThatThrownBy(() -> model.adapter("a", path).close())
                .isInstanceOf(Problem.class)
                .satisfies(
                        problem -> assertThat(problem + ((Problem) problem).fix()).contains(words));
    }

    @Test
    void saysWhatIsWrongWithAnAdapter() throws IOException {
        Path base = model("qwen3", ElementType.F32);
        Path other = model("qwen2", ElementType.F32);
        Path experts = model("qwen3moe", ElementType.F32);
        Path file = folder.resolve("a.gguf");
        try (LocalModel model = LocalModel.open(base, compute, SIZES);
                LocalModel mixture = LocalModel.open(experts, compute, SIZES)) {
            refused(model, base, "no LoRA", "general.type");
            SyntheticAdapter.write(other, ALL, 2, 2, 1, Map.of(), file);
            refused(model, file, "'qwen2'", "'qwen3'");
            Map<String, MetadataValue> lie = Map.of("general.architecture", Text.of("qwen3"));
            SyntheticAdapter.write(other, List.of("attn_q"), 2, 2, 1, lie, file);
            refused(model, file, "blk.0.attn_q.weight", "[64, 2]", "[128, 64]");
            SyntheticAdapter.write(base, List.of("token_embd"), 2, 2, 1, Map.of(), file);
            refused(model, file, "'token_embd.weight'", "attn_q", "blk.N.");
            SyntheticAdapter.write(base, List.of("none"), 2, 2, 1, Map.of(), file);
            refused(model, file, "changes nothing");
            SyntheticAdapter.write(
                    experts,
                    List.of("attn_q"),
                    2,
                    2,
                    1,
                    Map.of("adapter.alora.invocation_tokens", Text.of("x")),
                    file);
            refused(mixture, file, "invocation");
            Path peft = folder.resolve("peft");
            refused(model, Files.createDirectories(peft), "adapter_config.json");
            Map<String, String> modules = Map.of("attn_q", "self_attn.q_proj");
            TinyAdapter.writePeft(base, modules, 2, "{\"peft_type\": \"LOHA\"}", 1, peft);
            refused(model, peft, "'LOHA'");
            TinyAdapter.writePeft(
                    base,
                    modules,
                    2,
                    "{\"peft_type\": \"LORA\", \"use_dora\": true, \"r\": 2, \"lora_alpha\": 2}",
                    1,
                    peft);
            refused(model, peft, "use_dora");
            TinyAdapter.writePeft(
                    base,
                    modules,
                    2,
                    "{\"peft_type\": \"LORA\", \"r\": 8, \"lora_alpha\": 2}",
                    1,
                    peft);
            refused(model, peft, "rank 2", "says 8");
            TinyAdapter.writePeft(
                    base,
                    Map.of("attn_q", "self_attn.rotary"),
                    2,
                    "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 2}",
                    1,
                    peft);
            refused(model, peft, "self_attn.rotary");
        }
    }
}
