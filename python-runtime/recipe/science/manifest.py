"""Writes manifest.json and digests.rs of the science runtime, as ../manifest.py does for the plain one.

usage: python manifest.py OUT_DIR MODULE GUEST_ROOT INPUTS SCIENCE_INPUTS VERSIONS... DIGEST_TOOL
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from recorded import measured, memory, pins, write


def main(out, module, guest, inputs, science_inputs, python, llvm, libc, zlib, numpy, scipy, lapack, bzip2, cython, tool):
    lib = pathlib.Path(guest) / "usr/lib"
    manifest = {
        "abi": 1,
        "module": measured(pathlib.Path(module), tool),
        "memory": memory(module, tool),
        "library": measured(lib / "science.zip", tool),
        "stdlib": measured(lib / "python313.zip", tool),
        "versions": {
            "python": "3.13.5", "numpy": numpy, "scipy": scipy, "LAPACK (Debian)": lapack, "bzip2 (Debian)": bzip2, "Cython": cython, "python3.13 (Debian)": python, "zlib (Debian)": zlib,
            "wasi-libc (Debian)": libc, "LLVM and libc++ (Debian)": llvm, "wasmtime-wizer": "48.0.8",
        },
        "inputs_sha256": pins(inputs, science_inputs),
    }
    write(out, manifest, ("module", "memory", "library"), "recipe/science/manifest.py")


main(*sys.argv[1:])
