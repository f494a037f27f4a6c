"""Writes manifest.json and digests.rs of the science runtime, as ../manifest.py does for the plain one.

usage: python manifest.py OUT_DIR MODULE GUEST_ROOT INPUTS SCIENCE_INPUTS VERSIONS... DIGEST_TOOL
"""
import hashlib
import json
import pathlib
import subprocess
import sys


def blake3(path, tool):
    return subprocess.run([tool, "--digest", path], check=True, capture_output=True, text=True).stdout.strip()


def memory(module, tool):
    """Digest and length of the memory that a new instance of the module has."""
    line = subprocess.run([tool, "--memory-digest", module], check=True, capture_output=True, text=True).stdout
    digest, length = line.split()
    return {"bytes": int(length), "blake3": digest}


def measured(path, tool):
    data = path.read_bytes()
    return {"bytes": len(data), "blake3": blake3(path, tool), "sha256": hashlib.sha256(data).hexdigest()}


def pins(*files):
    lines = [line.split(None, 1) for file in files for line in pathlib.Path(file).read_text().splitlines()]
    return {name: digest for digest, name in lines}


def main(out, module, guest, inputs, science_inputs, python, llvm, libc, zlib, numpy, scipy, lapack, cython, tool):
    lib, out = pathlib.Path(guest) / "usr/lib", pathlib.Path(out)
    manifest = {
        "abi": 1,
        "module": measured(pathlib.Path(module), tool),
        "memory": memory(module, tool),
        "library": measured(lib / "science.zip", tool),
        "stdlib": measured(lib / "python313.zip", tool),
        "versions": {
            "python": "3.13.5", "numpy": numpy, "scipy": scipy, "LAPACK (Debian)": lapack, "Cython": cython, "python3.13 (Debian)": python, "zlib (Debian)": zlib,
            "wasi-libc (Debian)": libc, "LLVM and libc++ (Debian)": llvm, "wasmtime-wizer": "48.0.8",
        },
        "inputs_sha256": pins(inputs, science_inputs),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    constants = "".join(
        f"pub(crate) const {name.upper()}_{field.upper()}: {kind} = {json.dumps(manifest[name][field])};\n"
        for name in ("module", "memory", "library")
        for field, kind in (("bytes", "usize"), ("blake3", "&str"))
    )
    (out / "digests.rs").write_text("// Written by recipe/science/manifest.py.\n" + constants)


main(*sys.argv[1:])
