"""Writes what PEFT makes of an adapter of TinyModel's `llama`: see README.md.

    python adapter.py ../resources/dev/backplane/engine/model/peft
"""

import sys
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

WIDTH, HEADS, KEY_HEADS, HEAD, INNER, VOCABULARY, LAYERS = 64, 4, 2, 16, 96, 96, 2
MASK = (1 << 64) - 1


def hash_code(text):
    """String.hashCode."""
    value = 0
    for letter in text:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def numbers(name, rows, columns):
    """SyntheticModel.number, for a tensor of this name."""
    count = rows * columns
    z = np.uint64((hash_code(name) * 0x1_0000_0001) & MASK) + np.arange(count, dtype=np.uint64)
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    unit = (z.view(np.int64) >> np.int64(11)).astype(np.float64) * 2.0**-52
    if rows == 1:
        return torch.from_numpy((1 + unit * 0.3).astype(np.float32))
    matrix = (unit * np.sqrt(6.0 / columns)).astype(np.float32)
    return torch.from_numpy(matrix.reshape(rows, columns))


def heads(matrix, count):
    """Rows of queries or keys in Hugging Face's order: partners half a head apart."""
    rows, columns = matrix.shape
    return matrix.reshape(count, rows // count // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def model():
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        head_dim=HEAD,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        tie_word_embeddings=False,
        max_position_embeddings=256,
    )
    llama = LlamaForCausalLM(config).to(torch.float32).eval()
    state = {
        "model.embed_tokens.weight": numbers("token_embd.weight", VOCABULARY, WIDTH),
        "model.norm.weight": numbers("output_norm.weight", 1, WIDTH),
        "lm_head.weight": numbers("output.weight", VOCABULARY, WIDTH),
    }
    for i in range(LAYERS):
        ours, theirs = f"blk.{i}.", f"model.layers.{i}."
        keys = KEY_HEADS * HEAD
        state |= {
            theirs + "input_layernorm.weight": numbers(ours + "attn_norm.weight", 1, WIDTH),
            theirs + "post_attention_layernorm.weight": numbers(ours + "ffn_norm.weight", 1, WIDTH),
            theirs + "self_attn.q_proj.weight": heads(
                numbers(ours + "attn_q.weight", WIDTH, WIDTH), HEADS
            ),
            theirs + "self_attn.k_proj.weight": heads(
                numbers(ours + "attn_k.weight", keys, WIDTH), KEY_HEADS
            ),
            theirs + "self_attn.v_proj.weight": numbers(ours + "attn_v.weight", keys, WIDTH),
            theirs + "self_attn.o_proj.weight": numbers(ours + "attn_output.weight", WIDTH, WIDTH),
            theirs + "mlp.gate_proj.weight": numbers(ours + "ffn_gate.weight", INNER, WIDTH),
            theirs + "mlp.up_proj.weight": numbers(ours + "ffn_up.weight", INNER, WIDTH),
            theirs + "mlp.down_proj.weight": numbers(ours + "ffn_down.weight", WIDTH, INNER),
        }
    llama.load_state_dict(state, strict=True)
    return llama


def main(folder):
    torch.manual_seed(7)
    adapted = get_peft_model(
        model(),
        LoraConfig(
            r=4,
            lora_alpha=8,
            target_modules=["q_proj", "k_proj", "v_proj", "down_proj"],
            rank_pattern={"down_proj": 2},
            alpha_pattern={"v_proj": 4},
            task_type="CAUSAL_LM",
        ),
    )
    for name, weights in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=0.2)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    tokens = torch.tensor([[(7 * i + 3) % VOCABULARY for i in range(12)]])
    with torch.no_grad():
        logits = adapted.eval()(tokens).logits[0].numpy()
    lines = [" ".join(f"{number:.6g}" for number in row) for row in logits]
    (folder / "logits.txt").write_text("\n".join(lines) + "\n")


main(Path(sys.argv[1]))
