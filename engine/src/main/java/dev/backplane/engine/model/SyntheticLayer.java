package dev.backplane.engine.model;

import dev.backplane.engine.model.SyntheticModel.Description;
import dev.backplane.tensor.Shape;
import dev.backplane.tensor.TensorSpec;
import dev.backplane.tensor.gguf.MetadataValue.Items;
import dev.backplane.tensor.gguf.MetadataValue.Whole;
import dev.backplane.tensor.type.ElementType;
import java.util.ArrayList;
import java.util.List;

/// The tensors that a layer of an architecture has.
final class SyntheticLayer {
    private final Description model;
    private final int layer;
    private final List<TensorSpec> specs = new ArrayList<>();

    private SyntheticLayer(Description model, int layer) {
        this.model = model;
        this.layer = layer;
    }

    static List<TensorSpec> of(Description model, int layer) {
        SyntheticLayer tensors = new SyntheticLayer(model, layer);
        tensors.vector("attn_norm.weight", model.width());
        if (model.architecture().startsWith("nemotron_h")) {
            tensors.hybrid();
            return tensors.specs;
        }
        if (model.architecture().equals("deepseek2")) {
            tensors.latentAttention();
        } else {
            tensors.attention();
        }
        tensors.norms();
        tensors.feedForward();
        return tensors.specs;
    }

    private void attention() {
        int queries = model.heads() * model.headWidth();
        int keys = model.keyHeads() * model.headWidth();
        String architecture = model.architecture();
        if (architecture.equals("phi3")) {
            matrix("attn_qkv.weight", queries + 2L * keys, model.width());
        } else {
            matrix("attn_q.weight", queries, model.width());
            matrix("attn_k.weight", keys, model.width());
            matrix("attn_v.weight", keys, model.width());
        }
        matrix("attn_output.weight", model.width(), queries);
        if (architecture.equals("qwen2") || architecture.equals("gpt-oss")) {
            vector("attn_q.bias", queries);
            vector("attn_k.bias", keys);
            vector("attn_v.bias", keys);
        }
        if (architecture.startsWith("qwen3") || architecture.equals("gemma3")) {
            vector("attn_q_norm.weight", model.headWidth());
            vector("attn_k_norm.weight", model.headWidth());
        }
        if (architecture.equals("gpt-oss")) {
            vector("attn_output.bias", model.width());
            vector("attn_sinks.weight", model.heads());
        }
    }

    private void latentAttention() {
        long rank = number("attention.kv_lora_rank", 0);
        long turned = number("rope.dimension_count", 0);
        long joined = number("attention.value_length", 0);
        long value = number("attention.value_length_mla", joined);
        long query = number("attention.q_lora_rank", 0);
        long queries = (long) model.heads() * model.headWidth();
        if (query > 0) {
            matrix("attn_q_a.weight", query, model.width());
            vector("attn_q_a_norm.weight", query);
            matrix("attn_q_b.weight", queries, query);
        } else {
            matrix("attn_q.weight", queries, model.width());
        }
        matrix("attn_kv_a_mqa.weight", rank + turned, model.width());
        vector("attn_kv_a_norm.weight", rank);
        long plain = model.headWidth() - turned;
        if (number("attention.key_length_mla", 0) == 0) {
            matrix("attn_kv_b.weight", model.heads() * (plain + value), rank);
        } else {
            add("attn_k_b.weight", model.type(), model.heads(), rank, plain);
            add("attn_v_b.weight", model.type(), model.heads(), value, rank);
        }
        matrix("attn_output.weight", model.width(), model.heads() * value);
    }

    private void hybrid() {
        if (number("attention.head_count_kv", 0) > 0) {
            attention();
        } else if (number("feed_forward_length", 0) == 0) {
            stateSpace();
        } else if (model.experts() > 0) {
            experts();
        } else {
            matrix("ffn_up.weight", model.inner(), model.width());
            matrix("ffn_down.weight", model.width(), model.inner());
        }
    }

