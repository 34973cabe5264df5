package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Cpu.Feature;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Whether this process can run machine code of its own.
public final class MachineCode {
    private static final Optional<String> OBSTACLE = look();

    private MachineCode() {}

    /// What stands against it, if anything.
    public static Optional<String> obstacle() {
        return OBSTACLE;
    }

    /// A function of these instructions.
    ///
    /// @throws IllegalStateException where the system lets the process make no code
    static Code code(byte[] instructions) {
        try {
            return Code.of(instructions);
        } catch (RefusedException e) {
            throw new IllegalStateException(e.reason(), e);
        }
    }

    private static Optional<String> look() {
        String system = System.getProperty("os.name") + "/" + System.getProperty("os.arch");
        if (!system.equals("Linux/amd64")) {
            return Optional.of("there is none for " + system.toLowerCase(Locale.ROOT));
        }
        try {
            Set<Feature> missing = EnumSet.complementOf(EnumSet.copyOf(Cpu.features()));
            return missing.isEmpty()
                    ? Optional.empty()
                    : Optional.of("the processor has no " + missing);
        } catch (RefusedException e) {
            return Optional.of(e.reason());
        } catch (IllegalCallerException e) {
            return Optional.of("native access is not enabled");
        }
    }
}
