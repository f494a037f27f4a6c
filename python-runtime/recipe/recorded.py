"""The common part of both manifests: digests, pins, and the two files that are written."""
import hashlib
import json
import pathlib
import subprocess


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


def write(out, manifest, names, writer):
    """Writes manifest.json and, with the digests and lengths of these names, digests.rs."""
    out = pathlib.Path(out)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    constants = "".join(
        f"pub(crate) const {name.upper()}_{field.upper()}: {kind} = {json.dumps(manifest[name][field])};\n"
        for name in names
        for field, kind in (("bytes", "usize"), ("blake3", "&str"))
    )
    (out / "digests.rs").write_text(f"// Written by {writer}.\n" + constants)
