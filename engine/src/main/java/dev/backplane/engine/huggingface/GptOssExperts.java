package dev.backplane.engine.huggingface;

import dev.backplane.tensor.Shape;
import dev.backplane.tensor.Tensor;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.type.ElementType;
import java.lang.foreign.Arena;
import java.util.List;

/// The experts of gpt-oss. A layer's are one tensor, in which gate and up take turns:
///
/// | tensor | shape | |
/// |---|---|---|
/// | gate_up_proj | experts, width, 2 · inner | columns are what others have as rows |
/// | gate_up_proj_bias | experts, 2 · inner | |
/// | gate_up_proj_blocks | experts, 2 · inner, blocks, 16 | MXFP4, exponents in `_scales` |
/// | down_proj | experts, inner, width | as above |
/// | down_proj_blocks | experts, width, blocks, 16 | |
final class GptOssExperts {
    /// Numbers of a block of MXFP4, and its bytes without the exponent.
    private static final int BLOCK = 32;

    private static final int NIBBLES = 16;

    private final Checkpoint checkpoint;
    private final Arena arena;

    GptOssExperts(Checkpoint checkpoint, Arena arena) {
        this.checkpoint = checkpoint;
        this.arena = arena;
    }

    void take(Tensor tensor, String target, String change) {
        List<Long> dimensions = tensor.shape().dimensions();
        int wanted = change.endsWith("blocks") ? 4 : change.equals("gate-biases") ? 2 : 3;
        boolean isGate = change.startsWith("gate");
        long gates = change.equals("gate-blocks") || wanted == 2 ? 1 : 2;
        if (dimensions.size() != wanted || isGate && dimensions.get((int) gates) % 2 != 0) {
            throw checkpoint.unfit(tensor);
        }
        switch (change) {
            case "gate-biases" -> {
                biases(tensor, target + ".ffn_gate_exps.bias", 0);
                biases(tensor, target + ".ffn_up_exps.bias", 1);
            }
            case "gates-by-column" -> {
                columns(tensor, target + ".ffn_gate_exps.weight", 0, 2);
                columns(tensor, target + ".ffn_up_exps.weight", 1, 2);
            }
            case "by-column" -> columns(tensor, target, 0, 1);
            case "gate-blocks" -> {
                blocks(tensor, target + ".ffn_gate_exps.weight", 0, 2);
                blocks(tensor, target + ".ffn_up_exps.weight", 1, 2);
            }
            case "blocks" -> blocks(tensor, target, 0, 1);
            default -> throw Names.unknown(tensor.name(), checkpoint.source());
        }
    }

    private void biases(Tensor tensor, String name, int first) {
        long experts = tensor.shape().rows();
        long inner = tensor.shape().columns() / 2;
        TensorSpec spec = new TensorSpec(name, tensor.type(), Shape.of(experts, inner));
        // a row is a matrix of single columns here
        Tensor single =
                new Tensor(
                        tensor.name(),
                        tensor.type(),
                        Shape.of(tensor.shape().elements(), 1),
                        tensor.data());
        int rows = Math.toIntExact(2 * inner);
        checkpoint.make(spec, () -> Derived.rows(single, spec, rows, first, 2, (int) inner, arena));
    }

    private void columns(Tensor tensor, String name, int first, int step) {
        List<Long> dimensions = tensor.shape().dimensions();
        int rows = Math.toIntExact(dimensions.get(1));
        Shape shape = Shape.of(dimensions.get(0), dimensions.get(2) / step, rows);
        TensorSpec spec = new TensorSpec(name, tensor.type(), shape);
        checkpoint.make(
                spec, () -> Derived.transposed(tensor, spec, rows, 0, rows, first, step, arena));
    }

    private void blocks(Tensor tensor, String name, int first, int step) {
        List<Long> dimensions = tensor.shape().dimensions();
        String scales = tensor.name().replace("_blocks", "_scales");
        Tensor exponents = checkpoint.beside(scales).orElseThrow(() -> checkpoint.unfit(tensor));
        if (tensor.type() != ElementType.U8
                || exponents.type() != ElementType.U8
                || dimensions.get(3) != NIBBLES) {
            throw checkpoint.unfit(tensor);
        }
        Shape shape =
                Shape.of(dimensions.get(0), dimensions.get(1) / step, dimensions.get(2) * BLOCK);
        TensorSpec spec = new TensorSpec(name, ElementType.MXFP4, shape);
        checkpoint.make(spec, () -> Derived.mxFp4(tensor, exponents, spec, first, step, arena));
    }
}
