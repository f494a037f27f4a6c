"""Packs the Python files of numpy and scipy as ../pack.py packs the library: byte code only, stored, sorted, one date.

usage: pack.py NUMPY NUMPY_BUILD SCIPY_BUILD WORK OUT.zip   (run with the native python; numpy's sources, and what meson made of both,
some of which names folders below WORK)
"""
import ast
import importlib._bootstrap_external as bootstrap
import importlib.util
import io
import json
import pathlib
import sys
import zipfile

sys.path.append(str(pathlib.Path(__file__).parent))
import modules

# Tests, and what compiles, installs or describes for type checkers.
OMITTED = {"tests", "f2py", "ctypeslib", "distutils", "_pyinstaller", "__pycache__", "code_generators", "tools", "_build_utils", "vendor_tests"}
# Parts of scipy whose purpose is not here: downloads, and ODRPACK in Fortran.
ABSENT = ("scipy/datasets", "scipy/misc", "scipy/odr")
# Parts that nothing imports here: a slow reader of Matrix Market files is in its place, texts that were built in, other array libraries.
UNUSED = ("scipy/io/_fast_matrix_market/", "scipy/special/_add_newdocs.py", "scipy/_external/array_api_compat/cupy/",
          "scipy/_external/array_api_compat/dask/", "scipy/_external/array_api_compat/torch/")
# Modules that others import, and that are not linked (modules.py): what needs them.
STAND_INS = {"scipy.stats._unuran.unuran_wrapper": "scipy.stats.sampling and FastGeneratorInversion need UNU.RAN"}
# Parts of numpy that `from numpy import *` imports, and nobody can use.
UNUSABLE = ("f2py", "ctypeslib")
REFUSAL = """
WHY = "which is not a part of this runtime (docs/science.md has what is)"
__spec__.origin = WHY  # the message of an import of names ends with it


def __getattr__(name):
    # Whoever looks a name up in all modules, as pickle does, expects no other exception.
    raise AttributeError(name if name.startswith("__") else f"numpy.PART.{name} belongs to numpy.PART, {WHY}")
"""
NOT_A_MODULE = ("setup.py", "conftest.py", "_precompute")
DATE = (1980, 1, 1, 0, 0, 0)
ZIP = "/usr/lib/science.zip"


def numpy(root):
    for path in sorted((root / "numpy").rglob("*.py")):
        name = path.relative_to(root)
        if not OMITTED & set(name.parts) and path.name not in NOT_A_MODULE:
            yield name.as_posix(), path.read_bytes()


def installed(build):
    """Name and path of everything that an installation of scipy has."""
    for source, place in json.loads((build / "meson-info/intro-installed.json").read_text()).items():
        yield place.partition("-packages/")[2], pathlib.Path(source)


def scipy(build):
    for name, source in installed(build):
        parts = pathlib.PurePath(name).parts
        if name.endswith(".py") and not OMITTED & set(parts) and not {*NOT_A_MODULE} & set(parts):
            if not name.startswith((*(f"{package}/" for package in ABSENT), *UNUSED)):
                yield name, source.read_bytes()
        elif name == "scipy/stats/_sobol_direction_numbers.npz":
            yield name, unpacked(source)
    stand_in = (pathlib.Path(__file__).parent / "absent.py").read_text()
    for name, what in STAND_INS.items():
        yield f"{name.replace('.', '/')}.py", stand_in.replace("WHAT", what).encode()
    for package in ABSENT:
        text = f'raise ImportError("{package.replace("/", ".")} is not a part of this runtime (docs/science.md has what is)")\n'
        yield f"{package}/__init__.py", text.encode()


def unpacked(source):
    """A zip of files that are stored as they are: what compresses the library does it better."""
    whole = io.BytesIO()
    with zipfile.ZipFile(source) as files, zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as out:
        for info in files.infolist():
            out.writestr(zipfile.ZipInfo(info.filename, DATE), files.read(info))
    return whole.getvalue()


def without_texts(source):
    """The syntax tree with empty docstrings: a third of scipy's byte code, which nobody reads in a guest. They stay texts, as some are edited."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        first = node.body[0] if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            first.value.value = ""
    return tree


def main(tree, numpy_build, scipy_build, work, out):
    files = dict(numpy(pathlib.Path(tree)))
    files |= {name: text for name, text in numpy(pathlib.Path(numpy_build)) if ".p/" not in name}
    files |= {f"numpy/{part}/__init__.py": REFUSAL.replace("PART", part).encode() for part in UNUSABLE}
    files |= dict(scipy(pathlib.Path(scipy_build)))
    files |= {path.name: path.read_bytes() for path in sorted((pathlib.Path(__file__).parent / "library").glob("*.py"))}
    # Packages without a text of their own, which a folder would not need.
    for name in list(files):
        for folder in pathlib.PurePosixPath(name).parents[:-1]:
            files.setdefault(f"{folder}/__init__.py", b"")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            if name.endswith(".py"):
                source = content.replace(work.encode(), b"/build")
                tree = without_texts(source) if name.startswith("scipy/") else source
                code = compile(tree, f"{ZIP}/{name}", "exec", dont_inherit=True, optimize=0)
                name, content = name + "c", bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False))
            info = zipfile.ZipInfo(name, DATE)
            info.create_system = 3
            info.external_attr = 0o444 << 16
            archive.writestr(info, content)
    print(len(files), "modules of numpy and scipy", file=sys.stderr)


main(*sys.argv[1:])
