/// Products of weights and activations at the speed of memory: as machine code where this process
/// can write any ([dev.backplane.tensor.machine]), and in Java.
///
/// ```
/// Tensor ─► WeightMatrix (in place, or repacked into tiles of 32 rows)
///                │
/// FloatArray ─► Activations ─► MatMul ─► FloatArray        Elementwise: what comes between
///                                │
///                                │                        PackedBlocks: what a cache keeps
///                WorkerPool: pieces of rows, which threads take one after the other
///                machine code, in place: MachineRowProducts
///                              tiles:    MachineTileProducts
///                Java, in place: RowProducts   (16 rows become floats, but for one activation)
///                      tiles:    TileProducts ─► TileFormat   few activations: levels as packed
///                                             └► Gemm         many: a panel of floats, decoded
///                                                             once, four activations at a time
/// ```
///
/// A decoder's step reads each weight once; with few activations the time is that of reading
/// memory, so what counts is how few instructions a byte costs. Each file says which arithmetic
/// makes it few. Every kernel has a plain twin; [dev.backplane.tensor.kernel.KernelGate] compares
/// its forms in the running process, and takes vector code where machine code fails, and the twin
/// where both do.
///
/// Why the vector code looks as it does (each was measured; JDK 25, C2):
///
/// - Loads go through one segment over all memory, by absolute addresses: bounds checks in the loop
///   cost up to half the rate. Ranges are checked once, in the public classes.
/// - Kernels call the Vector API itself and hardly any method of ours: once a compilation has grown
///   to some 18,000 nodes, about fifty operations, C2 inlines what the JDK marks for it and nothing
///   else, and a vector that crosses a call is an object on the heap. This alone made kernels
///   allocate megabytes a product.
/// - Only the widest vector of the machine is used, one width a process.
/// - Shifts are of 32-bit lanes: C2 has no 16-bit shift by a constant, and brings the count from
///   memory into a register before each. Masks make up for what comes over from the other half.
/// - Inner loops are counted, also where a body is unrolled by hand: in others, sums go to the
///   heap.
/// - A loop holds fewer vectors than the machine has registers, with all that C2 loads ahead: a sum
///   that lives in memory makes each step wait for the one before.
/// - A loop of eight steps has hardly begun when it ends. With vectors of 512 bits, where a run's
///   sum is made of eight lines, one loop goes over the lines of eight runs and keeps their sums in
///   the first cache, and another adds them up. With 256 bits it is the other way round: while sums
///   are added up nothing is read, which costs more than is gained.
/// - Processors read ahead within a page and stand still where the next begins. Weights in place
///   are read four rows at a time, so that four pages are waited for together. Of Q6_K, whose sums
///   take long, the next block is read before ([Factors#readAhead]); for the others that made it
///   worse.
/// - What is read together lies together, at best in one stream: a power of two apart, it all wants
///   the same place of a cache.
/// - 16-bit floats are widened by a plain loop over arrays where many activations use them: C2 has
///   an instruction for it, the Vector API has none. With one activation, four operations on whole
///   numbers and floats do it on the way.
///
/// Invariants:
///
/// - A product allocates nothing.
/// - A product of tiles is the same to the bit by every way and in every form, for one activation
///   or for many ([TileFormat] says what is computed). For weights in place, twins agree within
///   what the order of additions allows ([dev.backplane.tensor.kernel.KernelTrial]).
/// - A row's numbers do not depend on the rows beside it, on the number of threads, or on whether
///   code is compiled yet.
/// - Weights and activations are finite. Kernels do not fail on others, but neither do they promise
///   what comes out.
///
/// Memory is the caller's and must outlive the call: kernels do not look.
@NullMarked
package dev.backplane.tensor.kernel;

import org.jspecify.annotations.NullMarked;
