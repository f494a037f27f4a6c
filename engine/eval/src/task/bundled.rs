//! The tasks that are part of the program, embedded from `data/tasks`.

/// A bundled task: its name and its files.
type Bundle = (&'static str, &'static [(&'static str, &'static [u8])]);

macro_rules! bundle {
    ($name:literal, $($path:literal),+) => {
        ($name, &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/tasks/", $name, "/", $path)))),+])
    };
}

/// All of them, in alphabetical order.
pub(super) const BUNDLES: [Bundle; 5] = [
    bundle!("bin-packing", "task.toml", "seed/task_agent.py"),
    bundle!("cap-set", "task.toml", "seed/task_agent.py"),
    bundle!("circle-packing", "task.toml", "seed/task_agent.py"),
    bundle!("imo-grading", "task.toml"),
    bundle!("imo-grading-grouped", "task.toml"),
];
