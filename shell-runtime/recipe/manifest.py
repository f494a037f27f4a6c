"""Writes manifest.json (digest and size of the module, versions of what is inside) and digests.rs (the same for the crate).

usage: python manifest.py OUT_DIR MODULE BLAKE3 MEMORY CARGO_LOCK INPUTS RUST_VERSION

MEMORY is the digest of the module's initial memory, a space, and its length.
"""
import hashlib
import json
import pathlib
import sys
import tomllib


def main(out, module, blake3, memory, lock, inputs, rust):
    data = pathlib.Path(module).read_bytes()
    memory_blake3, memory_bytes = memory.split()
    packages = tomllib.loads(pathlib.Path(lock).read_text())["package"]
    pins = [line.split(None, 1) for line in pathlib.Path(inputs).read_text().splitlines()]
    manifest = {
        "abi": 1,
        "module": {"bytes": len(data), "blake3": blake3, "sha256": hashlib.sha256(data).hexdigest()},
        "memory": {"bytes": int(memory_bytes), "blake3": memory_blake3},
        "versions": {"rust": rust} | {package["name"]: package["version"] for package in packages if "source" in package},
        "crates_sha256": {f"{package['name']}-{package['version']}": package["checksum"] for package in packages if "checksum" in package},
        "inputs_sha256": {name: digest for digest, name in pins},
    }
    out = pathlib.Path(out)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    (out / "digests.rs").write_text(
        "// Written by recipe/manifest.py.\n"
        f"pub(crate) const MODULE_BYTES: usize = {len(data)};\n"
        f'pub(crate) const MODULE_BLAKE3: &str = "{blake3}";\n'
        f"pub(crate) const MEMORY_BYTES: usize = {memory_bytes};\n"
        f'pub(crate) const MEMORY_BLAKE3: &str = "{memory_blake3}";\n'
    )


main(*sys.argv[1:])
