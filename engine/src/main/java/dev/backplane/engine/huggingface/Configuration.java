package dev.backplane.engine.huggingface;

import dev.backplane.core.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A configuration as metadata: the sizes that all have, and what each family adds.
final class Configuration {
    private static final int LAYERS_MAX = 1_024;
    private static final int WIDTH_MAX = 1 << 16;
    private static final String SLIDING = "sliding_attention";

    private final Settings config;
    private final Family family;
    private final Keys keys;
    private final Map<String, float[]> factors = new LinkedHashMap<>();

    private Configuration(Settings config, Family family) {
        this.config = config;
        this.family = family;
        this.keys = new Keys(family.architecture(), config.source());
    }

    /// @param factors vectors of rotary positions, by their tensors' names
    record Result(Keys keys, Map<String, float[]> factors) {}

    /// @throws Problem when a size is missing, or the model is computed in a way that is not known
    static Result of(Settings config, Family family) {
        Configuration configuration = new Configuration(config, family);
        configuration.sizes();
        configuration.own();
        return new Result(configuration.keys, configuration.factors);
    }

    private void sizes() {
        keys.copy(config, "num_hidden_layers", "block_count");
        keys.copy(config, "hidden_size", "embedding_length");
        keys.copy(config, "num_attention_heads", "attention.head_count");
        keys.copy(config, "num_key_value_heads", "attention.head_count_kv");
        keys.copy(config, "head_dim", "attention.key_length");
        keys.copy(config, "head_dim", "attention.value_length");
        keys.copy(config, "intermediate_size", "feed_forward_length");
        keys.copy(config, "max_position_embeddings", "context_length");
        keys.copyReal(config, "rms_norm_eps", "attention.layer_norm_rms_epsilon");
        keys.copy(
                config,
                config.first("num_experts", "num_local_experts", "n_routed_experts"),
                "expert_count");
        keys.copy(config, "num_experts_per_tok", "expert_used_count");
        config.require("attention_bias", family == Family.GPT_OSS ? "true" : "false");
        config.require("mlp_bias", "false");
        config.require("use_bias", "false");
    }

    private void own() {
        switch (family) {
            case LLAMA, MISTRAL, MIXTRAL -> {
                keys.flag("rope.halves", true);
                activation("silu");
                rope(headWidth());
                window("sliding_window");
            }
            case QWEN2 -> {
                activation("silu");
                rope(headWidth());
                config.require("use_sliding_window", "false");
            }
            case QWEN3, QWEN3_MOE -> qwen3();
            case GEMMA3 -> gemma3();
            case PHI3 -> {
                activation("silu");
                String part = "partial_rotary_factor";
                rope(width(part, headWidth() * config.real(part, 1)));
                window("sliding_window");
            }
            case GPT_OSS -> gptOss();
            case DEEPSEEK -> deepSeek();
            case COHERE2, COHERE2_MOE -> cohere2();
            case NEMOTRON_H -> nemotron();
            case BERT -> bert();
        }
    }

    private void bert() {
        activation("gelu");
        config.require("position_embedding_type", "absolute");
        config.require("is_decoder", "false");
        keys.real("attention.layer_norm_epsilon", config.real("layer_norm_eps", 1e-12));
    }

    private int headWidth() {
        long otherwise = config.integer("hidden_size") / Math.max(1, heads());
        return width("head_dim", config.integer("head_dim", otherwise));
    }

    /// Numbers of a head.
    private int width(String name, double width) {
        if (width < 1 || width > WIDTH_MAX) {
            throw config.unfit(
                    name,
                    "one that makes heads of 1 to %,d numbers, but of %,.0f"
                            .formatted(WIDTH_MAX, width));
        }
        return (int) width;
    }

    private long heads() {
        return config.integer("num_attention_heads");
    }

    private void rope(int width) {
        factors.putAll(RopeKeys.put(config, keys, width));
    }

    private void activation(String name) {
        config.require("hidden_act", name);
    }

    /// A window of all layers.
    private void window(String name) {
        if (config.has(name)) {
            keys.whole("attention.window", config.integer(name));
        }
    }

