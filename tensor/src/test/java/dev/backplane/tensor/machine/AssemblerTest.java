package dev.backplane.tensor.machine;

import static dev.backplane.tensor.machine.Operand.Gpr.R10;
import static dev.backplane.tensor.machine.Operand.Gpr.R11;
import static dev.backplane.tensor.machine.Operand.Gpr.R12;
import static dev.backplane.tensor.machine.Operand.Gpr.R13;
import static dev.backplane.tensor.machine.Operand.Gpr.R14;
import static dev.backplane.tensor.machine.Operand.Gpr.R15;
import static dev.backplane.tensor.machine.Operand.Gpr.R8;
import static dev.backplane.tensor.machine.Operand.Gpr.R9;
import static dev.backplane.tensor.machine.Operand.Gpr.RAX;
import static dev.backplane.tensor.machine.Operand.Gpr.RBP;
import static dev.backplane.tensor.machine.Operand.Gpr.RBX;
import static dev.backplane.tensor.machine.Operand.Gpr.RCX;
import static dev.backplane.tensor.machine.Operand.Gpr.RDI;
import static dev.backplane.tensor.machine.Operand.Gpr.RDX;
import static dev.backplane.tensor.machine.Operand.Gpr.RSI;
import static dev.backplane.tensor.machine.Operand.Gpr.RSP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.tensor.machine.Operand.At;
import dev.backplane.tensor.machine.Operand.Mask;
import dev.backplane.tensor.machine.Operand.Tile;
import dev.backplane.tensor.machine.Operand.Zmm;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each instruction, with registers on both sides of each bit of their numbers and displacements of
/// each kind, against what objdump of GNU binutils 2.40 reads in its bytes.
class AssemblerTest {
    private static final Zmm Z0 = new Zmm(0);
    private static final Zmm Z1 = new Zmm(1);
    private static final Zmm Z2 = new Zmm(2);
    private static final Zmm Z3 = new Zmm(3);
    private static final Zmm Z4 = new Zmm(4);
    private static final Zmm Z5 = new Zmm(5);
    private static final Zmm Z7 = new Zmm(7);
    private static final Zmm Z9 = new Zmm(9);
    private static final Zmm Z12 = new Zmm(12);
    private static final Zmm Z14 = new Zmm(14);
    private static final Zmm Z15 = new Zmm(15);
    private static final Zmm Z16 = new Zmm(16);
    private static final Zmm Z17 = new Zmm(17);
    private static final Zmm Z18 = new Zmm(18);
    private static final Zmm Z19 = new Zmm(19);
    private static final Zmm Z20 = new Zmm(20);
    private static final Zmm Z21 = new Zmm(21);
    private static final Zmm Z23 = new Zmm(23);
    private static final Zmm Z24 = new Zmm(24);
    private static final Zmm Z25 = new Zmm(25);
    private static final Zmm Z26 = new Zmm(26);
    private static final Zmm Z27 = new Zmm(27);
    private static final Zmm Z28 = new Zmm(28);
    private static final Zmm Z29 = new Zmm(29);
    private static final Zmm Z30 = new Zmm(30);
    private static final Zmm Z31 = new Zmm(31);
    private static final Tile T0 = new Tile(0);
    private static final Tile T1 = new Tile(1);
    private static final Tile T2 = new Tile(2);
    private static final Tile T3 = new Tile(3);
    private static final Tile T4 = new Tile(4);
    private static final Tile T5 = new Tile(5);
    private static final Tile T6 = new Tile(6);
    private static final Tile T7 = new Tile(7);

    /// @param text as `objdump -D -b binary -m i386:x86-64 -M intel` has it
    record Case(String bytes, String text, Consumer<Assembler> instruction) {
        @Override
        public String toString() {
            return text;
        }
    }

    @ParameterizedTest
    @MethodSource({"numbers", "control", "loads", "moves", "wholes", "floats", "matrices"})
    void instructionsHaveTheirBytes(Case expected) {
        Assembler code = new Assembler();
        expected.instruction.accept(code);
        byte[] bytes = HexFormat.of().parseHex(expected.bytes);

        assertThat(code.bytes()).isEqualTo(Arrays.copyOf(bytes, 64));
    }

