"""Writes manifest.json (digests and sizes of what is inside, what it was made from) and digests.rs (the same for the crate).

usage: python manifest.py OUT_DIR MODULE GUEST_ROOT INPUTS VERSIONS... DIGEST_TOOL
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


def main(out, module, guest, inputs, python, llvm, libc, zlib, tool):
    guest = pathlib.Path(guest)
    sdk = guest / "sdk"
    pins = [line.split(None, 1) for line in pathlib.Path(inputs).read_text().splitlines()]
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
        "inputs_sha256": {name: digest for digest, name in pins},
    }
    out = pathlib.Path(out)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    constants = "".join(
        f"pub(crate) const {name.upper()}_{field.upper()}: {kind} = {json.dumps(manifest[name][field])};\n"
        for name in ("module", "memory", "stdlib")
        for field, kind in (("bytes", "usize"), ("blake3", "&str"))
    )
    (out / "digests.rs").write_text("// Written by recipe/manifest.py.\n" + constants)


main(*sys.argv[1:])
