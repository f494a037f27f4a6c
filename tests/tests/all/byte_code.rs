//! The byte code of our own modules is what the interpreter makes of their sources, so that a guest which imports them need not compile
//! them. After a change of a module, the second test makes it again:
//!
//! ```sh
//! cargo test --release --workspace --test all -- byte_code:: --ignored
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{Job, Mount, Outcome};
use hyperspace_testkit::paths::repository;
use hyperspace_testkit::{runtime, sandbox};
use serde_json::json;

/// The folders below `guest-sdk/` whose modules have byte code.
const FOLDERS: [&str; 6] = ["agent-layer", "bridge", "python/agent", "reductions", "session", "values"];

/// Compiles as the interpreter's own import does. The hash of the source is not checked when the module is imported.
const COMPILER: &str = r#"
from importlib import _bootstrap_external, util

def byte_code(folder, path):
    with open(f"{folder}/{path}", "rb") as file:
        source = file.read()
    code = compile(source, f"{folder}/{path}", "exec", dont_inherit=True)
    return bytes(_bootstrap_external._code_to_hash_pyc(code, util.source_hash(source), False)).hex()
"#;

fn sources(folder: &Path, below: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(folder, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// Returns the byte code of every module, as hexadecimal digits, by the file that holds it.
fn compiled() -> BTreeMap<PathBuf, String> {
    let sdk = repository().join("guest-sdk");
    let mut made = BTreeMap::new();
    for name in FOLDERS {
        let mut files = BTreeMap::new();
        sources(&sdk.join(name), &sdk.join(name), &mut files);
        assert!(!files.is_empty(), "{name} has no modules");
        let mount = Mount::read_only(RelPath::new(name).unwrap(), FileSet::from_files(&files).unwrap());
        for path in files.keys() {
            let job = Job::call("compiler", "byte_code", vec![json!(format!("/{name}")), json!(path)])
                .mount(mount.clone())
                .mount(Mount::read_only(
                    RelPath::new("compiler").unwrap(),
                    FileSet::from_files([("compiler.py", COMPILER)]).unwrap(),
                ))
                .python_path("/compiler");
            let report = runtime().block_on(sandbox().run(job)).unwrap();
            assert_eq!(report.outcome, Outcome::Completed, "{path}: {:?}", report.traceback);
            let digits = report.result.unwrap().as_str().unwrap().to_owned();
            made.insert(sdk.join("byte-code").join(name).join(format!("{path}c")), digits);
        }
    }
    made
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_byte_code_is_that_of_the_sources() {
    let stale: Vec<PathBuf> = compiled()
        .into_iter()
        .filter(|(path, digits)| {
            std::fs::read(path).map(|bytes| hexadecimal(&bytes)).ok().as_ref() != Some(digits)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(stale.is_empty(), "make it again with `-- --ignored`: {stale:?}");
}

#[test]
#[ignore = "writes guest-sdk/byte-code"]
fn make_the_byte_code() {
    for (path, digits) in compiled() {
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, (0..digits.len()).step_by(2).map(byte).collect::<Vec<u8>>()).unwrap();
    }
}
