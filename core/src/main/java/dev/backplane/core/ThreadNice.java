package dev.backplane.core;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// Lets threads step behind others when processors are short. Java's own priorities do nothing on
/// Linux unless the virtual machine is told so with a flag, and then change its own threads, too.
public final class ThreadNice {
    /// About a third of the time that a thread without it gets.
    private static final int BEHIND = 5;

    private ThreadNice() {}

    /// Puts the calling thread behind others for good, and the platform threads that it starts.
    /// Where that cannot be done, as elsewhere than on Linux, it stays as it is: nothing may depend
    /// on it.
    @SuppressWarnings("restricted") // the launcher enables it
    public static void behind() {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup()
                .find("setpriority")
                .map(address ->
                        linker.downcallHandle(
                                address,
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT)))
                .ifPresent(ThreadNice::set);
    }

    /// On Linux a process of the number 0 is the calling thread.
    private static void set(MethodHandle setpriority) {
        try {
            int _ = (int) setpriority.invokeExact(0, 0, BEHIND);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
