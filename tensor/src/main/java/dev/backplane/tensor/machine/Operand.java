package dev.backplane.tensor.machine;

/// What an instruction works on.
sealed interface Operand {
    /// A vector of 512 bits, `zmm0` to `zmm31`.
    record Zmm(int number) implements Operand {
        public Zmm {
            check(number, 32);
        }
    }

    /// Memory at an address in a register, or at a constant of the code itself.
    sealed interface Memory extends Operand permits At, Constant {}

    /// Memory at a register and so many bytes.
    ///
    /// @param index a register that is added, `scale` times, 1, 2, 4 or 8; [Gpr#RSP] for none
    /// @param each whether one number of 32 bits is there, for all lanes of a vector
    record At(Gpr base, Gpr index, int scale, int displacement, boolean each) implements Memory {
        static At of(Gpr base, int displacement) {
            return new At(base, Gpr.RSP, 1, displacement, false);
        }

        static At of(Gpr base, Gpr index, int scale) {
            return new At(base, index, scale, 0, false);
        }

        static At each(Gpr base, int displacement) {
            return new At(base, Gpr.RSP, 1, displacement, true);
        }

        /// The same, as an instruction has it that always reads one number.
        At single() {
            return new At(base, index, scale, displacement, false);
        }
    }

    /// A vector that stands behind the code; see [Assembler#constant].
    record Constant(int index) implements Memory {}

    /// A matrix in registers, `tmm0` to `tmm7`: rows of at most 64 bytes.
    record Tile(int number) {
        public Tile {
            check(number, 8);
        }
    }

    /// Which lanes of a vector are written: one of `k1` to `k7`.
    record Mask(int number) {
        /// All of them.
        static final Mask NONE = new Mask(0);

        public Mask {
            check(number, 8);
        }
    }

    /// Registers of 64 bits, in the order of their numbers.
    enum Gpr {
        RAX,
        RCX,
        RDX,
        RBX,
        RSP,
        RBP,
        RSI,
        RDI,
        R8,
        R9,
        R10,
        R11,
        R12,
        R13,
        R14,
        R15
    }

    private static void check(int number, int count) {
        if (number < 0 || number >= count) {
            throw new IllegalArgumentException("no register of number " + number);
        }
    }
}
