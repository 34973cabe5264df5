/// Products of weights and activations at the speed of memory, in Java.
///
/// ```
/// Tensor ─► WeightMatrix (in place, or repacked into tiles of 32 rows)
///                │
/// FloatArray ─► Activations ─► MatMul ─► FloatArray        Elementwise: what comes between
///                                │
///                WorkerPool: a share of the rows for each thread
///                few activations: Direct ─► RowKernels, TileFormat
///                many:            Gemm    (decode a band once, then floats)
/// ```
///
/// A decoder's step reads each weight once; with few activations the time is that of reading
/// memory, so what counts is how few instructions a byte costs. Each file says which arithmetic
/// makes it few. Every kernel has a scalar twin in the same file, which says the same plainly;
/// [dev.backplane.tensor.kernel.KernelGate] compares the two in the running process and takes the
/// twin where the vector form fails.
///
/// Why the code looks as it does (each was measured; JDK 25, C2):
///
/// - Loads go through one segment over all memory, by absolute addresses: bounds checks in the loop
///   cost up to half the rate. Ranges are checked once, in the public classes.
/// - Indices come from the `int` loop variable; methods are short. What C2 does not inline it calls
///   with vectors on the heap, ten times slower.
/// - Only the widest vector of the machine is used, one width a process.
/// - A byte vector is widened by loading 16-bit lanes and shifting, never by `castShape` of an
///   upper part, which becomes shuffles.
///
/// Invariants:
///
/// - A product allocates nothing.
/// - Vector form and twin agree within what the order of additions allows
///   ([dev.backplane.tensor.kernel.KernelTrial]); whole-number parts agree exactly.
/// - Same inputs, same kernels: same bits, whatever the number of threads, since a row is one
///   thread's. A batch of a given way (direct or GEMM) gives each of its rows what it would get
///   alone.
/// - Weights and activations are finite. Kernels do not fail on others, but neither do they promise
///   what comes out.
///
/// Memory is the caller's and must outlive the call: kernels do not look.
@NullMarked
package dev.backplane.tensor.kernel;

import org.jspecify.annotations.NullMarked;
