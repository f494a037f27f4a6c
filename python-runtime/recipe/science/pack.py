"""Packs numpy's Python files as ../pack.py packs the library: byte code only, stored, sorted, one date.

usage: pack.py SOURCES BUILD WORK OUT.zip   (run with the native python; BUILD has the files that numpy's build writes, some of which
name folders below WORK)
"""
import importlib._bootstrap_external as bootstrap
import importlib.util
import pathlib
import sys
import zipfile

# Tests, and what compiles, installs or describes for type checkers.
OMITTED = {"tests", "f2py", "distutils", "_pyinstaller", "__pycache__", "code_generators", "tools", "_build_utils"}
DATE = (1980, 1, 1, 0, 0, 0)
ZIP = "/usr/lib/science.zip"


def sources(root):
    for path in sorted((root / "numpy").rglob("*.py")):
        name = path.relative_to(root)
        if not OMITTED & set(name.parts) and path.name not in ("setup.py", "conftest.py"):
            yield name.as_posix(), path


def main(tree, build, work, out):
    files = dict(sources(pathlib.Path(tree)))
    files |= {name: path for name, path in sources(pathlib.Path(build)) if ".p/" not in name}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(files.items()):
            source = path.read_bytes().replace(work.encode(), b"/build")
            code = compile(source, f"{ZIP}/{name}", "exec", dont_inherit=True, optimize=0)
            info = zipfile.ZipInfo(name + "c", DATE)
            info.create_system = 3
            info.external_attr = 0o444 << 16
            archive.writestr(info, bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False)))
    print(len(files), "modules of numpy", file=sys.stderr)


main(*sys.argv[1:])