    /// Windows of the layers that `layer_types` names, or of all but the last of each `period`.
    private void windows(int period) {
        keys.copy(config, "sliding_window", "attention.sliding_window");
        List<String> types = config.texts("layer_types");
        if (!types.isEmpty()) {
            keys.flags(
                    "attention.sliding_window_pattern",
                    types.stream().map(SLIDING::equals).toList());
            return;
        }
        long every = config.integer("sliding_window_pattern", period);
        List<Boolean> flags = new ArrayList<>();
        for (int i = 0; i < layers(); i++) {
            flags.add(every > 0 && i % every != every - 1);
        }
        keys.flags("attention.sliding_window_pattern", flags);
    }

    private int layers() {
        long layers = config.integer("num_hidden_layers");
        if (layers < 1 || layers > LAYERS_MAX) {
            throw config.unfit("num_hidden_layers", "from 1 to %,d".formatted(LAYERS_MAX));
        }
        return (int) layers;
    }

    private void qwen3() {
        activation("silu");
        rope(headWidth());
        config.require("use_sliding_window", "false");
        if (family == Family.QWEN3_MOE) {
            keys.copy(config, "moe_intermediate_size", "expert_feed_forward_length");
            config.require("norm_topk_prob", "true");
            config.require("decoder_sparse_step", "1");
            config.require("mlp_only_layers", "[]");
        }
    }

    private void gemma3() {
        config.require("hidden_activation", "gelu_pytorch_tanh");
        config.require("use_bidirectional_attention", "false");
        rope(headWidth());
        windows(6);
        double local = config.real("rope_local_base_freq", 10_000);
        local =
                config.object("rope_parameters")
                        .flatMap(all -> all.object(SLIDING))
                        .filter(own -> own.has("rope_theta"))
                        .map(own -> own.real("rope_theta"))
                        .orElse(local);
        keys.real("rope.freq_base_swa", local);
        keys.copyReal(config, "final_logit_softcapping", "final_logit_softcapping");
        config.require("attn_logit_softcapping", "null");
        double scaled = config.real("query_pre_attn_scalar", headWidth());
        keys.real("attention.scale", 1 / Math.sqrt(scaled));
    }

    private void gptOss() {
        activation("silu");
        config.requireReal("swiglu_limit", 7);
        rope(headWidth());
        windows(2);
        keys.copy(config, "intermediate_size", "expert_feed_forward_length");
    }

    private void deepSeek() {
        activation("silu");
        long turned = config.integer("qk_rope_head_dim");
        long plain = config.integer("qk_nope_head_dim");
        long rank = config.integer("kv_lora_rank");
        rope(width("qk_rope_head_dim", turned));
        keys.whole("attention.head_count_kv", 1);
        keys.whole("attention.kv_lora_rank", rank);
        keys.whole("attention.key_length", rank + turned);
        keys.whole("attention.value_length", rank);
        keys.whole("attention.key_length_mla", plain + turned);
        keys.whole("attention.value_length_mla", config.integer("v_head_dim"));
        keys.copy(config, "q_lora_rank", "attention.q_lora_rank");
        keys.flag("rope.halves", !config.flag("rope_interleave", true));
        keys.copy(config, "first_k_dense_replace", "leading_dense_block_count");
        keys.copy(config, "moe_intermediate_size", "expert_feed_forward_length");
        keys.copy(config, "n_shared_experts", "expert_shared_count");
        keys.copyReal(config, "routed_scaling_factor", "expert_weights_scale");
        boolean third = config.text("model_type").orElse("").equals("deepseek_v3");
        String scores = config.text("scoring_func").orElse(third ? "sigmoid" : "softmax");
        keys.whole("expert_gating_func", scores.equals("sigmoid") ? 2 : 1);
        keys.flag("expert_weights_norm", config.flag("norm_topk_prob", third));
        config.require("moe_layer_freq", "1");
        if (third || config.text("topk_method").orElse("greedy").contains("group")) {
            keys.copy(config, "n_group", "expert_group_count");
            keys.copy(config, "topk_group", "expert_group_used_count");
        }
    }

    private void cohere2() {
        activation("silu");
        rope(headWidth());
        windows(4);
        if (!config.has("rms_norm_eps")) {
            keys.real("attention.layer_norm_epsilon", config.real("layer_norm_eps", 1e-5));
        }
        keys.real("logit_scale", config.real("logit_scale", 0.0625));
        config.require("use_qk_norm", "false");
        if (family == Family.COHERE2_MOE) {
            cohere2Experts();
        }
    }

