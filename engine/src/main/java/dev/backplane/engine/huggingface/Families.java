package dev.backplane.engine.huggingface;

/// The tables of names, one for each family, and what most have in common.
final class Families {
    private static final String COMMON =
            """
            model.embed_tokens.weight                          token_embd.weight
            model.norm.weight                                  output_norm.weight
            lm_head.weight                                     output.weight
            model.layers.#.input_layernorm.weight              blk.#.attn_norm.weight
            model.layers.#.self_attn.q_proj.weight             blk.#.attn_q.weight
            model.layers.#.self_attn.k_proj.weight             blk.#.attn_k.weight
            model.layers.#.self_attn.v_proj.weight             blk.#.attn_v.weight
            model.layers.#.self_attn.o_proj.weight             blk.#.attn_output.weight
            model.layers.#.self_attn.rotary_emb.inv_freq       -
            """;

    private static final String GATED =
            """
            model.layers.#.mlp.gate_proj.weight                blk.#.ffn_gate.weight
            model.layers.#.mlp.up_proj.weight                  blk.#.ffn_up.weight
            model.layers.#.mlp.down_proj.weight                blk.#.ffn_down.weight
            """;

    private static final String EXPERTS =
            """
            model.layers.#.mlp.gate.weight                     blk.#.ffn_gate_inp.weight
            model.layers.#.mlp.experts.@.gate_proj.weight      blk.#.ffn_gate.@.weight
            model.layers.#.mlp.experts.@.up_proj.weight        blk.#.ffn_up.@.weight
            model.layers.#.mlp.experts.@.down_proj.weight      blk.#.ffn_down.@.weight
            """;

    private static final String SHARED_EXPERT =
            """
            model.layers.#.mlp.shared_experts.gate_proj.weight blk.#.ffn_gate_shexp.weight
            model.layers.#.mlp.shared_experts.up_proj.weight   blk.#.ffn_up_shexp.weight
            model.layers.#.mlp.shared_experts.down_proj.weight blk.#.ffn_down_shexp.weight
            """;

    private static final String SECOND_NORM =
            """
            model.layers.#.post_attention_layernorm.weight     blk.#.ffn_norm.weight
            """;

    private static final String BIASES =
            """
            model.layers.#.self_attn.q_proj.bias               blk.#.attn_q.bias
            model.layers.#.self_attn.k_proj.bias               blk.#.attn_k.bias
            model.layers.#.self_attn.v_proj.bias               blk.#.attn_v.bias
            """;

    private static final String HEAD_NORMS =
            """
            model.layers.#.self_attn.q_norm.weight             blk.#.attn_q_norm.weight
            model.layers.#.self_attn.k_norm.weight             blk.#.attn_k_norm.weight
            """;

    static final Names BERT =
            Names.of(
                    """
                    embeddings.word_embeddings.weight                 token_embd.weight
                    embeddings.position_embeddings.weight             position_embd.weight
                    embeddings.token_type_embeddings.weight           token_types.weight
                    embeddings.LayerNorm.weight                       token_embd_norm.weight
                    embeddings.LayerNorm.bias                         token_embd_norm.bias
                    embeddings.position_ids                           -
                    encoder.layer.#.attention.self.query.weight       blk.#.attn_q.weight
                    encoder.layer.#.attention.self.query.bias         blk.#.attn_q.bias
                    encoder.layer.#.attention.self.key.weight         blk.#.attn_k.weight
                    encoder.layer.#.attention.self.key.bias           blk.#.attn_k.bias
                    encoder.layer.#.attention.self.value.weight       blk.#.attn_v.weight
                    encoder.layer.#.attention.self.value.bias         blk.#.attn_v.bias
                    encoder.layer.#.attention.output.dense.weight     blk.#.attn_output.weight
                    encoder.layer.#.attention.output.dense.bias       blk.#.attn_output.bias
                    encoder.layer.#.attention.output.LayerNorm.weight blk.#.attn_output_norm.weight
                    encoder.layer.#.attention.output.LayerNorm.bias   blk.#.attn_output_norm.bias
                    encoder.layer.#.intermediate.dense.weight         blk.#.ffn_up.weight
                    encoder.layer.#.intermediate.dense.bias           blk.#.ffn_up.bias
                    encoder.layer.#.output.dense.weight               blk.#.ffn_down.weight
                    encoder.layer.#.output.dense.bias                 blk.#.ffn_down.bias
                    encoder.layer.#.output.LayerNorm.weight           blk.#.layer_output_norm.weight
                    encoder.layer.#.output.LayerNorm.bias             blk.#.layer_output_norm.bias
                    pooler.dense.weight                               -
                    pooler.dense.bias                                 -
                    """);

    static final Names LLAMA = Names.of(COMMON, SECOND_NORM, GATED);

    static final Names MIXTRAL =
            Names.of(
                    COMMON,
                    SECOND_NORM,
                    """
                    model.layers.#.block_sparse_moe.gate.weight          blk.#.ffn_gate_inp.weight
                    model.layers.#.block_sparse_moe.experts.@.w1.weight  blk.#.ffn_gate.@.weight
                    model.layers.#.block_sparse_moe.experts.@.w2.weight  blk.#.ffn_down.@.weight
                    model.layers.#.block_sparse_moe.experts.@.w3.weight  blk.#.ffn_up.@.weight
                    """);

    static final Names QWEN2 = Names.of(COMMON, SECOND_NORM, GATED, BIASES);

    static final Names QWEN3 = Names.of(COMMON, SECOND_NORM, GATED, EXPERTS, HEAD_NORMS);

