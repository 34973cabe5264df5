/// Number formats, model files and kernels: what inference and training share.
///
/// ```
/// file ──► gguf, safetensors ──► TensorSet ──► Tensor (type, shape, mapped bytes)
///                                                 │
///                                    type: decode, encode     kernel: products at speed
/// ```
///
/// A [dev.backplane.tensor.Tensor] is a name, an element type, a shape and bytes in mapped memory;
/// a [dev.backplane.tensor.TensorSet] is a file, or several, full of them. Nothing here knows a
/// model: which tensor is which is for the reader of the set.
///
/// Shapes are written outermost dimension first, as in safetensors, NumPy and PyTorch; a GGUF file
/// lists them the other way round, and its reader turns them.
///
/// Invariants:
///
/// - Files are mapped, never copied: opening costs the header, whatever the size of the file.
/// - A count, length or offset from a file is compared with the file before anything is allocated
///   by it; what does not fit is a [dev.backplane.core.Problem] that names file, key and what would
///   be accepted. Memory is bounded whatever the input.
/// - Bytes of a tensor lie within its file, and tensors of a file do not overlap.
/// - Closing a set unmaps its memory: nobody may work on its tensors then.
@NullMarked
package dev.backplane.tensor;

import org.jspecify.annotations.NullMarked;
