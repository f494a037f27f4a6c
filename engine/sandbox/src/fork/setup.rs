//! What is done once, and what is done after it by every run.
//!
//! Defaults deny, as those of a job do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::door::Door;
use crate::error::JobError;
use crate::guest;
use crate::job::{EPOCH_MS, Job, Mount};
use crate::limits::Limits;

/// What is done once, before any number of items: folders, limits, imports or a call. It has no door and no input.
#[derive(Debug, Clone)]
pub struct Setup {
    main: Value,
    limits: Limits,
    mounts: Vec<Mount>,
    env: BTreeMap<String, String>,
    seed: u64,
    epoch_ms: u64,
    python_path: Vec<String>,
}

impl Setup {
    fn new(main: Value) -> Self {
        Self {
            main,
            limits: Limits::default(),
            mounts: Vec::new(),
            env: BTreeMap::new(),
            seed: 0,
            epoch_ms: EPOCH_MS,
            python_path: Vec::new(),
        }
    }

    /// Imports modules, in this order.
    #[must_use]
    pub fn import(modules: &[&str]) -> Self {
        Self::new(json!({ "prepare": modules }))
    }

    /// Imports `module` and calls `function` with JSON arguments; what it returns must be JSON and is dropped.
    #[must_use]
    pub fn call(module: &str, function: &str, args: Vec<Value>) -> Self {
        Self::new(guest::call(module, function, args))
    }

    /// The limits of set-up and item together, in everything that is summed. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a folder, for set-up and items.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.mounts.push(mount);
        self
    }

    /// Declares an environment variable, for set-up and items.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Keys the guest's randomness during the set-up. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where the guest's clock starts, in milliseconds since the Unix epoch. Default [`EPOCH_MS`].
    #[must_use]
    pub fn epoch_ms(mut self, epoch_ms: u64) -> Self {
        self.epoch_ms = epoch_ms;
        self
    }

    /// Adds a folder in which modules are looked for first, for set-up and items; absolute in the guest.
    #[must_use]
    pub fn python_path(mut self, folder: &str) -> Self {
        self.python_path.push(folder.to_owned());
        self
    }

    /// The set-up as a job of its own.
    pub(crate) fn job(&self) -> Job {
        Job {
            main: self.main.clone(),
            limits: self.limits.clone(),
            mounts: self.mounts.clone(),
            args: Vec::new(),
            env: self.env.clone(),
            stdin: Vec::new(),
            seed: self.seed,
            epoch_ms: self.epoch_ms,
            python_path: self.python_path.clone(),
            cwd: None,
            grant: BTreeSet::new(),
            door: None,
        }
    }

    /// The text that tells the interpreter to do `item` after this set-up.
    pub(crate) fn encode(&self, item: &Item) -> Result<Vec<u8>, JobError> {
        let program =
            guest::Program { argv: &item.argv(), path: &self.python_path, cwd: None, main: &item.main };
        guest::text(&program, &self.env, item.stdin.len())
    }

    /// Real time for the set-up, and again for each item.
    pub(crate) fn wall_clock_ms(&self) -> u64 {
        self.limits.wall_clock_ms
    }
}

/// What one run does after a set-up. Folders, limits, environment and module paths are those of the set-up.
pub struct Item {
    pub(crate) main: Value,
    pub(crate) args: Vec<String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) seed: u64,
    pub(crate) grant: BTreeSet<String>,
    pub(crate) door: Option<Box<dyn Door>>,
}

impl Item {
    fn new(main: Value) -> Self {
        Self { main, args: Vec::new(), stdin: Vec::new(), seed: 0, grant: BTreeSet::new(), door: None }
    }

    /// Imports `module` and calls `function` with JSON arguments; the result is what it returns.
    #[must_use]
    pub fn call(module: &str, function: &str, args: Vec<Value>) -> Self {
        Self::new(guest::call(module, function, args))
    }

    /// Runs Python source as `__main__`; `name` is the file name that tracebacks show.
    #[must_use]
    pub fn source(name: &str, source: &str) -> Self {
        Self::new(json!({"source": source, "name": name}))
    }

    /// Runs a file of a mount as `__main__`; `path` is absolute in the guest.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self::new(json!({ "file": path }))
    }

    /// Adds command line arguments, after the program's name.
    #[must_use]
    pub fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The bytes of standard input. Default: none.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Keys the guest's randomness from here on. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Lets the guest call these operations of `door`, and no others.
    #[must_use]
    pub fn door(mut self, operations: &[&str], door: impl Door + 'static) -> Self {
        self.grant = operations.iter().map(|&name| name.to_owned()).collect();
        self.door = Some(Box::new(door));
        self
    }

    /// The command line as the program sees it.
    pub(crate) fn argv(&self) -> Vec<String> {
        guest::command_line(&self.main, &self.args)
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("seed", &self.seed).field("grant", &self.grant).finish_non_exhaustive()
    }
}
