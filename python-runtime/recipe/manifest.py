"""Writes manifest.json (digests and sizes of what is inside, what it was made from) and digests.rs (the same for the crate).

usage: python manifest.py OUT_DIR MODULE GUEST_ROOT INPUTS VERSIONS... DIGEST_TOOL
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from recorded import blake3, measured, memory, pins, write


def main(out, module, guest, inputs, python, llvm, libc, zlib, tool):
    guest = pathlib.Path(guest)
    sdk = guest / "sdk"
    manifest = {
        "abi": 1,
        "module": measured(pathlib.Path(module), tool),
        "memory": memory(module, tool),
        "stdlib": measured(guest / "usr/lib/python313.zip", tool),
        "sdk_preloaded_blake3": {path.relative_to(sdk).as_posix(): blake3(path, tool) for path in sorted(sdk.rglob("*.py"))},
        "versions": {
            "python": "3.13.5", "python3.13 (Debian)": python, "zlib (Debian)": zlib, "wasi-libc (Debian)": libc,
            "LLVM (Debian)": llvm, "wasmtime-wizer": "48.0.8",
        },
        "inputs_sha256": pins(inputs),
    }
    write(out, manifest, ("module", "memory", "stdlib"), "recipe/manifest.py")


main(*sys.argv[1:])
