package dev.backplane.tensor.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The processor's unit for products of matrices (AMX), which Linux lets a process use that asks.
final class MatrixUnit {
    private static final boolean HERE = look();

    /// The number of the call `arch_prctl`, what is asked of it, and for what: the contents of
    /// tiles.
    private static final long ARCH_PRCTL = 158;

    private static final long REQUEST_PERMISSION = 0x1023;
    private static final long TILE_DATA = 18;

    private MatrixUnit() {}

    static boolean isHere() {
        return HERE;
    }

    private static boolean look() {
        try {
            return MachineCode.obstacle().isEmpty()
                    && Cpu.features().containsAll(Cpu.MATRICES)
                    && permitted();
        } catch (RefusedException e) {
            return false;
        }
    }

    @SuppressWarnings("restricted") // the launcher and the build allow native access
    private static boolean permitted() {
        Linker linker = Linker.nativeLinker();
        MethodHandle call =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("syscall"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG),
                        Linker.Option.firstVariadicArg(1));
        try {
            return (long) call.invokeExact(ARCH_PRCTL, REQUEST_PERMISSION, TILE_DATA) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("functions of C throw nothing", e);
        }
    }
}