    private void stateSpace() {
        long inner = number("ssm.inner_size", 0);
        long heads = number("ssm.time_step_rank", 0);
        long groups = number("ssm.group_count", 1);
        long channels = inner + 2 * groups * number("ssm.state_size", 0);
        matrix("ssm_in.weight", inner + channels + heads, model.width());
        add("ssm_conv1d.weight", ElementType.F32, channels, number("ssm.conv_kernel", 0));
        vector("ssm_conv1d.bias", channels);
        vector("ssm_dt.bias", heads);
        add("ssm_a", ElementType.F32, heads, 1);
        add("ssm_d", ElementType.F32, heads, 1);
        add("ssm_norm.weight", ElementType.F32, groups, inner / groups);
        matrix("ssm_out.weight", model.width(), inner);
    }

    private void norms() {
        switch (model.architecture()) {
            case "gemma3" -> {
                vector("ffn_norm.weight", model.width());
                vector("post_attention_norm.weight", model.width());
                vector("post_ffw_norm.weight", model.width());
            }
            case "gpt-oss" -> vector("post_attention_norm.weight", model.width());
            case "cohere2", "cohere2moe" -> {}
            default -> vector("ffn_norm.weight", model.width());
        }
    }

    private void feedForward() {
        int width = model.width();
        int inner = model.inner();
        if (model.experts() > 0 && layer >= number("leading_dense_block_count", 0)) {
            experts();
        } else if (model.architecture().equals("phi3")) {
            matrix("ffn_up.weight", 2L * inner, width);
            matrix("ffn_down.weight", width, inner);
        } else {
            gated("", inner);
        }
    }

    private void gated(String suffix, long inner) {
        matrix("ffn_gate" + suffix + ".weight", inner, model.width());
        matrix("ffn_up" + suffix + ".weight", inner, model.width());
        matrix("ffn_down" + suffix + ".weight", model.width(), inner);
    }

    private void experts() {
        int count = model.experts();
        int width = model.width();
        long inner = number("expert_feed_forward_length", model.inner());
        boolean isGated = !model.architecture().startsWith("nemotron_h");
        add("ffn_gate_inp.weight", ElementType.F32, count, width);
        if (isGated) {
            add("ffn_gate_exps.weight", model.type(), count, inner, width);
        }
        add("ffn_up_exps.weight", model.type(), count, inner, width);
        add("ffn_down_exps.weight", model.type(), count, width, inner);
        if (model.architecture().equals("gpt-oss")) {
            vector("ffn_gate_inp.bias", count);
            add("ffn_gate_exps.bias", ElementType.F32, count, inner);
            add("ffn_up_exps.bias", ElementType.F32, count, inner);
            add("ffn_down_exps.bias", ElementType.F32, count, width);
        }
        boolean isBiased = number("expert_gating_func", 0) == 2;
        if (!isGated || isBiased && model.architecture().equals("deepseek2")) {
            vector("exp_probs_b.bias", count);
        }
        long shared = inner * number("expert_shared_count", 0);
        if (shared > 0 && isGated) {
            gated("_shexp", shared);
        } else if (shared > 0) {
            matrix("ffn_up_shexp.weight", shared, width);
            matrix("ffn_down_shexp.weight", width, shared);
        }
    }

    private long number(String key, long otherwise) {
        return switch (model.more().get(model.architecture() + "." + key)) {
            case Whole(_, long value) -> value;
            case Items items when items.values().get(layer) instanceof Whole(_, long value) ->
                    value;
            case null, default -> otherwise;
        };
    }

    private void vector(String name, long size) {
        add(name, ElementType.F32, size);
    }

    private void matrix(String name, long rows, long columns) {
        add(name, model.type(), rows, columns);
    }

    private void add(String name, ElementType type, long... dimensions) {
        specs.add(new TensorSpec("blk." + layer + "." + name, type, Shape.of(dimensions)));
    }
}
