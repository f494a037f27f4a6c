//! The rooms of an evaluator and a program: everything that each of the two guests sees.
//!
//! | path | evaluator | program |
//! |---|---|---|
//! | `/task` | the task's folder, read-only, labels included | what `scorer.visible` names |
//! | `/repo` | the program's files, read-only, to be read as text | the same, to run |
//! | `/packages` | the task's packages | the same |
//! | `/bridge`, `/sdk` | the Python of both sides, and the SDK | the same |
//! | `/tmp` | scratch | scratch of its own |
//!
//! Attacks that end here, as nothing of the evaluator is in the program's guest: T-EVAL-01, T-EVAL-02, T-EVAL-03, T-EVAL-09,
//! T-EVAL-11, T-EVAL-12, T-EVAL-13, T-EVAL-14, T-EVAL-15, T-EVAL-22, T-EVAL-24, T-EVAL-26, T-EVAL-27.

use std::sync::LazyLock;

use hyperspace_core::{FileSet, PathError, RelPath, TreeId};
use hyperspace_sandbox::{Limits, Mount, Setup};
use serde_json::json;

use super::packages::Packages;
use super::settings::{Isolation, PythonScoring};
use crate::sdk_with_limits::sdk_with_limits;

/// Fuel of a program's guest before it asks for its first request: that of the bridge, which is not the program's.
pub(super) const START_FUEL: u64 = 100_000_000;

/// The bridge's files.
static BRIDGE: LazyLock<FileSet> = LazyLock::new(|| {
    FileSet::from_files(hyperspace_guest::bridge_files())
        .unwrap_or_else(|error| unreachable!("embedded files have paths: {error}"))
});

/// The bridge's tree.
static BRIDGE_ID: LazyLock<TreeId> = LazyLock::new(|| BRIDGE.tree().id());

/// Returns the tree of the bridge, which is part of the identity of evaluations and runs that use it.
pub(crate) fn bridge_id() -> TreeId {
    *BRIDGE_ID
}

/// Everything from which the rooms of one evaluation are made.
#[derive(Debug)]
pub(super) struct Rooms {
    pub(super) settings: PythonScoring,
    pub(super) program_limits: Limits,
    pub(super) evaluator_limits: Limits,
    pub(super) agent: FileSet,
    pub(super) task: FileSet,
    pub(super) sdk: FileSet,
    pub(super) packages: Packages,
    /// The dotted name of the program's module, and its path in the guest.
    pub(super) module: String,
    pub(super) program: String,
    pub(super) seed: u64,
}

fn at(path: &str) -> Result<RelPath, PathError> {
    RelPath::new(path)
}

impl Rooms {
    /// Returns the folders of the program's guest.
    pub(super) fn program_mounts(&self) -> Result<Vec<Mount>, PathError> {
        let mut mounts = self.shared_mounts(&self.program_limits)?;
        let visible = self.visible();
        if !visible.is_empty() {
            mounts.push(Mount::read_only(at("task")?, visible));
        }
        Ok(mounts)
    }

    fn shared_mounts(&self, limits: &Limits) -> Result<Vec<Mount>, PathError> {
        let mut mounts = vec![
            Mount::read_only(at("repo")?, self.agent.clone()),
            Mount::read_only(at("bridge")?, BRIDGE.clone()),
            Mount::read_only(at("sdk")?, sdk_with_limits(&self.sdk, limits)),
        ];
        mounts.extend(self.packages.mount()?);
        Ok(mounts)
    }

    /// Returns the files of the task that programs may see.
    fn visible(&self) -> FileSet {
        let named = |path: &str| {
            self.settings.visible.iter().any(|name| {
                let name = name.trim_end_matches('/');
                path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let mut found = FileSet::new();
        for (path, content) in self.task.iter().filter(|(path, _)| named(path.as_str())) {
            // A part of a set without conflicts has none either.
            drop(found.insert(path.clone(), content.clone()));
        }
        found
    }

    /// Returns the folders in which both guests look for modules.
    fn path(&self) -> Vec<String> {
        let mut path = self.packages.path().to_vec();
        path.extend(["/bridge".to_owned(), "/sdk".to_owned()]);
        path
    }

    /// Returns the folders in which a program looks for modules, including those of the task's files that it may see.
    pub(super) fn program_path(&self) -> Vec<String> {
        let mut path = self.path();
        for name in &self.settings.visible {
            let folder = match name.trim_end_matches('/').rsplit_once('/') {
                Some((above, _)) => format!("/task/{above}"),
                None => "/task".to_owned(),
            };
            if !path.contains(&folder) {
                path.push(folder);
            }
        }
        path
    }

    fn setup(&self, setup: Setup, limits: &Limits, mounts: Vec<Mount>, path: &[String]) -> Setup {
        let mut setup = setup.limits(limits.clone()).seed(self.seed);
        for mount in mounts {
            setup = setup.mount(mount);
        }
        for folder in path {
            setup = setup.python_path(folder);
        }
        setup
    }

    /// Returns the set-up of the program's guest. If there is a fork for each call, the set-up loads the program.
    pub(super) fn program_setup(&self) -> Result<Setup, PathError> {
        let setup = match self.settings.isolation {
            Isolation::Evaluation => Setup::import(&["hyperspace_program"]),
            Isolation::Call => {
                Setup::call("hyperspace_program", "prepare", vec![json!(self.module), json!(self.program)])
            }
        };
        let limits = self.program_limits.clone();
        let fuel = limits.fuel.saturating_add(START_FUEL);
        Ok(self.setup(setup, &limits.with_fuel(fuel), self.program_mounts()?, &self.program_path()))
    }

    /// Returns the set-up of the evaluator's guest.
    pub(super) fn evaluator_setup(&self) -> Result<Setup, PathError> {
        let mut mounts = self.shared_mounts(&self.evaluator_limits)?;
        mounts.push(Mount::read_only(at("task")?, self.task.clone()));
        let setup = Setup::import(&["hyperspace_evaluator.driver"]);
        Ok(self.setup(setup, &self.evaluator_limits, mounts, &self.path()))
    }

    /// Returns the names of the program's modules: those at the root of its tree.
    pub(super) fn module_names(&self, seed: &FileSet) -> Vec<String> {
        let top = |path: &str| path.split('/').next().unwrap_or(path).trim_end_matches(".py").to_owned();
        let mut names: Vec<String> = seed.iter().map(|(path, _)| top(path.as_str())).collect();
        names.push(top(&self.module.replace('.', "/")));
        names.sort();
        names.dedup();
        names
    }
}
