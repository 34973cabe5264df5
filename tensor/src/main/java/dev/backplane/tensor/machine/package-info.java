/// Products as instructions of the processor, written by Java itself.
///
/// Java has no instruction for products of bytes, none to read memory ahead, and none that widens
/// 16-bit floats in a vector; those decide how fast a model answers. So functions made of them are
/// assembled here, into memory of the system's, and called as functions of C are:
///
/// ```
/// TileEmitter, one class a format     a group of 32 rows with up to 8 activations
/// PanelEmitter and MatrixEmitter      the same with many, where there is a matrix unit (AMX)
/// RowEmitter                          rows of floats, where they are
/// RecordEmitter                       activations, as bytes with a scale
///      │
///      └─► Assembler ─► bytes ─► ExecutableMemory ─► Code ◄── addresses ── package kernel
/// ```
///
/// Nothing has to be installed or compiled, and nothing is shipped but Java. A function is written
/// when it is first asked for, which takes less than a millisecond, and stays.
///
/// It runs on Linux on x86-64 with AVX-512, its byte products (VNNI) and registers that the system
/// saves ([Cpu] asks the processor). Elsewhere, and where the system refuses memory that can be
/// executed, [MachineCode#obstacle] says why not, and the kernels are those of the Vector API.
///
/// Why this is safe:
///
/// - What instructions there are depends on the format and on how many activations there are, both
///   of which are of a fixed small set. Nothing from a file, a request or the configuration ever
///   becomes code, nor a constant in it.
/// - Memory is written or executed, never both: it is mapped writable, filled, and made executable
///   before its address is known to anyone.
/// - Loops are counted. Functions read and write only the ranges that they are handed, which the
///   public classes of `kernel` have checked, and their own stack. What they ask memory for ahead
///   may lie behind a range: such a request is a hint and cannot fail.
/// - They call nothing, take no lock and never wait. The thread counts as one outside Java
///   meanwhile, so that the garbage collector need not wait for it; they know no heap.
///
/// What is lost: a file that is cut off while it is mapped is an error in Java, and the end of the
/// process in machine code, as in every native engine. Tiles that are kept on disk are only ever
/// replaced by other files.
///
/// Invariants:
///
/// - Results are those of the plain twin to the bit: whole numbers are exact, and what is rounded
///   is rounded in the same order ([dev.backplane.tensor.kernel.KernelForm]).
/// - Every method of [Assembler] is compared with what GNU's disassembler reads in its bytes.
@NullMarked
package dev.backplane.tensor.machine;

import org.jspecify.annotations.NullMarked;
