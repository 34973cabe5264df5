/// Safetensors files: Hugging Face's format for tensors and nothing else.
///
/// ```
/// length:u64  header: JSON of so many bytes  data
///
/// header = { "__metadata__": { text: text, … },
///            name: { "dtype": "BF16", "shape": [rows, columns], "data_offsets": [from, to] }, … }
/// ```
///
/// Numbers are little endian, rows follow each other, shapes stand outermost dimension first, and
/// offsets count from the end of the header. A model in several files has an index beside them,
/// `model.safetensors.index.json`: `{"metadata": {…}, "weight_map": {name: file, …}}`. Source: the
/// format's description and reader (huggingface/safetensors, README.md and `tensor.rs`).
///
/// [dev.backplane.tensor.safetensors.SafetensorsModel] opens a file, an index, or the folder that
/// either is in; [dev.backplane.tensor.safetensors.SafetensorsWriter] writes a file.
///
/// Validity, as the reference has it where not said otherwise:
///
/// | rule | |
/// |---|---|
/// | the header is at most 100 MB and begins with a brace | |
/// | a name is there once; members are those above, no others | a repeated name would hide bytes |
/// | data is exactly the tensors, without gaps or overlaps | nothing can hide |
/// | from and to fit shape and type | |
/// | at most 262,144 tensors, names of 1,024 bytes, 8 dimensions | ours |
/// | an index names files of its own folder, each tensor once | ours: no way out of the folder |
@NullMarked
package dev.backplane.tensor.safetensors;

import org.jspecify.annotations.NullMarked;
