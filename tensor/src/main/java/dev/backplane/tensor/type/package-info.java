/// The element types of tensors: which bytes mean which numbers.
///
/// [dev.backplane.tensor.type.ElementType] is the closed list, with sizes, names in both file
/// formats, and `decode` and `encode`. Behind it stands one codec a type, in one file a family:
///
/// | family | file | idea |
/// |---|---|---|
/// | plain numbers | `Floats`, `SmallFloats`, `Integers` | one number, one place |
/// | linear blocks | `LinearBlocks` | 32 numbers share a scale |
/// | k-quants | `KBlocksSigned`, `KBlocksWithMin` | 256 numbers; scales are quantised too |
/// | tables | `TableBlocks` | four bits choose from sixteen values |
///
/// These codecs are the meaning of the types: kernels are compared with them. Speed is elsewhere.
///
/// Invariants:
///
/// - Decoding and encoding equal the reference, ggml, bit for bit (tests hold its output).
/// - No bytes can make a decoder fail: every pattern means something.
/// - Nothing is read or written outside the given ranges.
@NullMarked
package dev.backplane.tensor.type;

import org.jspecify.annotations.NullMarked;
