package dev.backplane.engine.model;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.gguf.ModelFile;
import dev.backplane.tensor.safetensors.SafetensorsModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// A LoRA as Hugging Face's PEFT saves it: a folder with `adapter_config.json` and
/// `adapter_model.safetensors`, whose tensors are named `base_model.model.MODULE.lora_A.weight`
/// (rank × inputs) and `….lora_B.weight`.
///
/// | key of the configuration | what |
/// |---|---|
/// | `r`, `rank_pattern` | the rank, and that of modules whose names match |
/// | `lora_alpha`, `alpha_pattern` | the scale is this by the rank, |
/// | `use_rslora` | or by the rank's root (Kalajdzievski, arXiv 2312.03732) |
///
/// What is more than that (DoRA, biases, saved modules) is refused, not left out.
final class PeftAdapter implements AutoCloseable {
    private static final String CONFIG = "adapter_config.json";
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final long CONFIG_BYTES_MAX = 1 << 20;

    /// Characters that the expressions of a configuration may look at, of all names together: more
    /// than those of any adapter do that is not made to take for ever.
    private static final long LOOKS_MAX = 50_000_000;

    private static final Pattern NAME =
            Pattern.compile("(?:base_model\\.model\\.)?(.+)\\.lora_([AB])(?:\\.default)?\\.weight");
    private static final Pattern LAYER = Pattern.compile("(?:.*\\.)?layers\\.(\\d{1,4})\\.(.+)");

    /// What changes more than two matrices of each module do, where it is set.
    private static final List<String> REFUSED =
            List.of(
                    "use_dora",
                    "use_qalora",
                    "use_bdlora",
                    "fan_in_fan_out",
                    "lora_bias",
                    "layer_replication",
                    "alora_invocation_tokens");

    /// GGUF's names of modules.
    private static final Map<String, String> MODULES =
            Map.ofEntries(
                    Map.entry("self_attn.q_proj", "attn_q"),
                    Map.entry("self_attn.k_proj", "attn_k"),
                    Map.entry("self_attn.v_proj", "attn_v"),
                    Map.entry("self_attn.o_proj", "attn_output"),
                    Map.entry("self_attn.qkv_proj", "attn_qkv"),
                    Map.entry("self_attn.q_a_proj", "attn_q_a"),
                    Map.entry("self_attn.q_b_proj", "attn_q_b"),
                    Map.entry("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"),
                    Map.entry("mlp.gate_proj", "ffn_gate"),
                    Map.entry("mlp.up_proj", "ffn_up"),
                    Map.entry("mlp.gate_up_proj", "ffn_up"),
                    Map.entry("mlp.down_proj", "ffn_down"),
                    Map.entry("mlp.gate", "ffn_gate_inp"),
                    Map.entry("block_sparse_moe.gate", "ffn_gate_inp"));

    private final String source;
    private final SafetensorsModel file;
    private final Map<String, JsonTree> config;
    private final ModelFile model;
    private long looks;

    private PeftAdapter(
            String source, SafetensorsModel file, Map<String, JsonTree> config, ModelFile model) {
        this.source = source;
        this.file = file;
        this.config = config;
        this.model = model;
    }

    /// @param model that it is for
    static PeftAdapter open(Path folder, ModelFile model) {
        Map<String, JsonTree> config = config(folder.resolve(CONFIG));
        return new PeftAdapter(folder.toString(), weights(folder), config, model);
    }

    /// The tensors of an adapter in a folder.
    static SafetensorsModel weights(Path folder) {
        return SafetensorsModel.open(folder.resolve(WEIGHTS));
    }

    private static Map<String, JsonTree> config(Path file) {
        try {
            if (Files.size(file) <= CONFIG_BYTES_MAX
                    && JsonTree.parse(
                                    Files.readString(file, StandardCharsets.UTF_8), file.toString())
                            instanceof JsonTree.Fields(Map<String, JsonTree> values)) {
                return values;
            }
        } catch (IOException e) {
            throw Problem.invalid("no adapter: it cannot be read", file.toString())
                    .fix("give a folder with " + CONFIG + " and " + WEIGHTS)
                    .causedBy(e);
        }
        throw Problem.invalid("no configuration of an adapter", file.toString())
                .fix("give the file that PEFT wrote, an object in JSON");
    }

    /// What it says of each matrix, by GGUF's names.
    ///
    /// @throws Problem when it is damaged, or more than a plain LoRA
    Map<String, AdapterFiles.Found> found() {
        checkKind();
        Map<String, Tensor[]> pairs = new LinkedHashMap<>();
        for (Tensor tensor : file.tensors()) {
            Matcher name = NAME.matcher(tensor.name());
            if (!name.matches()) {
                throw AdapterFiles.unknown(tensor.name(), source);
            }
            Tensor[] pair = pairs.computeIfAbsent(name.group(1), _ -> new Tensor[2]);
            int which = name.group(2).equals("A") ? 0 : 1;
            if (pair[which] != null) {
                throw refused("an adapter with two of '%s'".formatted(tensor.name()));
            }
            pair[which] = tensor;
        }
        Map<String, AdapterFiles.Found> found = new LinkedHashMap<>();
        pairs.forEach((module, pair) -> {
            if (pair[0] == null || pair[1] == null) {
                throw Problem.invalid(
                                "module '%s' has one of two matrices".formatted(module), source)
                        .fix("use a file that has a lora_A for each lora_B");
            }
            if (found.put(matrix(module), found(module, pair[0], pair[1])) != null) {
                throw refused("an adapter with two modules for '%s'".formatted(matrix(module)));
            }
        });
        return found;
    }

