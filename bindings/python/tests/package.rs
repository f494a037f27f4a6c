//! The Python package, as it was built here, passes its own tests in Python.
//!
//! Needs `python3` of version 3.11 or newer; without one the test says so and skips.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies the package and the native module into a folder from which Python imports them.
fn install(into: &Path) {
    let package = into.join("hyperspace");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("python/hyperspace"), &package);
    let built = std::env::current_exe().unwrap();
    let library = built.with_file_name("lib_hyperspace.so");
    assert!(library.is_file(), "{} was not built", library.display());
    std::fs::copy(library, package.join("_hyperspace.abi3.so")).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if path.extension().is_some_and(|extension| extension != "pyc") {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Returns Python, or says why there is none.
fn python() -> Option<PathBuf> {
    let version = "import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))";
    match Command::new("python3").args(["-I", "-c", version]).output() {
        Err(error) => println!("SKIPPED: there is no python3: {error}"),
        Ok(output) if !output.status.success() => println!("SKIPPED: python3 is older than 3.11"),
        Ok(output) => return Some(String::from_utf8(output.stdout).unwrap().trim().into()),
    }
    None
}

/// Runs the tests of a folder, and returns how many there were.
fn tests(python: &Path, packages: &Path, folder: &str) -> u32 {
    let output = Command::new(python)
        .args(["-B", "-m", "unittest", "discover", "-s", folder])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PYTHONPATH", packages)
        .env("HYPERSPACE_CACHE_DIR", hyperspace_testkit::paths::interpreter_cache())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    let ran = text.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok());
    ran.unwrap_or_default()
}

#[test]
fn the_package_passes_its_tests_in_python() {
    let Some(python) = python() else { return };
    let packages = tempfile::tempdir().unwrap();
    install(packages.path());
    for folder in ["tests", "tests/adapters"] {
        assert!(tests(&python, packages.path(), folder) > 0, "no test ran in {folder}");
    }
}

/// Every name that the native module has is in the stubs, and the other way round.
#[test]
fn the_stubs_name_what_there_is() {
    let Some(python) = python() else { return };
    let packages = tempfile::tempdir().unwrap();
    install(packages.path());
    let compare = "
import ast, inspect, pathlib, sys
from hyperspace import _hyperspace as native
stubs = ast.parse(pathlib.Path(native.__file__).with_name('_hyperspace.pyi').read_text())
def public(names): return {name for name in names if not name.startswith('_')}
classes = {node.name: {each.name for each in node.body if isinstance(each, ast.FunctionDef)} for node in stubs.body if isinstance(node, ast.ClassDef)}
assert public(dir(native)) == public(classes), public(dir(native)) ^ public(classes)
for name, methods in classes.items():
    found = vars(getattr(native, name))
    assert public(found) == public(methods), (name, public(found) ^ public(methods))
";
    let output =
        Command::new(python).args(["-B", "-c", compare]).env("PYTHONPATH", packages.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
