package dev.backplane.tensor.kernel;

/// Where the parts of one activation of [Activations] are: addresses, for kernels.
///
/// @param q 16-bit whole numbers, one a column
/// @param scale floats, one for 32 columns
/// @param start 16-bit: −8 times the sum of 32 columns, modulo 2¹⁶
/// @param starts8 16-bit: −32 times the sum of 8 columns, modulo 2¹⁶
/// @param sum floats: scale times the sum of 32 columns
record QuantisedRow(long q, long scale, long start, long starts8, long sum) {}
