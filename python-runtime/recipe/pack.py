"""Packs the guest's standard library: byte code only, stored, sorted, one date, so that equal inputs give equal bytes.

usage: python pack.py LIB_DIR SYSCONFIGDATA BUILD_DIR OUT.zip   (run with the native python of the same source)
"""
import importlib._bootstrap_external as bootstrap
import importlib.util
import pathlib
import sys
import zipfile

# Left out: tests, and what cannot work without terminals, displays, dynamic loading, package installation or a C library.
OMITTED = {
    "__phello__", "_aix_support.py", "_android_support.py", "_apple_support.py", "_ios_support.py", "_osx_support.py",
    "ctypes", "curses", "ensurepip", "idlelib", "pydoc_data", "site-packages", "sqlite3", "test", "tkinter",
    "turtle.py", "turtledemo", "venv",
}
DATE = (1980, 1, 1, 0, 0, 0)
ZIP = "/usr/lib/python313.zip"


def sources(lib):
    for path in sorted(lib.rglob("*.py")):
        relative = path.relative_to(lib)
        if relative.parts[0] not in OMITTED and "__pycache__" not in relative.parts:
            yield relative.as_posix(), path.read_bytes()


def byte_code(name, source):
    code = compile(source, f"{ZIP}/{name}", "exec", dont_inherit=True, optimize=0)
    return bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False))


def main(lib, sysconfigdata, build, out):
    entries = dict(sources(pathlib.Path(lib)))
    # The one file that names directories of the build machine.
    data = pathlib.Path(sysconfigdata)
    entries[data.name] = data.read_bytes().replace(build.encode(), b"/build")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sorted(entries.items()):
            info = zipfile.ZipInfo(name + "c", DATE)
            info.create_system = 3
            info.external_attr = 0o444 << 16
            archive.writestr(info, byte_code(name, source))
    print(len(entries), "modules", file=sys.stderr)


main(*sys.argv[1:])
