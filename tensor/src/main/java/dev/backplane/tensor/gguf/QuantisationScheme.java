package dev.backplane.tensor.gguf;

import dev.backplane.core.Problem;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.type.ElementType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which type each tensor of a model gets when the model is quantised: llama.cpp's rules without an
/// importance matrix (`src/llama-quant.cpp`), so that a name means the same here as there.
///
/// | name | most matrices | and more |
/// |---|---|---|
/// | a type | that | the head at least Q6_K, where the type is one of less |
/// | `Q3_K_S` to `Q5_K_S`, `_M`, `_L` | `Q3_K` to `Q5_K` | values and `ffn_down` of some layers |
///
/// Norms, biases, routers and convolutions stay as they are. Rows that are not whole blocks of a
/// type of 256 get one of 32; those that are not whole blocks of that either get F16.
public final class QuantisationScheme {
    private static final int LAYERS_MAX = 1_024;
    private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,4})\\..*");

    /// Names of files' types, with the number in `general.file_type`.
    private static final Map<String, Integer> NUMBERS = numbers();

    /// What is never quantised although it is a matrix.
    private static final List<String> KEPT =
            List.of(
                    "_norm.weight",
                    "ffn_gate_inp.weight",
                    "position_embd.weight",
                    "token_types.weight",
                    "ssm_conv1d",
                    "shortconv.conv.weight",
                    "attn_rel_b.weight");

    private final String name;
    private final ElementType type;

    private QuantisationScheme(String name, ElementType type) {
        this.name = name;
        this.type = type;
    }

    private static Map<String, Integer> numbers() {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        numbers.put("F32", 0);
        numbers.put("F16", 1);
        numbers.put("BF16", 32);
        numbers.put("Q8_0", 7);
        numbers.put("Q6_K", 18);
        numbers.put("Q5_K_M", 17);
        numbers.put("Q5_K_S", 16);
        numbers.put("Q5_1", 9);
        numbers.put("Q5_0", 8);
        numbers.put("Q4_K_M", 15);
        numbers.put("Q4_K_S", 14);
        numbers.put("Q4_1", 3);
        numbers.put("Q4_0", 2);
        numbers.put("IQ4_NL", 25);
        numbers.put("Q3_K_L", 13);
        numbers.put("Q3_K_M", 12);
        numbers.put("Q3_K_S", 11);
        numbers.put("Q2_K", 10);
        return numbers;
    }

    /// The scheme of a name, in any case: `q4_K_M`, `Q8_0`. `Q4_K` is `Q4_K_M`, and so on.
    ///
    /// @throws Problem `INVALID` for one that is not known
    public static QuantisationScheme of(String name) {
        String known = name.toUpperCase(java.util.Locale.ROOT);
        known = known.matches("Q[345]_K") ? known + "_M" : known;
        if (!NUMBERS.containsKey(known)) {
            throw Problem.invalid("quantisation '%s' is not known".formatted(name), "quantize")
                    .fix("use one of " + String.join(", ", NUMBERS.keySet()));
        }
        String plain = known.replaceFirst("_[SML]$", "");
        return new QuantisationScheme(
                known,
                ElementType.ofLabel(plain)
                        .orElseThrow(() -> new IllegalStateException("no type " + plain)));
    }

    /// In capitals.
    public String name() {
        return name;
    }

    /// What files of it say in `general.file_type`.
    public int fileType() {
        return Optional.ofNullable(NUMBERS.get(name)).orElseThrow();
    }

    /// The type that a tensor of the model gets.
    public ElementType of(Tensor tensor, GgufModel model) {
        boolean matrix = tensor.shape().dimensions().size() > 1;
        if (!matrix
                || !tensor.name().endsWith("weight")
                || KEPT.stream().anyMatch(tensor.name()::contains)) {
            return tensor.type();
        }
        return fitting(type.quantised() ? mixed(tensor.name(), model) : type, tensor);
    }

    /// Types of 256 have stand-ins of 32.
    private static ElementType fitting(ElementType wanted, Tensor tensor) {
        long columns = tensor.shape().columns();
        if (columns % wanted.blockElements() == 0) {
            return wanted;
        }
        ElementType smaller =
                switch (wanted) {
                    case Q2_K, Q3_K -> ElementType.IQ4_NL;
                    case Q4_K -> ElementType.Q5_0;
                    case Q5_K -> ElementType.Q5_1;
                    case Q6_K -> ElementType.Q8_0;
                    default -> ElementType.F16;
                };
        return columns % smaller.blockElements() == 0 ? smaller : ElementType.F16;
    }

    private ElementType mixed(String tensor, GgufModel model) {
        boolean head =
                tensor.equals("output.weight")
                        || tensor.equals("token_embd.weight")
                                && model.find("output.weight").isEmpty();
        if (head) {
            return type == ElementType.Q8_0 ? type : ElementType.Q6_K;
        }
        Matcher matcher = LAYER.matcher(tensor);
        if (!matcher.matches()) {
            return type;
        }
        String architecture = model.metadata().text("general.architecture");
        int layers = (int) model.metadata().integer(architecture + ".block_count", 1, LAYERS_MAX);
        int layer = Integer.parseInt(matcher.group(1));
        boolean eight =
                model.metadata().integer(architecture + ".expert_count", 0, LAYERS_MAX * 16L, 0)
                        == 8;
        if (tensor.contains("attn_v.weight")) {
            return eight
                    ? ElementType.Q8_0
                    : value(layer, layers, () -> groups(architecture, layer, layers, model));
        }
        if (tensor.contains("attn_qkv.weight")) {
            return joined();
        }
        if (tensor.contains("attn_k.weight")) {
            return eight ? ElementType.Q8_0 : type;
        }
        if (tensor.contains("attn_output.weight")) {
            return output(eight);
        }
        return tensor.contains("ffn_down") ? down(layer, layers) : type;
    }

    /// Heads of queries to one of keys, in a layer.
    private static long groups(String architecture, int layer, int layers, GgufModel model) {
        String prefix = architecture + ".attention.";
        long heads = model.metadata().integer(prefix + "head_count", 1, 1 << 20, 1);
        String keys = prefix + "head_count_kv";
        return model.metadata().has(keys)
                ? heads
                        / Math.max(
                                1, model.metadata().integersPerLayer(keys, layers, 0, heads)[layer])
                : 1;
    }

    private ElementType value(int layer, int layers, LongSupplier groups) {
        return switch (name) {
            case "Q2_K" -> groups.getAsLong() >= 4 ? ElementType.Q4_K : ElementType.Q3_K;
            case "Q3_K_M" -> layer < 2 ? ElementType.Q5_K : ElementType.Q4_K;
            case "Q3_K_L" -> ElementType.Q5_K;
            case "Q4_K_S" -> layer < 4 ? ElementType.Q5_K : type;
            case "Q4_K_M", "Q5_K_M" -> moreBits(layer, layers) ? ElementType.Q6_K : type;
            case "IQ4_NL" -> groups.getAsLong() >= 4 ? ElementType.Q5_K : type;
            default -> type;
        };
    }

    private ElementType joined() {
        return switch (name) {
            case "Q3_K_M", "Q3_K_L" -> ElementType.Q4_K;
            case "Q4_K_M" -> ElementType.Q5_K;
            case "Q5_K_M" -> ElementType.Q6_K;
            default -> type;
        };
    }

    private ElementType output(boolean eight) {
        if (eight) {
            return switch (name) {
                case "Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M" -> ElementType.Q5_K;
                default -> type;
            };
        }
        return switch (name) {
            case "Q2_K" -> ElementType.Q3_K;
            case "Q3_K_M" -> ElementType.Q4_K;
            case "Q3_K_L" -> ElementType.Q5_K;
            default -> type;
        };
    }

    private ElementType down(int layer, int layers) {
        return switch (name) {
            case "Q2_K" -> ElementType.Q3_K;
            case "Q3_K_M" -> layer < layers / 16 ? ElementType.Q5_K : ElementType.Q4_K;
            case "Q3_K_L" -> ElementType.Q5_K;
            case "Q4_K_S" -> layer < layers / 8 ? ElementType.Q5_K : type;
            case "Q4_K_M", "Q5_K_M" -> moreBits(layer, layers) ? ElementType.Q6_K : type;
            default -> type;
        };
    }

    /// The first and the last eighth of the layers, and each third between.
    private static boolean moreBits(int layer, int layers) {
        return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
    }
}
