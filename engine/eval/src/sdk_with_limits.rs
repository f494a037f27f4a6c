//! The SDK of a guest together with the module that tells the guest its limits.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_guest::{LimitNumbers, limits_module};
use hyperspace_sandbox::Limits;

/// Returns the SDK with `hyperspace.limits` for a guest with these limits. Runs name the tree of the SDK without it.
#[must_use]
pub fn sdk_with_limits(sdk: &FileSet, limits: &Limits) -> FileSet {
    let (path, text) = limits_module(&LimitNumbers {
        fuel: limits.fuel,
        memory_bytes: limits.memory_bytes,
        output_bytes: limits.output_bytes,
        file_bytes: limits.file_bytes,
        result_bytes: limits.result_bytes,
    });
    let mut files = sdk.clone();
    if let Ok(path) = RelPath::new(path) {
        // No file of the SDK is a folder with that name, or lies below it.
        drop(files.insert(path, text.into_bytes()));
    }
    files
}
