package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Cpu.Feature;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Whether this process can run machine code of its own.
public final class MachineCode {
    private static final Optional<String> OBSTACLE =
            obstacle(
                    System.getProperty("os.name") + "/" + System.getProperty("os.arch"),
                    Cpu::features);

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

    /// Asks a processor what it can do.
    interface Question {
        Set<Feature> features() throws RefusedException;
    }

    /// @param system what runs, and on what kind of processor
    static Optional<String> obstacle(String system, Question processor) {
        if (!system.equals("Linux/amd64")) {
            return Optional.of("there is none for " + system);
        }
        try {
            Set<Feature> missing = EnumSet.copyOf(Cpu.NEEDED);
            missing.removeAll(processor.features());
            return missing.isEmpty()
                    ? Optional.empty()
                    : Optional.of("the processor lacks " + missing);
        } catch (RefusedException e) {
            return Optional.of(e.reason());
        } catch (IllegalCallerException | ExceptionInInitializerError e) {
            return Optional.of("native access is not enabled");
        }
    }
}