    static Stream<Case> numbers() {
        return Stream.of(
                new Case("4889e5", "mov rbp,rsp", code -> code.mov(RBP, RSP)),
                new Case("4989fc", "mov r12,rdi", code -> code.mov(R12, RDI)),
                new Case("4c89fa", "mov rdx,r15", code -> code.mov(RDX, R15)),
                new Case(
                        "48b83333333333333333",
                        "movabs rax,0x3333333333333333",
                        code -> code.mov(RAX, 0x3333_3333_3333_3333L)),
                new Case(
                        "49b9feffffffffffffff",
                        "movabs r9,0xfffffffffffffffe",
                        code -> code.mov(R9, -2)),
                new Case(
                        "4c8b4730",
                        "mov r8,QWORD PTR [rdi+0x30]",
                        code -> code.mov(R8, At.of(RDI, 48))),
                new Case(
                        "49894500",
                        "mov QWORD PTR [r13+0x0],rax",
                        code -> code.mov(At.of(R13, 0), RAX)),
                new Case(
                        "4c89742408",
                        "mov QWORD PTR [rsp+0x8],r14",
                        code -> code.mov(At.of(RSP, 8), R14)),
                new Case(
                        "49891c24",
                        "mov QWORD PTR [r12],rbx",
                        code -> code.mov(At.of(R12, 0), RBX)),
                new Case(
                        "4c8d9700020000",
                        "lea r10,[rdi+0x200]",
                        code -> code.lea(R10, At.of(RDI, 0x200))),
                new Case("488d4ec0", "lea rcx,[rsi-0x40]", code -> code.lea(RCX, At.of(RSI, -64))),
                new Case(
                        "4b8d4c7500",
                        "lea rcx,[r13+r14*2+0x0]",
                        code -> code.lea(RCX, At.of(R13, R14, 2))),
                new Case("4901c5", "add r13,rax", code -> code.add(R13, RAX)),
                new Case(
                        "4881c400fcffff",
                        "add rsp,0xfffffffffffffc00",
                        code -> code.add(RSP, -1024)),
                new Case(
                        "48036f18",
                        "add rbp,QWORD PTR [rdi+0x18]",
                        code -> code.add(RBP, At.of(RDI, 24))),
                new Case("48f7d8", "neg rax", code -> code.neg(RAX)),
                new Case(
                        "4881e4c0ffffff", "and rsp,0xffffffffffffffc0", code -> code.and(RSP, -64)),
                new Case("4869c240040000", "imul rax,rdx,0x440", code -> code.imul(RAX, RDX, 1088)),
                new Case(
                        "4d69cbfdffffff",
                        "imul r9,r11,0xfffffffffffffffd",
                        code -> code.imul(R9, R11, -3)));
    }

    static Stream<Case> control() {
        return Stream.of(
                new Case("4881fa08000000", "cmp rdx,0x8", code -> code.cmp(RDX, 8)),
                new Case("4d0f44d4", "cmove r10,r12", code -> code.cmove(R10, R12)),
                new Case("480f44c7", "cmove rax,rdi", code -> code.cmove(RAX, RDI)),
                new Case("48ffca", "dec rdx", code -> code.dec(RDX)),
                new Case("49ffcf", "dec r15", code -> code.dec(R15)),
                new Case("0f85faffffff", "jne 0x0", code -> code.jnz(new Assembler.Label(0))),
                new Case("55", "push rbp", code -> code.push(RBP)),
                new Case("4155", "push r13", code -> code.push(R13)),
                new Case("5b", "pop rbx", code -> code.pop(RBX)),
                new Case("415e", "pop r14", code -> code.pop(R14)),
                new Case("c3", "ret", code -> code.ret()),
                new Case("0fa2", "cpuid", code -> code.cpuid()),
                new Case("0f01d0", "xgetbv", code -> code.xgetbv()),
                new Case(
                        "0f180e",
                        "prefetcht0 BYTE PTR [rsi]",
                        code -> code.prefetcht0(At.of(RSI, 0))),
                new Case(
                        "410f188bc0030000",
                        "prefetcht0 BYTE PTR [r11+0x3c0]",
                        code -> code.prefetcht0(At.of(R11, 960))),
                new Case(
                        "410f180c06",
                        "prefetcht0 BYTE PTR [r14+rax*1]",
                        code -> code.prefetcht0(At.of(R14, RAX, 1))),
                new Case("c5f877", "vzeroupper", code -> code.vzeroupper()),
                new Case("c4e1fb92c8", "kmovq k1,rax", code -> code.kmovq(new Mask(1), RAX)),
                new Case("c4c1fb92d1", "kmovq k2,r9", code -> code.kmovq(new Mask(2), R9)));
    }

