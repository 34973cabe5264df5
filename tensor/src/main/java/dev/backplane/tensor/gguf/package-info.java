/// GGUF files: one file with everything that a model needs, made to be mapped.
///
/// ```
/// "GGUF"  version:u32  tensors:u64  pairs:u64                       24 bytes
/// pairs × { key:string  type:u32  value }                           metadata
/// tensors × { name:string  n:u32  dimensions:u64[n]  type:u32  offset:u64 }
/// zero bytes up to a multiple of the alignment
/// data: each tensor at its offset, a multiple of the alignment
/// ```
///
/// Numbers are little endian; a string is its length (u64) and so many bytes of UTF-8; an array is
/// its elements' type (u32), their count (u64) and the elements. The alignment is the value of
/// `general.alignment`, 32 without it. Dimensions stand innermost first. Source: the GGUF document
/// of ggml (`docs/gguf.md`) and its reader (`ggml/src/gguf.cpp`).
///
/// [dev.backplane.tensor.gguf.GgufModel] opens a file, or all parts of one that was split;
/// [dev.backplane.tensor.gguf.Metadata] answers questions about keys; and
/// [dev.backplane.tensor.gguf.GgufWriter] writes a file, data streaming.
///
/// Read are versions 2 and 3, which differ in nothing but that 3 allows big-endian files; those are
/// refused, and so is version 1, whose counts had 32 bits. Written is version 3.
///
/// Validity, beyond the layout above:
///
/// | rule | ours or the format's |
/// |---|---|
/// | keys and names are unique and not empty | format |
/// | at most 65,536 keys of 1,024 bytes, 262,144 tensors with names of 256 bytes | ours |
/// | arrays in arrays at most 4 deep, at most 16,777,216 strings in one | ours |
/// | alignment is a power of two up to 2^30 | format, bound ours |
/// | 4 dimensions at most, row a whole number of blocks, element type known | format |
/// | every tensor within the file, none overlapping another | format |
///
/// Metadata strings and arrays stay in the mapped file until they are asked for.
@NullMarked
package dev.backplane.tensor.gguf;

import org.jspecify.annotations.NullMarked;
