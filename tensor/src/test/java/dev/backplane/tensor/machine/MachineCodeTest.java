package dev.backplane.tensor.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.tensor.machine.Cpu.Feature;
import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class MachineCodeTest {
    private static final String LINUX = "Linux/amd64";
    private static final Set<Feature> ALL = EnumSet.allOf(Feature.class);

    @Test
    void saysWhatStandsAgainstIt() {
        Set<Feature> some = EnumSet.complementOf(EnumSet.of(Feature.AVX512_VNNI));

        assertThat(MachineCode.obstacle(LINUX, () -> ALL)).isEmpty();
        assertThat(MachineCode.obstacle("Mac OS X/aarch64", () -> ALL))
                .contains("there is none for Mac OS X/aarch64");
        assertThat(MachineCode.obstacle(LINUX, () -> some))
                .contains("the processor lacks [AVX512_VNNI]");
        assertThat(
                        MachineCode.obstacle(
                                LINUX,
                                () -> {
                                    throw new RefusedException("the system says no");
                                }))
                .contains("the system says no");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void callsWhatItWrote() throws RefusedException {
        Assembler code = new Assembler();
        code.mov(Gpr.RAX, Gpr.RSI);
        code.add(Gpr.RAX, Gpr.R9);
        code.mov(At.of(Gpr.RDI, 8), Gpr.RAX);
        code.ret();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(16, 8);
            Code.of(code.bytes()).run(answer.address(), 40, 0, 0, 0, 2);
            assertThat(answer.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(42);
        }
    }

    /// The JVM's own code is both; ours is not.
    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void codeCannotBeWritten() throws RefusedException, IOException {
        Assembler code = new Assembler();
        code.ret();
        long address = Code.of(code.bytes()).address();

        assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .filteredOn(line -> holds(line, address))
                .singleElement()
                .asString()
                .contains(" r-xp ");
    }

    /// @param line such as `7f0000000000-7f0000001000 r-xp …`
    private static boolean holds(String line, long address) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-");
        return Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
                && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0;
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void aRefusalOfTheSystemIsSaid() {
        assertThatThrownBy(() -> Code.of(new byte[0]))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("gives no memory");
    }
}