    static Stream<Case> loads() {
        return Stream.of(
                new Case(
                        "62617e486f3e",
                        "vmovdqu32 zmm31,ZMMWORD PTR [rsi]",
                        code -> code.vmovdqu32(Z31, At.of(RSI, 0))),
                new Case(
                        "62f17e486f6c2403",
                        "vmovdqu32 zmm5,ZMMWORD PTR [rsp+0xc0]",
                        code -> code.vmovdqu32(Z5, At.of(RSP, 192))),
                new Case(
                        "62517e486f6581",
                        "vmovdqu32 zmm12,ZMMWORD PTR [r13-0x1fc0]",
                        code -> code.vmovdqu32(Z12, At.of(R13, -8128))),
                new Case(
                        "62717e486f657f",
                        "vmovdqu32 zmm12,ZMMWORD PTR [rbp+0x1fc0]",
                        code -> code.vmovdqu32(Z12, At.of(RBP, 8128))),
                new Case(
                        "62717e486fa500200000",
                        "vmovdqu32 zmm12,ZMMWORD PTR [rbp+0x2000]",
                        code -> code.vmovdqu32(Z12, At.of(RBP, 8192))),
                new Case(
                        "62f17e486f9a24000000",
                        "vmovdqu32 zmm3,ZMMWORD PTR [rdx+0x24]",
                        code -> code.vmovdqu32(Z3, At.of(RDX, 36))),
                new Case(
                        "62417e486f3c44",
                        "vmovdqu32 zmm31,ZMMWORD PTR [r12+rax*2]",
                        code -> code.vmovdqu32(Z31, At.of(R12, RAX, 2))),
                new Case(
                        "62b17e486f1409",
                        "vmovdqu32 zmm2,ZMMWORD PTR [rcx+r9*1]",
                        code -> code.vmovdqu32(Z2, At.of(RCX, R9, 1))),
                new Case(
                        "62c17e487f4801",
                        "vmovdqu32 ZMMWORD PTR [r8+0x40],zmm17",
                        code -> code.vmovdqu32(At.of(R8, 64), Z17)),
                new Case(
                        "62f17e08117a09",
                        "vmovss DWORD PTR [rdx+0x24],xmm7",
                        code -> code.vmovss(At.of(RDX, 36), Z7)),
                new Case(
                        "62417e081030",
                        "vmovss xmm30,DWORD PTR [r8]",
                        code -> code.vmovss(Z30, At.of(R8, 0))),
                new Case(
                        "62c17c08116001",
                        "vmovups XMMWORD PTR [r8+0x10],xmm20",
                        code -> code.vmovupsXmm(At.of(R8, 16), Z20)),
                new Case(
                        "62617c081037",
                        "vmovups xmm30,XMMWORD PTR [rdi]",
                        code -> code.vmovupsXmm(Z30, At.of(RDI, 0))),
                new Case(
                        "62627d48585909",
                        "vpbroadcastd zmm27,DWORD PTR [rcx+0x24]",
                        code -> code.vpbroadcastd(Z27, At.of(RCX, 36))),
                new Case(
                        "62d27d485881e8030000",
                        "vpbroadcastd zmm0,DWORD PTR [r9+0x3e8]",
                        code -> code.vpbroadcastd(Z0, At.each(R9, 1000))));
    }

