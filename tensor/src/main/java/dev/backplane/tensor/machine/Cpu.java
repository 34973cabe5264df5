package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Gpr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;

/// What this processor can do, and the system lets it do.
final class Cpu {
    /// An extension of the instruction set: which question of CPUID, and where its answer is.
    enum Feature {
        AVX512F(7, Answer.EBX, 16),
        AVX512BW(7, Answer.EBX, 30),
        AVX512VL(7, Answer.EBX, 31),
        AVX512_VNNI(7, Answer.ECX, 11),

        /// Matrices of bytes.
        AMX_TILE(7, Answer.EDX, 24),
        AMX_INT8(7, Answer.EDX, 25);

        private final int leaf;
        private final Answer answer;
        private final int bit;

        Feature(int leaf, Answer answer, int bit) {
            this.leaf = leaf;
            this.answer = answer;
            this.bit = bit;
        }
    }

    private enum Answer {
        EAX,
        EBX,
        ECX,
        EDX
    }

    private static final int LEAF_EXTENSIONS = 7;

    /// In ECX of leaf 1: the system saves registers by XSAVE, and says which.
    private static final int OSXSAVE = 27;

    /// In XCR0: SSE, AVX, masks and both halves of the 512-bit registers are saved.
    private static final int VECTORS_SAVED = 0b1110_0110;

    /// There, too: tiles and how they are laid out.
    private static final int TILES_SAVED = 0b11 << 17;

    /// What all functions need.
    static final Set<Feature> NEEDED =
            Set.of(Feature.AVX512F, Feature.AVX512BW, Feature.AVX512VL, Feature.AVX512_VNNI);

    /// What those need that multiply matrices.
    static final Set<Feature> MATRICES = Set.of(Feature.AMX_TILE, Feature.AMX_INT8);

    private Cpu() {}

    /// The features of which this processor has all that they need.
    static Set<Feature> features() throws RefusedException {
        Set<Feature> found = EnumSet.noneOf(Feature.class);
        try (Arena arena = Arena.ofConfined()) {
            Code ask = Code.of(ask());
            if (get(ask, arena, 0, Answer.EAX) < LEAF_EXTENSIONS
                    || (get(ask, arena, 1, Answer.ECX) >> OSXSAVE & 1) == 0) {
                return found;
            }
            int saved = saved(arena);
            if ((saved & VECTORS_SAVED) != VECTORS_SAVED) {
                return found;
            }
            for (Feature feature : Feature.values()) {
                if ((get(ask, arena, feature.leaf, feature.answer) >> feature.bit & 1) == 1) {
                    found.add(feature);
                }
            }
            if ((saved & TILES_SAVED) != TILES_SAVED) {
                found.removeAll(MATRICES);
            }
        }
        return found;
    }

    private static int get(Code ask, Arena arena, int leaf, Answer answer) {
        MemorySegment all = arena.allocate(ValueLayout.JAVA_LONG, Answer.values().length);
        ask.run(leaf, 0, all.address(), 0, 0, 0);
        return (int) all.getAtIndex(ValueLayout.JAVA_LONG, answer.ordinal());
    }

    private static int saved(Arena arena) throws RefusedException {
        Assembler code = new Assembler();
        code.mov(Gpr.RCX, 0);
        code.xgetbv();
        code.mov(At.of(Gpr.RDI, 0), Gpr.RAX);
        code.ret();
        MemorySegment answer = arena.allocate(ValueLayout.JAVA_LONG);
        Code.of(code.bytes()).run(answer.address(), 0, 0, 0, 0, 0);
        return (int) answer.get(ValueLayout.JAVA_LONG, 0);
    }

    /// A function of leaf, subleaf and where to write the four answers.
    private static byte[] ask() {
        Assembler code = new Assembler();
        code.push(Gpr.RBX);
        code.mov(Gpr.R8, Gpr.RDX);
        code.mov(Gpr.RAX, Gpr.RDI);
        code.mov(Gpr.RCX, Gpr.RSI);
        code.cpuid();
        code.mov(At.of(Gpr.R8, 0), Gpr.RAX);
        code.mov(At.of(Gpr.R8, 8), Gpr.RBX);
        code.mov(At.of(Gpr.R8, 16), Gpr.RCX);
        code.mov(At.of(Gpr.R8, 24), Gpr.RDX);
        code.pop(Gpr.RBX);
        code.ret();
        return code.bytes();
    }
}
