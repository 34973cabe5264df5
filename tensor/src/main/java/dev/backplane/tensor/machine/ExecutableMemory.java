package dev.backplane.tensor.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Memory of the system's that is written and, after that, executed: at no time both.
final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;
    private static final int PRIVATE = 2;
    private static final int ANONYMOUS = 0x20;
    private static final long FAILED = -1;

    private static final MethodHandle MAP =
            function(
                    "mmap",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG));

    private static final MethodHandle PROTECT =
            function(
                    "mprotect",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT));

    private static final MethodHandle UNMAP =
            function(
                    "munmap",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private ExecutableMemory() {}

    @SuppressWarnings("restricted") // the launcher and the build allow native access
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }

    /// A copy of these instructions that can be called.
    @SuppressWarnings("restricted") // the launcher and the build allow native access
    static MemorySegment of(byte[] instructions) throws RefusedException {
        long size = instructions.length;
        try {
            long place =
                    (long) MAP.invokeExact(0L, size, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0L);
            if (place == FAILED) {
                throw new RefusedException("the system gives no memory for machine code");
            }
            MemorySegment memory = MemorySegment.ofAddress(place).reinterpret(size);
            MemorySegment.copy(instructions, 0, memory, ValueLayout.JAVA_BYTE, 0, (int) size);
            if ((int) PROTECT.invokeExact(place, size, READ | EXECUTE) != 0) {
                int ignored = (int) UNMAP.invokeExact(place, size);
                throw new RefusedException("the system lets no memory become executable");
            }
            return memory;
        } catch (RefusedException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("functions of C throw nothing", e);
        }
    }
}
