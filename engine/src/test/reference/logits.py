"""Prints the logits of a model of Hugging Face's for tokens 1, 2, 3, … (each (7 i + 3) mod vocabulary),
a line a position, computed by transformers: the independent implementation that models of safetensors
are compared with. Run as README.md says."""

import sys

import torch
import transformers

folder, count = sys.argv[1], int(sys.argv[2])
model, info = transformers.AutoModelForCausalLM.from_pretrained(
    folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
)
for key in "missing_keys", "unexpected_keys", "mismatched_keys":
    if info[key]:
        sys.exit(f"{key}: {sorted(info[key])}")
model.eval()
tokens = torch.tensor([[(7 * i + 3) % model.config.vocab_size for i in range(count)]])
with torch.no_grad():
    for row in model(tokens, use_cache=False).logits[0]:
        print(" ".join(f"{number:.6g}" for number in row.tolist()))