    static final Names GEMMA3 =
            Names.of(
                    COMMON,
                    GATED,
                    """
                    model.norm.weight                          output_norm.weight           plus-one
                    model.layers.#.input_layernorm.weight      blk.#.attn_norm.weight       plus-one
                    model.layers.#.self_attn.q_norm.weight     blk.#.attn_q_norm.weight     plus-one
                    model.layers.#.self_attn.k_norm.weight     blk.#.attn_k_norm.weight     plus-one
                    model.layers.#.post_attention_layernorm.weight \
                    blk.#.post_attention_norm.weight plus-one
                    model.layers.#.pre_feedforward_layernorm.weight   blk.#.ffn_norm.weight plus-one
                    model.layers.#.post_feedforward_layernorm.weight \
                    blk.#.post_ffw_norm.weight plus-one
                    """);

    static final Names PHI3 =
            Names.of(
                    COMMON,
                    SECOND_NORM,
                    """
                    model.layers.#.self_attn.qkv_proj.weight   blk.#.attn_qkv.weight
                    model.layers.#.mlp.gate_up_proj.weight     blk.#.ffn_up.weight
                    model.layers.#.mlp.down_proj.weight        blk.#.ffn_down.weight
                    """);

    static final Names COHERE2 = Names.of(COMMON, GATED, EXPERTS, SHARED_EXPERT);

    static final Names DEEPSEEK =
            Names.of(
                    COMMON,
                    SECOND_NORM,
                    GATED,
                    EXPERTS,
                    SHARED_EXPERT,
                    """
                    model.layers.#.mlp.gate.e_score_correction_bias    blk.#.exp_probs_b.bias
                    model.layers.#.self_attn.q_a_proj.weight           blk.#.attn_q_a.weight
                    model.layers.#.self_attn.q_a_layernorm.weight      blk.#.attn_q_a_norm.weight
                    model.layers.#.self_attn.q_b_proj.weight           blk.#.attn_q_b.weight
                    model.layers.#.self_attn.kv_a_proj_with_mqa.weight blk.#.attn_kv_a_mqa.weight
                    model.layers.#.self_attn.kv_a_layernorm.weight     blk.#.attn_kv_a_norm.weight
                    model.layers.#.self_attn.kv_b_proj.weight          blk.# latent
                    """);

    static final Names GPT_OSS =
            Names.of(
                    COMMON,
                    BIASES,
                    """
                    model.layers.#.post_attention_layernorm.weight  blk.#.post_attention_norm.weight
                    model.layers.#.self_attn.o_proj.bias            blk.#.attn_output.bias
                    model.layers.#.self_attn.sinks                  blk.#.attn_sinks.weight
                    model.layers.#.mlp.router.weight                blk.#.ffn_gate_inp.weight
                    model.layers.#.mlp.router.bias                  blk.#.ffn_gate_inp.bias
                    model.layers.#.mlp.experts.gate_up_proj         blk.# gates-by-column
                    model.layers.#.mlp.experts.gate_up_proj_bias    blk.# gate-biases
                    model.layers.#.mlp.experts.gate_up_proj_blocks  blk.# gate-blocks
                    model.layers.#.mlp.experts.gate_up_proj_scales  -
                    model.layers.#.mlp.experts.down_proj       blk.#.ffn_down_exps.weight by-column
                    model.layers.#.mlp.experts.down_proj_bias  blk.#.ffn_down_exps.bias
                    model.layers.#.mlp.experts.down_proj_blocks  blk.#.ffn_down_exps.weight blocks
                    model.layers.#.mlp.experts.down_proj_scales  -
                    """);

    static final Names NEMOTRON_H =
            Names.of(
                    """
                    model.embeddings.weight                          token_embd.weight
                    model.norm_f.weight                              output_norm.weight
                    lm_head.weight                                   output.weight
                    model.layers.#.norm.weight                       blk.#.attn_norm.weight
                    model.layers.#.mixer.q_proj.weight               blk.#.attn_q.weight
                    model.layers.#.mixer.k_proj.weight               blk.#.attn_k.weight
                    model.layers.#.mixer.v_proj.weight               blk.#.attn_v.weight
                    model.layers.#.mixer.o_proj.weight               blk.#.attn_output.weight
                    model.layers.#.mixer.in_proj.weight              blk.#.ssm_in.weight
                    model.layers.#.mixer.conv1d.weight               blk.#.ssm_conv1d.weight flat
                    model.layers.#.mixer.conv1d.bias                 blk.#.ssm_conv1d.bias
                    model.layers.#.mixer.dt_bias                     blk.#.ssm_dt.bias
                    model.layers.#.mixer.A_log                    blk.#.ssm_a negative-exponential
                    model.layers.#.mixer.D                           blk.#.ssm_d column
                    model.layers.#.mixer.norm.weight                 blk.#.ssm_norm.weight groups
                    model.layers.#.mixer.out_proj.weight             blk.#.ssm_out.weight
                    model.layers.#.mixer.up_proj.weight              blk.#.ffn_up.weight
                    model.layers.#.mixer.down_proj.weight            blk.#.ffn_down.weight
                    model.layers.#.mixer.gate.weight                 blk.#.ffn_gate_inp.weight
                    model.layers.#.mixer.gate.e_score_correction_bias  blk.#.exp_probs_b.bias
                    model.layers.#.mixer.experts.@.up_proj.weight    blk.#.ffn_up.@.weight
                    model.layers.#.mixer.experts.@.down_proj.weight  blk.#.ffn_down.@.weight
                    model.layers.#.mixer.shared_experts.up_proj.weight   blk.#.ffn_up_shexp.weight
                    model.layers.#.mixer.shared_experts.down_proj.weight blk.#.ffn_down_shexp.weight
                    """);

    private Families() {}
}