    static Stream<Case> moves() {
        return Stream.of(
                new Case("62017d486fef", "vmovdqa32 zmm29,zmm31", code -> code.vmovdqa32(Z29, Z31)),
                new Case("62f17d486fc8", "vmovdqa32 zmm1,zmm0", code -> code.vmovdqa32(Z1, Z0)),
                new Case(
                        "62b17dc96fed",
                        "vmovdqa32 zmm5{k1}{z},zmm21",
                        code -> code.vmovdqa32(Z5, new Mask(1), Z21)),
                new Case(
                        "62f27e48214a01",
                        "vpmovsdb XMMWORD PTR [rdx+0x10],zmm1",
                        code -> code.vpmovsdb(At.of(RDX, 16), Z1)),
                new Case(
                        "62725d4036c9", "vpermd zmm9,zmm20,zmm1", code -> code.vpermd(Z9, Z20, Z1)),
                new Case(
                        "62020d4100ea",
                        "vpshufb zmm29{k1},zmm30,zmm26",
                        code -> code.vpshufb(Z29, new Mask(1), Z30, Z26)),
                new Case(
                        "6242654a00f1",
                        "vpshufb zmm30{k2},zmm3,zmm9",
                        code -> code.vpshufb(Z30, new Mask(2), Z3, Z9)),
                new Case(
                        "62b36d4823da4e",
                        "vshuff32x4 zmm3,zmm2,zmm18,0x4e",
                        code -> code.vshuff32x4(Z3, Z2, Z18, 0x4E)),
                new Case(
                        "62637d4804f2b1",
                        "vpermilps zmm30,zmm2,0xb1",
                        code -> code.vpermilps(Z30, Z2, 0xB1)));
    }

    static Stream<Case> wholes() {
        return Stream.of(
                new Case(
                        "6212154050fb",
                        "vpdpbusd zmm15,zmm29,zmm27",
                        code -> code.vpdpbusd(Z15, Z29, Z27)),
                new Case(
                        "62f27558504101",
                        "vpdpbusd zmm0,zmm1,DWORD BCST [rcx+0x4]",
                        code -> code.vpdpbusd(Z0, Z1, At.each(RCX, 4))),
                new Case(
                        "62b16548fed0", "vpaddd zmm2,zmm3,zmm16", code -> code.vpaddd(Z2, Z3, Z16)),
                new Case(
                        "62f16540faff", "vpsubd zmm7,zmm19,zmm7", code -> code.vpsubd(Z7, Z19, Z7)),
                new Case(
                        "62210d40dbe7",
                        "vpandd zmm28,zmm30,zmm23",
                        code -> code.vpandd(Z28, Z30, Z23)),
                new Case(
                        "62010540efff",
                        "vpxord zmm31,zmm31,zmm31",
                        code -> code.vpxord(Z31, Z31, Z31)),
                new Case(
                        "62e15550ef68ff",
                        "vpxord zmm21,zmm21,DWORD BCST [rax-0x4]",
                        code -> code.vpxord(Z21, Z21, At.each(RAX, -4))),
                new Case(
                        "62630d4025faf8",
                        "vpternlogd zmm31,zmm30,zmm2,0xf8",
                        code -> code.vpternlogd(Z31, Z30, Z2, 0xF8)),
                new Case(
                        "62910d4071d604",
                        "vpsrlw zmm30,zmm30,0x4",
                        code -> code.vpsrlw(Z30, Z30, 4)),
                new Case(
                        "6291454071f702",
                        "vpsllw zmm23,zmm31,0x2",
                        code -> code.vpsllw(Z23, Z31, 2)),
                new Case(
                        "62910d4072d718",
                        "vpsrld zmm30,zmm31,0x18",
                        code -> code.vpsrld(Z30, Z31, 24)),
                new Case(
                        "62f10d4072e118",
                        "vpsrad zmm30,zmm1,0x18",
                        code -> code.vpsrad(Z30, Z1, 24)),
                new Case(
                        "62b1454872f007", "vpslld zmm7,zmm16,0x7", code -> code.vpslld(Z7, Z16, 7)),
                new Case(
                        "62627d48330406",
                        "vpmovzxwd zmm24,YMMWORD PTR [rsi+rax*1]",
                        code -> code.vpmovzxwd(Z24, At.of(RSI, RAX, 1))),
                new Case(
                        "62217548fcf7",
                        "vpaddb zmm30,zmm1,zmm23",
                        code -> code.vpaddb(Z30, Z1, Z23)));
    }

