/// Models as Hugging Face's libraries keep them: a folder with a configuration, tensors and a
/// tokenizer, read as if it were a GGUF file.
///
/// ```
/// config.json ─────────► Settings ─► Families ─► Metadata   keys as GGUF has them
/// *.safetensors ───────► names by the family's table ─────► tensors as GGUF names them
/// chat_template.jinja ─► Metadata
/// ```
///
/// Decoders know one set of keys and names, GGUF's; here is where the other is translated, with one
/// table of names for each family. Most tensors are used where they are in the mapped file. Those
/// that have another shape or order there are made when they are asked for ([Derived]).
///
/// What a table does not know is refused, not passed over: a tensor that is left out would be
/// another model.
@NullMarked
package dev.backplane.engine.huggingface;

import org.jspecify.annotations.NullMarked;
