package dev.backplane.tensor.machine;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Constant;
import dev.backplane.tensor.machine.Operand.Gpr;
import dev.backplane.tensor.machine.Operand.Mask;
import dev.backplane.tensor.machine.Operand.Tile;
import dev.backplane.tensor.machine.Operand.Zmm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How instructions of x86-64 become bytes (Intel's manual, volume 2, chapter 2). Of 64-bit
/// registers, a prefix REX before the opcode has what does not fit the byte after it; of vectors of
/// 512 bits it is a prefix EVEX:
///
/// ```
/// 62  R X B R' 0 map  W vvvv 1 pp  z L'L b V' mask  opcode  operands  displacement  immediate
/// ```
///
/// R, X, B, R', vvvv and V' are bits of registers' numbers, and stand there inverted.
final class Encoder {
    /// Which table an opcode is from, and which prefix chooses its row.
    record Page(int map, int prefix) {}

    static final Page NP_0F = new Page(1, 0);
    static final Page P66_0F = new Page(1, 1);
    static final Page F3_0F = new Page(1, 2);
    static final Page NP_0F38 = new Page(2, 0);
    static final Page F2_0F38 = new Page(2, 3);
    static final Page F3_0F38 = new Page(2, 2);
    static final Page P66_0F38 = new Page(2, 1);
    static final Page P66_0F3A = new Page(3, 1);

    /// Of an operand that an instruction does not have.
    static final int UNUSED = 0;

    /// After the operands of an instruction comes a byte.
    static final boolean IMMEDIATE = true;

    private static final int VECTOR = 64;
    static final int WORD = 4;
    static final int FOUR_WORDS = 16;

    /// Vectors of 512 bits, and of 128.
    private static final int LENGTH_512 = 2;

    private static final int LENGTH_128 = 0;

    /// Beside a length: lanes that are not written become zero.
    private static final int ZEROING = 4;

    /// In a byte of operands, what says that another follows: the register is no base.
    private static final int SIB = 4;

    /// There, what has no base without displacement: the place is relative to the next instruction.
    private static final int RELATIVE = 5;

    private byte[] bytes = new byte[1_024];
    private int position;
    private final List<Reference> references = new ArrayList<>();

    /// Four bytes that say how far it is to a constant.
    ///
    /// @param end of the instruction, from which it is counted
    private record Reference(int at, int end, int constant) {}

    int position() {
        return position;
    }

    /// All bytes, with constants from `start` on.
    byte[] bytes(int start) {
        int end = position;
        for (Reference reference : references) {
            position = reference.at;
            int32(start + VECTOR * reference.constant - reference.end);
        }
        position = end;
        return Arrays.copyOf(bytes, end);
    }

    void align(int to) {
        while (position % to != 0) {
            raw(0);
        }
    }

    void raw(int... values) {
        for (int value : values) {
            if (position == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * position);
            }
            bytes[position++] = (byte) value;
        }
    }

    void int32(int value) {
        raw(value, value >> 8, value >> 16, value >> 24);
    }

    /// On 64 bits, of two registers.
    void general(int opcode, int register, Gpr other) {
        raw(0x48 | register / 8 << 2 | other.ordinal() / 8, opcode);
        registers(register, other.ordinal());
    }

    /// The same with an opcode of two bytes.
    void general(int first, int second, int register, Gpr other) {
        raw(0x48 | register / 8 << 2 | other.ordinal() / 8, first, second);
        registers(register, other.ordinal());
    }

    void general(int opcode, int register, At memory) {
        raw(0x48 | register / 8 << 2 | extension(memory), opcode);
        memory(register, memory, 1);
    }

    private static int extension(At memory) {
        return memory.index().ordinal() / 8 << 1 | memory.base().ordinal() / 8;
    }

    void move(Gpr to, long value) {
        raw(0x48 | to.ordinal() / 8, 0xB8 | to.ordinal() % 8);
        int32((int) value);
        int32((int) (value >> 32));
    }

    void stack(int opcode, Gpr register) {
        extended(register.ordinal() / 8);
        raw(opcode | register.ordinal() % 8);
    }

    void jump(int condition, int target) {
        raw(0x0F, condition);
        int32(target - (position + 4));
    }

    void prefetch(int level, At memory) {
        extended(extension(memory));
        raw(0x0F, 0x18);
        memory(level, memory, 1);
    }

    private void extended(int bits) {
        if (bits != 0) {
            raw(0x40 | bits);
        }
    }

    void mask(Mask to, Gpr from) {
        raw(0xC4, 0xC1 | (from.ordinal() < 8 ? 0x20 : 0), 0xFB, 0x92);
        registers(to.number(), from.ordinal());
    }

    void vector(Page page, int opcode, Zmm register, int second, Operand third) {
        vector(page, opcode, register, second, third, VECTOR);
    }

    void vector(Page page, int opcode, Zmm register, int second, Operand third, Mask mask) {
        evex(page, opcode, LENGTH_512, register.number(), second, third, mask);
        operands(register.number(), third, VECTOR, 0);
    }

    /// What is not in the mask becomes 0.
    void masked(Page page, int opcode, Zmm register, Zmm other, Mask mask) {
        int length = ZEROING | LENGTH_512;
        evex(page, opcode, length, register.number(), UNUSED, other, mask);
        registers(register.number(), other.number());
    }

    /// @param size of the operand in memory: small displacements are counted in it
    void vector(Page page, int opcode, Zmm register, int second, Operand third, int size) {
        evex(page, opcode, LENGTH_512, register.number(), second, third, Mask.NONE);
        operands(register.number(), third, size, 0);
    }

    /// With a byte that follows.
    void vector(
            Page page,
            int opcode,
            Zmm register,
            int second,
            Operand third,
            int immediate,
            boolean follows) {
        evex(page, opcode, LENGTH_512, register.number(), second, third, Mask.NONE);
        operands(register.number(), third, VECTOR, follows ? 1 : 0);
        raw(immediate);
    }

    /// Shifts have their destination where others have the second operand.
    void shift(int opcode, int kind, Zmm to, Zmm from, int bits) {
        evex(P66_0F, opcode, LENGTH_512, kind, to.number(), from, Mask.NONE);
        registers(kind, from.number());
        raw(bits);
    }

    /// With the lowest 128 bits, or fewer.
    void low(Page page, int opcode, Zmm register, At memory, int size) {
        evex(page, opcode, LENGTH_128, register.number(), UNUSED, memory, Mask.NONE);
        operands(register.number(), memory, size, 0);
    }

    /// Of three tiles.
    void tile(Page page, int opcode, Tile register, Tile other, Tile second) {
        vex(page, opcode, 0, second.number());
        registers(register.number(), other.number());
    }

    /// Of one and its rows in memory.
    void tile(Page page, int opcode, Tile register, At memory) {
        vex(page, opcode, extension(memory), UNUSED);
        memory(register.number(), memory, 1);
    }

    void tiles(Page page, int opcode, int register, Constant memory) {
        vex(page, opcode, 0, UNUSED);
        operands(register, memory, 1, 0);
    }

    /// A prefix of three bytes.
    ///
    /// @param extension bits of index and base
    private void vex(Page page, int opcode, int extension, int second) {
        raw(0xC4, (~extension & 7) << 5 | page.map, (~second & 0xF) << 3 | page.prefix, opcode);
    }

    private void evex(
            Page page, int opcode, int length, int register, int second, Operand third, Mask mask) {
        int base =
                switch (third) {
                    case Zmm vector -> vector.number();
                    case At memory -> memory.base().ordinal() | memory.index().ordinal() / 8 << 4;
                    case Constant _ -> 0;
                };
        boolean each = third instanceof At memory && memory.each();
        int first = not(register, 3) << 7 | not(base, 4) << 6 | not(base, 3) << 5;
        raw(
                0x62,
                first | not(register, 4) << 4 | page.map,
                (~second & 0xF) << 3 | 4 | page.prefix,
                length << 5 | (each ? 0x10 : 0) | not(second, 4) << 3 | mask.number(),
                opcode);
    }

    private static int not(int number, int bit) {
        return ~number >> bit & 1;
    }

    private void operands(int register, Operand third, int size, int following) {
        switch (third) {
            case Zmm vector -> registers(register, vector.number());
            case At memory -> memory(register, memory, memory.each() ? WORD : size);
            case Constant constant -> {
                raw(register % 8 << 3 | RELATIVE);
                int end = position + 4 + following;
                references.add(new Reference(position, end, constant.index()));
                int32(0);
            }
        }
    }

    private void registers(int register, int other) {
        raw(0xC0 | register % 8 << 3 | other % 8);
    }

    private void memory(int register, At memory, int unit) {
        int base = memory.base().ordinal() % 8;
        int displacement = memory.displacement();
        int small = displacement / unit;
        boolean fits = displacement % unit == 0 && small == (byte) small;
        int mode = displacement == 0 && base != RELATIVE ? 0 : fits ? 1 : 2;
        boolean indexed = base == SIB || memory.index() != Gpr.RSP;
        raw(mode << 6 | register % 8 << 3 | (indexed ? SIB : base));
        if (indexed) {
            int scale = Integer.numberOfTrailingZeros(memory.scale());
            raw(scale << 6 | memory.index().ordinal() % 8 << 3 | base);
        }
        if (mode == 1) {
            raw(small);
        } else if (mode == 2) {
            int32(displacement);
        }
    }
}
