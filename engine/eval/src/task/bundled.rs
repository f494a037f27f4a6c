//! The tasks that are part of the program, embedded from `data/tasks`.

use hyperspace_core::FileSet;

use super::source::file_set;

/// A bundled task: its name and its files.
type Bundle = (&'static str, &'static [(&'static str, &'static [u8])]);

macro_rules! bundle {
    ($name:literal, $($path:literal),+) => {
        ($name, &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/tasks/", $name, "/", $path)))),+])
    };
}

/// All bundled tasks, in alphabetical order.
pub(super) const BUNDLES: [Bundle; 30] = [
    bundle!("autocorrelation-1", "task.toml", "seed/task_agent.py"),
    bundle!("autocorrelation-2", "task.toml", "seed/task_agent.py"),
    bundle!("autocorrelation-3", "task.toml", "seed/task_agent.py"),
    bundle!("bin-packing", "task.toml", "seed/task_agent.py"),
    bundle!("cap-set", "task.toml", "seed/task_agent.py"),
    bundle!("circle-packing", "task.toml", "seed/task_agent.py"),
    bundle!("circles-in-rectangle", "task.toml", "seed/task_agent.py"),
    bundle!("distance-ratio-2d", "task.toml", "seed/task_agent.py"),
    bundle!("distance-ratio-3d", "task.toml", "seed/task_agent.py"),
    bundle!("function-minimum", "task.toml", "seed/task_agent.py"),
    bundle!("heilbronn-convex-13", "task.toml", "seed/task_agent.py"),
    bundle!("heilbronn-convex-14", "task.toml", "seed/task_agent.py"),
    bundle!("heilbronn-triangle", "task.toml", "seed/task_agent.py"),
    bundle!("hexagon-packing-11", "task.toml", "seed/task_agent.py"),
    bundle!("hexagon-packing-12", "task.toml", "seed/task_agent.py"),
    bundle!("imo-grading", "task.toml"),
    bundle!("imo-grading-grouped", "task.toml"),
    bundle!("kissing-number", "task.toml", "seed/task_agent.py"),
    bundle!("matrix-multiplication-2-4-5", "task.toml", "seed/task_agent.py"),
    bundle!("matrix-multiplication-3", "task.toml", "seed/task_agent.py"),
    bundle!("matrix-multiplication-4", "task.toml", "seed/task_agent.py"),
    bundle!("minimum-overlap", "task.toml", "seed/task_agent.py"),
    bundle!("modules", "task.toml", "seed/task_agent.py"),
    bundle!("sorting-network-11", "task.toml", "seed/task_agent.py"),
    bundle!("sorting-network-16", "task.toml", "seed/task_agent.py"),
    bundle!("sorting-networks", "task.toml", "seed/task_agent.py"),
    bundle!("sums-and-differences", "task.toml", "seed/task_agent.py"),
    bundle!("symbolic-regression", "task.toml", "seed/task_agent.py"),
    bundle!("tour", "task.toml", "seed/task_agent.py"),
    bundle!("vliw-kernel", "task.toml", "seed/task_agent.py"),
];

/// The tasks with recorded runs from the time of the first rules for evidence, on which the roots of these runs depend.
const FIRST_EVIDENCE: [&str; 5] =
    ["bin-packing", "cap-set", "circle-packing", "imo-grading", "imo-grading-grouped"];

/// The best known scores of bundled tasks, with their sources. They are not part of the files, so that the digests of recorded runs do
/// not change. There is none for bin packing, whose instances nobody else has solved.
const BEST_KNOWN: [(&str, f64, &str); 2] = [
    ("cap-set", 512.0, "Romera-Paredes et al. 2023 (FunSearch), doi 10.1038/s41586-023-06924-6"),
    ("circle-packing", 2.635_983_077_4, "Wang et al. 2025 (ThetaEvolve), without tolerance"),
];

/// Returns whether these are the files of the bundled task with this name.
fn is_bundle(name: &str, files: &FileSet) -> bool {
    let bundle = BUNDLES.iter().find(|(bundled, _)| *bundled == name);
    bundle.and_then(|(_, bundled)| file_set(name, bundled).ok()).is_some_and(|bundled| bundled == *files)
}

/// Returns the best known score of a bundled task and its source, if these are the files of one that does not state it itself.
pub(super) fn best_known(files: &FileSet) -> Option<(f64, &'static str)> {
    let known = BEST_KNOWN.iter().find(|(name, _, _)| is_bundle(name, files));
    known.map(|(_, score, source)| (*score, *source))
}

/// Returns whether these are the files of a bundled task whose runs were recorded with the first rules of evidence.
pub(super) fn has_first_evidence(files: &FileSet) -> bool {
    FIRST_EVIDENCE.iter().any(|name| is_bundle(name, files))
}
