//! The Python packages a guest imports, embedded as bytes.
//!
//! The host mounts them read-only at `/sdk`. They are plain Python files below `python/`; the interpreter's snapshot has
//! them imported already, from equal bytes. This crate runs nothing.

use std::collections::BTreeMap;

/// Every file, by its path below `/sdk`; sorted.
static FILES: &[(&str, &[u8])] = &[
    ("agent/__init__.py", include_bytes!("../python/agent/__init__.py")),
    ("agent/agentic_loop.py", include_bytes!("../python/agent/agentic_loop.py")),
    ("agent/llm_client.py", include_bytes!("../python/agent/llm_client.py")),
    ("agent/tools/__init__.py", include_bytes!("../python/agent/tools/__init__.py")),
    ("agent/tools/bash_tool.py", include_bytes!("../python/agent/tools/bash_tool.py")),
    ("agent/tools/editor_tool.py", include_bytes!("../python/agent/tools/editor_tool.py")),
    ("agent/tools/registry.py", include_bytes!("../python/agent/tools/registry.py")),
    ("hyperspace/__init__.py", include_bytes!("../python/hyperspace/__init__.py")),
    ("hyperspace/door.py", include_bytes!("../python/hyperspace/door.py")),
    ("hyperspace/drive.py", include_bytes!("../python/hyperspace/drive.py")),
    ("hyperspace/errors.py", include_bytes!("../python/hyperspace/errors.py")),
    ("hyperspace/model.py", include_bytes!("../python/hyperspace/model.py")),
    ("hyperspace/tools.py", include_bytes!("../python/hyperspace/tools.py")),
];

/// The files of the guest's packages: path relative to `/sdk`, with `/` between its parts, to content.
#[must_use]
pub fn sdk_files() -> BTreeMap<&'static str, &'static [u8]> {
    FILES.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn on_disk(dir: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                on_disk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn every_file_is_embedded_and_the_table_is_sorted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let mut found = Vec::new();
        on_disk(&root, &root, &mut found);
        found.sort();
        let table: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(table, found);
        assert_eq!(sdk_files().len(), table.len());
    }
}
