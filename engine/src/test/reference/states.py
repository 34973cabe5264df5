"""Prints the last states of an encoder of Hugging Face's for tokens (7 i + 3) mod vocabulary, a line a
position, as logits.py prints logits."""

import sys

import torch
import transformers

folder, count = sys.argv[1], int(sys.argv[2])
model, info = transformers.AutoModel.from_pretrained(
    folder,
    dtype=torch.float32,
    attn_implementation="eager",
    output_loading_info=True,
    add_pooling_layer=False,
)
for key in "missing_keys", "unexpected_keys", "mismatched_keys":
    if info[key]:
        sys.exit(f"{key}: {sorted(info[key])}")
model.eval()
tokens = torch.tensor([[(7 * i + 3) % model.config.vocab_size for i in range(count)]])
with torch.no_grad():
    for row in model(tokens).last_hidden_state[0]:
        print(" ".join(f"{number:.6g}" for number in row.tolist()))
