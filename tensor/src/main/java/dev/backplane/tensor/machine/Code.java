package dev.backplane.tensor.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A function of machine code. It takes six whole numbers or addresses, in the registers of C's
/// calling convention on Linux (`rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`), and returns nothing. While
/// it runs the garbage collector may go on; so what it works on is memory outside the heap.
///
/// Lives as long as the process: functions are few and small.
public final class Code {
    private static final MethodHandle CALL = call();

    private final MemorySegment entry;

    private Code(MemorySegment entry) {
        this.entry = entry;
    }

    /// Makes instructions executable.
    ///
    /// @throws RefusedException when the system does not allow it
    static Code of(byte[] instructions) throws RefusedException {
        return new Code(ExecutableMemory.of(instructions));
    }

    @SuppressWarnings("restricted") // the launcher and the build allow native access
    private static MethodHandle call() {
        return Linker.nativeLinker()
                .downcallHandle(
                        FunctionDescriptor.ofVoid(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG));
    }

    long address() {
        return entry.address();
    }

    /// Nothing is checked: what the numbers mean, and that all memory is there which the function
    /// will touch, is for the caller to know.
    public void run(long a, long b, long c, long d, long e, long f) {
        try {
            CALL.invokeExact(entry, a, b, c, d, e, f);
        } catch (Throwable thrown) {
            throw new IllegalStateException("machine code throws nothing", thrown);
        }
    }
}