    private void cohere2Experts() {
        List<String> kinds = config.texts("mlp_layer_types");
        int dense = 0;
        while (dense < kinds.size() && kinds.get(dense).equals("dense")) {
            dense++;
        }
        if (kinds.subList(dense, kinds.size()).contains("dense")) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "dense layers after those of experts",
                            config.source())
                    .fix("use a model whose dense layers are the first");
        }
        keys.whole(
                "leading_dense_block_count",
                kinds.isEmpty() ? config.integer("first_k_dense_replace", 0) : dense);
        keys.copy(config, "intermediate_size", "expert_feed_forward_length");
        keys.copy(config, "prefix_dense_intermediate_size", "feed_forward_length");
        keys.copy(config, "num_shared_experts", "expert_shared_count");
        config.require("shared_expert_combination_strategy", "average");
        String scores = config.text("expert_selection_fn").orElse("softmax");
        keys.whole("expert_gating_func", scores.equals("sigmoid") ? 2 : 1);
        boolean normed = scores.equals("sigmoid") && config.flag("norm_topk_prob", true);
        keys.flag("expert_weights_norm", normed);
    }

    private void nemotron() {
        config.require("mlp_hidden_act", "relu2");
        config.require("mamba_hidden_act", "silu");
        config.require("mamba_proj_bias", "false");
        List<String> kinds = kinds();
        keys.whole("block_count", kinds.size());
        int[] keyHeads = new int[kinds.size()];
        int[] inner = new int[kinds.size()];
        boolean experts = kinds.contains("moe");
        if (experts && (kinds.contains("mlp") || kinds.contains("-"))) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "layers of experts beside others of one",
                            config.source())
                    .fix("use a model whose feed-forward layers are alike");
        }
        String width = experts ? "moe_intermediate_size" : "intermediate_size";
        for (int i = 0; i < keyHeads.length; i++) {
            switch (kinds.get(i)) {
                case "full_attention", "attention", "*" ->
                        keyHeads[i] = Math.toIntExact(config.integer("num_key_value_heads"));
                case "mlp", "-", "moe" -> inner[i] = Math.toIntExact(config.integer(width));
                case "linear_attention", "mamba", "M" -> {}
                case String other ->
                        throw Problem.of(
                                        Problem.Kind.NOT_IMPLEMENTED,
                                        "a layer of kind '" + other + "'",
                                        config.source())
                                .fix("use a model of mamba, attention, mlp and moe layers");
            }
        }
        keys.wholes("attention.head_count_kv", keyHeads);
        keys.wholes("feed_forward_length", inner);
        if (!experts) {
            keys.whole("expert_count", 0);
        }
        long heads = config.integer("mamba_num_heads");
        keys.whole("ssm.inner_size", heads * config.integer("mamba_head_dim"));
        keys.whole("ssm.time_step_rank", heads);
        keys.copy(config, "n_groups", "ssm.group_count");
        keys.copy(config, "ssm_state_size", "ssm.state_size");
        keys.copy(config, "conv_kernel", "ssm.conv_kernel");
        keys.real("attention.layer_norm_rms_epsilon", config.real("layer_norm_epsilon", 1e-5));
        keys.copy(config, "moe_intermediate_size", "expert_feed_forward_length");
        keys.copy(config, "n_shared_experts", "expert_shared_count");
        String shared = "moe_shared_expert_intermediate_size";
        keys.copy(config, shared, "expert_shared_feed_forward_length");
        keys.copy(config, "n_group", "expert_group_count");
        keys.copy(config, "topk_group", "expert_group_used_count");
        keys.copy(config, "moe_latent_size", "moe_latent_size");
        keys.copyReal(config, "routed_scaling_factor", "expert_weights_scale");
        keys.flag("expert_weights_norm", config.flag("norm_topk_prob", true));
    }

    /// The kinds of layers: a list, or a text with a letter for each.
    private List<String> kinds() {
        List<String> kinds = config.texts(config.first("layers_block_type", "layer_types"));
        if (kinds.isEmpty()) {
            kinds =
                    config.text("hybrid_override_pattern")
                            .orElse("")
                            .chars()
                            .mapToObj(c -> c == 'E' ? "moe" : Character.toString(c))
                            .toList();
        }
        if (kinds.isEmpty() || kinds.size() > LAYERS_MAX) {
            throw Problem.invalid("%,d kinds of layers".formatted(kinds.size()), config.source())
                    .fix("use a configuration with 'layers_block_type'");
        }
        return kinds;
    }
}
