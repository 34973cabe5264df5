"""Writes what the tests hold our formats against: the output of the reference implementations.

    python3 golden.py LIBGGML_BASE OUT_DIR

needs numpy, gguf, safetensors and ml_dtypes from PyPI (made with 2.4.6, 0.19.0, 0.8.0, 0.6.0) and
ggml's base library, built without fused multiply-add, which compilers put in as they like:

    cmake -B build -DGGML_NATIVE=OFF -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS=-ffp-contract=off -DCMAKE_CXX_FLAGS=-ffp-contract=off
    cmake --build build --target ggml-base

(made with the ggml of llama.cpp v0.5.0). Where gguf.quants decodes a type too, the script checks
that it agrees with ggml.

types.safetensors holds `input` (F32) and for each type `T.encoded` (what ggml_quantize_chunk makes
of the input without an importance matrix), `T.random` (random bytes as blocks) and `T.decoded`
(the numbers they mean); for the 8-bit floats the same by ml_dtypes. reference.gguf holds a value
of every metadata type and two tensors.
"""

import ctypes
import sys

import gguf
import ml_dtypes
import numpy as np
from gguf.quants import dequantize
from safetensors.numpy import save_file

TYPES = """F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL MXFP4 NVFP4""".split()
TO_FLOAT = {
    "F16": "ggml_fp16_to_fp32_row",
    "BF16": "ggml_bf16_to_fp32_row",
}


def numbers() -> np.ndarray:
    """2,560 numbers in ten runs of 256: what weights look like, and what breaks rounding."""
    random = np.random.default_rng(20261124)
    runs = [random.standard_normal(256) * 0.02 for _ in range(3)]
    runs.append(random.uniform(-1, 1, 256))
    outliers = random.standard_normal(256) * 0.01
    outliers[::37] *= 40
    runs.append(outliers)
    runs.append(np.abs(random.standard_normal(256)))
    runs.append(-np.abs(random.standard_normal(256)) - 0.5)
    steps = np.repeat([0.0, 1.0, -1.0, 0.5, 127.99999, 6.0, 1e-6, -3.0], 32)
    steps[7::32] *= -1
    runs.append(steps)
    halves = (np.arange(256) % 33 - 16) * 0.5
    runs.append(halves)
    zeros = np.zeros(256)
    zeros[200] = 1e-3
    runs.append(zeros)
    return np.concatenate(runs).astype(np.float32)


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def encode(lib, kind, values: np.ndarray) -> np.ndarray:
    block, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros(values.size // block * size, dtype=np.uint8)
    row = 256
    written = lib.ggml_quantize_chunk(
        kind.value, pointer(values), pointer(out), 0, values.size // row, row, None)
    assert written == out.size
    return out


def decode(lib, kind, blocks: np.ndarray) -> np.ndarray:
    block, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros(blocks.size // size * block, dtype=np.float32)
    name = TO_FLOAT.get(kind.name, "dequantize_row_" + kind.name.lower().replace("_k", "_K"))
    function = getattr(lib, name)
    function(pointer(blocks), pointer(out), ctypes.c_int64(out.size))
    return out


def check_with_numpy(kind, blocks: np.ndarray, decoded: np.ndarray):
    with np.errstate(all="ignore"):
        other = dequantize(blocks.reshape(1, -1), kind).ravel()
    same = (other.view(np.uint32) == decoded.view(np.uint32)) | (np.isnan(other) & np.isnan(decoded))
    print(f"{kind.name}: gguf.quants agrees on {same.mean():.1%}")


def make_types(lib, path: str):
    values = numbers()
    random = np.random.default_rng(7)
    tensors = {"input": values}
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        block, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, max(4, 512 // block) * size, dtype=np.uint8)
        decoded = decode(lib, kind, blocks)
        check_with_numpy(kind, blocks, decoded)
        tensors |= {
            f"{name}.encoded": encode(lib, kind, values),
            f"{name}.random": blocks,
            f"{name}.decoded": decoded,
        }
    for name, kind in ("F8_E4M3", ml_dtypes.float8_e4m3fn), ("F8_E5M2", ml_dtypes.float8_e5m2):
        blocks = np.arange(256, dtype=np.uint8)
        tensors |= {
            f"{name}.encoded": (values * 100).astype(kind).view(np.uint8),
            f"{name}.random": blocks,
            f"{name}.decoded": blocks.view(kind).astype(np.float32),
        }
    save_file(tensors, path, metadata={"format": "np", "made by": "golden.py"})


def make_gguf(path: str):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint8("a.uint8", 255)
    writer.add_int8("a.int8", -128)
    writer.add_uint16("a.uint16", 65535)
    writer.add_int16("a.int16", -32768)
    writer.add_uint32("a.uint32", 2**32 - 1)
    writer.add_int32("a.int32", -(2**31))
    writer.add_uint64("a.uint64", 2**64 - 1)
    writer.add_int64("a.int64", -(2**63))
    writer.add_float32("a.float32", 0.1)
    writer.add_float64("a.float64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "naïve 北京 🛫")
    writer.add_array("an.array.of.ints", [1, -2, 3])
    writer.add_array("an.array.of.floats", [0.5, -1.5])
    writer.add_array("an.array.of.strings", ["", "a", "▁the"])
    writer.add_array("an.array.of.bools", [True, False])
    values = np.arange(64, dtype=np.float32).reshape(2, 32)
    writer.add_tensor("token_embd.weight", values)
    quants = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor(
        "output.weight", quants, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    library, folder = sys.argv[1:]
    ggml = ctypes.CDLL(library)
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [
        ctypes.c_int64] * 3 + [ctypes.c_void_p]
    make_types(ggml, folder + "/types.safetensors")
    make_gguf(folder + "/reference.gguf")