    static Stream<Case> floats() {
        return Stream.of(
                new Case(
                        "62627d48134f01",
                        "vcvtph2ps zmm25,YMMWORD PTR [rdi+0x20]",
                        code -> code.vcvtph2ps(Z25, At.of(RDI, 32))),
                new Case(
                        "62627d48138704000000",
                        "vcvtph2ps zmm24,YMMWORD PTR [rdi+0x4]",
                        code -> code.vcvtph2ps(Z24, At.of(RDI, 4))),
                new Case("62517c485bf6", "vcvtdq2ps zmm14,zmm14", code -> code.vcvtdq2ps(Z14, Z14)),
                new Case("62b17d485bc1", "vcvtps2dq zmm0,zmm17", code -> code.vcvtps2dq(Z0, Z17)),
                new Case(
                        "62913c4058c6",
                        "vaddps zmm0,zmm24,zmm30",
                        code -> code.vaddps(Z0, Z24, Z30)),
                new Case(
                        "6211044859f8",
                        "vmulps zmm15,zmm15,zmm24",
                        code -> code.vmulps(Z15, Z15, Z24)),
                new Case(
                        "62b16c485ee1", "vdivps zmm4,zmm2,zmm17", code -> code.vdivps(Z4, Z2, Z17)),
                new Case("62f16c485fd3", "vmaxps zmm2,zmm2,zmm3", code -> code.vmaxps(Z2, Z2, Z3)),
                new Case(
                        "62f16440c2cc01",
                        "vcmpltps k1,zmm19,zmm4",
                        code -> code.vcmpltps(new Mask(1), Z19, Z4)),
                new Case(
                        "62820d48b8e7",
                        "vfmadd231ps zmm20,zmm14,zmm31",
                        code -> code.vfmadd231ps(Z20, Z14, Z31)),
                new Case(
                        "62f27558b85914",
                        "vfmadd231ps zmm3,zmm1,DWORD BCST [rcx+0x50]",
                        code -> code.vfmadd231ps(Z3, Z1, At.each(RCX, 80))),
                new Case(
                        "62e17c485b442409",
                        "vcvtdq2ps zmm16,ZMMWORD PTR [rsp+0x240]",
                        code -> code.vcvtdq2ps(Z16, At.of(RSP, 576))));
    }

    static Stream<Case> matrices() {
        return Stream.of(
                new Case("c4e27849c0", "tilerelease", code -> code.tilerelease()),
                new Case("c4e27b49d8", "tilezero tmm3", code -> code.tilezero(T3)),
                new Case(
                        "c4e27b4b0c06",
                        "tileloadd tmm1,[rsi+rax*1]",
                        code -> code.tileloadd(T1, At.of(RSI, RAX, 1))),
                new Case(
                        "c4827b4b0411",
                        "tileloadd tmm0,[r9+r10*1]",
                        code -> code.tileloadd(T0, At.of(R9, R10, 1))),
                new Case(
                        "c4e27a4b341c",
                        "tilestored [rsp+rbx*1],tmm6",
                        code -> code.tilestored(At.of(RSP, RBX, 1), T6)),
                new Case("c4e26b5ed8", "tdpbssd tmm3,tmm0,tmm2", code -> code.tdpbssd(T3, T0, T2)),
                new Case("c4e2535efc", "tdpbssd tmm7,tmm4,tmm5", code -> code.tdpbssd(T7, T4, T5)));
    }

    @Test
    void registersThatAreNotThereAreRefused() {
        assertThatThrownBy(() -> new Zmm(32)).hasMessageContaining("no register of number 32");
        assertThatThrownBy(() -> new Mask(8)).hasMessageContaining("no register of number 8");
    }
}