    private void checkKind() {
        String type = config.get("peft_type") instanceof JsonTree.Text(String text) ? text : "";
        if (!type.equals("LORA")) {
            throw refused("a PEFT adapter of type '%s'".formatted(type));
        }
        for (String flag : REFUSED) {
            if (is(flag)) {
                throw refused("an adapter with " + flag);
            }
        }
    }

    private Problem refused(String what) {
        return Problem.of(Problem.Kind.NOT_IMPLEMENTED, what, source)
                .fix("use a plain LoRA, or merge it into the model's weights");
    }

    private boolean is(String key) {
        return switch (config.get(key)) {
            case JsonTree.Flag(boolean value) -> value;
            case JsonTree.Items(List<JsonTree> values) -> !values.isEmpty();
            case null, default -> false;
        };
    }

    private AdapterFiles.Found found(String module, Tensor a, Tensor b) {
        double rank = number("r", "rank_pattern", module);
        if (rank != a.shape().rows()) {
            throw Problem.invalid(
                            "module '%s' has rank %d, the configuration says %s"
                                    .formatted(module, a.shape().rows(), text(rank)),
                            source)
                    .fix("use the configuration that was saved with the adapter");
        }
        double by = is("use_rslora") ? Math.sqrt(rank) : rank;
        float scale = (float) (number("lora_alpha", "alpha_pattern", module) / by);
        return new AdapterFiles.Found(a, b, scale, order(module, b));
    }

    private static String text(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : "" + number;
    }

    /// The configuration's number, or that of the first pattern that matches a module.
    private double number(String key, String patterns, String module) {
        if (config.get(patterns) instanceof JsonTree.Fields(Map<String, JsonTree> values)) {
            for (Map.Entry<String, JsonTree> entry : values.entrySet()) {
                if (entry.getValue() instanceof JsonTree.Number own
                        && matches(entry.getKey(), module)) {
                    return own.real();
                }
            }
        }
        if (config.get(key) instanceof JsonTree.Number number) {
            return number.real();
        }
        throw Problem.invalid("no number '%s'".formatted(key), source + "/" + CONFIG)
                .fix("give the file that PEFT wrote");
    }

    /// As PEFT's `get_pattern_key`: a name's end, or a regular expression for it.
    private boolean matches(String pattern, String module) {
        if (module.equals(pattern) || module.endsWith("." + pattern)) {
            return true;
        }
        try {
            return Pattern.matches("(.*\\.)?(" + pattern + ")", new Watched(module));
        } catch (PatternSyntaxException | StackOverflowError e) {
            throw unusable(pattern).causedBy(e);
        } catch (TooManyLooks e) {
            throw unusable(pattern);
        }
    }

    private Problem unusable(String pattern) {
        return Problem.invalid("pattern '%s' cannot be used".formatted(pattern), source)
                .fix("name modules in rank_pattern and alpha_pattern");
    }

    private static final class TooManyLooks extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /// A name that an expression cannot go back and forth in for ever.
    private final class Watched implements CharSequence {
        private final CharSequence text;

        Watched(CharSequence text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++looks > LOOKS_MAX) {
                throw new TooManyLooks();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Watched(text.subSequence(start, end));
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    private String matrix(String module) {
        Matcher layer = LAYER.matcher(module);
        if (layer.matches() && MODULES.containsKey(layer.group(2))) {
            return "blk.%s.%s.weight".formatted(layer.group(1), MODULES.get(layer.group(2)));
        }
        if (module.equals("lm_head") || module.endsWith(".lm_head")) {
            return model.find("output.weight").isPresent() ? "output.weight" : "token_embd.weight";
        }
        throw Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "module '%s' cannot be changed by an adapter".formatted(module),
                        source)
                .fix("train on the projections of attention and feed-forward, or on lm_head");
    }

    /// GGUF has the rows of Llama's queries and keys in another order: partners of a rotation, half
    /// a head apart in Hugging Face's files, stand beside each other. A checkpoint has its own.
    private AdapterFiles.RowOrder order(String module, Tensor b) {
        boolean query = module.endsWith("self_attn.q_proj");
        boolean key = module.endsWith("self_attn.k_proj");
        Hyperparameters sizes = Hyperparameters.of(model.metadata());
        boolean turned =
                sizes.architecture().equals("llama") && !Rope.isHalved(model.metadata(), "llama");
        if (!turned || !query && !key) {
            return AdapterFiles.RowOrder.SAME;
        }
        long width = b.shape().rows() / (query ? sizes.heads() : sizes.keyHeads());
        return row -> {
            long inHead = row % width;
            return row - inHead + inHead % 2 * (width / 2) + inHead / 2;
        };
    }

    @Override
    public void close() {
        file.close();
    }
}
