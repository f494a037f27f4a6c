//! The builder of programs.

use hyperspace_core::exact_json;
use serde_json::{Value, json};

use super::environment::{GuestEnvironment, NoEnvironment};
use super::input::{NoInput, ProgramInput};
use crate::door::Door;
use crate::error::JobError;
use crate::guest::{self, ProgramText};
use crate::limits::Limits;
use crate::mount::Mount;

/// One run of the interpreter.
pub type Job = Program<GuestEnvironment, ProgramInput>;

/// A set-up: the part that runs once, before any number of items. It has no door and no input.
///
/// Its limits apply to the set-up and an item together, for everything that adds up. Its folders, variables and module
/// paths also apply to its items.
pub type Setup = Program<GuestEnvironment, NoInput>;

/// One run after a set-up, in the set-up's environment.
pub type Item = Program<NoEnvironment, ProgramInput>;

/// A program with its environment and its input. [`Job`], [`Setup`] and [`Item`] are its three kinds.
#[derive(Debug, Clone)]
pub struct Program<E, I> {
    pub(crate) main: Value,
    pub(crate) seed: u64,
    pub(crate) environment: E,
    pub(crate) input: I,
}

impl<E: Default, I: Default> Program<E, I> {
    fn new(main: Value) -> Self {
        Self { main, seed: 0, environment: E::default(), input: I::default() }
    }

    /// Imports `module` and calls `function` with JSON arguments.
    ///
    /// The function must return JSON, which is the result of the run; the result of a set-up is dropped.
    #[must_use]
    pub fn call(module: &str, function: &str, args: Vec<Value>) -> Self {
        let call = json!({"module": module, "function": function, "args": args, "kwargs": {}});
        Self::new(json!({ "call": call }))
    }
}

impl<E, I> Program<E, I> {
    /// Sets the seed of the guest's randomness; for an item, randomness begins anew with the item's own seed. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl<E: Default> Program<E, ProgramInput> {
    /// Runs Python source as `__main__`; `name` is the file name that tracebacks show.
    #[must_use]
    pub fn source(name: &str, source: &str) -> Self {
        Self::new(json!({"source": exact_json::text(source), "name": exact_json::text(name)}))
    }

    /// Runs a file of a mount as `__main__`; `path` is absolute in the guest.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self::new(json!({ "file": exact_json::text(path) }))
    }

    /// Runs a file as [`Program::file`] does, with a name of its own on the command line (`sys.argv[0]`).
    #[must_use]
    pub fn named_file(name: &str, path: &str) -> Self {
        Self::new(json!({"file": exact_json::text(path), "name": exact_json::text(name)}))
    }
}

impl<E> Program<E, ProgramInput> {
    /// Adds command line arguments, after the program's name.
    #[must_use]
    pub fn args<A: IntoIterator<Item = S>, S: Into<String>>(mut self, args: A) -> Self {
        self.input.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the bytes of standard input. Default: none.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.input.stdin = bytes;
        self
    }

    /// Lets the guest call these operations of `door`, and no others.
    #[must_use]
    pub fn door(self, operations: &[&str], door: impl Door + 'static) -> Self {
        self.boxed_door(operations, Box::new(door))
    }

    /// Lets the guest call these operations of `door`, as [`Program::door`] does, for a door behind a trait object.
    #[must_use]
    pub fn boxed_door(mut self, operations: &[&str], door: Box<dyn Door>) -> Self {
        self.input.grant = operations.iter().map(|&name| name.to_owned()).collect();
        self.input.door = Some(door);
        self
    }

    /// Returns the command line as the program sees it.
    pub(crate) fn argv(&self) -> Vec<String> {
        guest::command_line(&self.main, &self.input.args)
    }

    /// Encodes the program for the interpreter, to be run in `environment`.
    ///
    /// # Errors
    ///
    /// [`JobError`] when a text cannot be passed to the guest, or the whole is too large.
    pub(crate) fn encode_in(&self, environment: &GuestEnvironment) -> Result<Vec<u8>, JobError> {
        encode(environment, &self.main, &self.argv(), self.input.stdin.len())
    }
}

impl<I> Program<GuestEnvironment, I> {
    /// Sets the limits. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.environment.limits = limits;
        self
    }

    /// Adds a folder.
    #[must_use]
    pub fn mount(mut self, mount: Mount) -> Self {
        self.environment.mounts.push(mount);
        self
    }

    /// Sets an environment variable. The guest sees no others.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the start of the guest's clock in milliseconds since the Unix epoch. Default [`EPOCH_MS`](crate::EPOCH_MS).
    #[must_use]
    pub fn epoch_ms(mut self, epoch_ms: u64) -> Self {
        self.environment.epoch_ms = epoch_ms;
        self
    }

    /// Adds a folder that is searched first for modules; the path is absolute in the guest.
    #[must_use]
    pub fn python_path(mut self, folder: &str) -> Self {
        self.environment.python_path.push(folder.to_owned());
        self
    }

    /// Sets the folder that the guest starts in, as an absolute path.
    ///
    /// By default, and if the folder does not exist, the guest starts in the first of `/repo`, `/tmp` and `/` that exists.
    #[must_use]
    pub fn current_folder(mut self, folder: &str) -> Self {
        self.environment.cwd = Some(folder.to_owned());
        self
    }

    /// Returns the real time in milliseconds for one call of the guest: a job, a set-up, or an item.
    pub(crate) fn wall_clock_ms(&self) -> u64 {
        self.environment.limits.wall_clock_ms
    }
}

impl Program<GuestEnvironment, ProgramInput> {
    /// Encodes the job for the interpreter, with the errors of [`Program::encode_in`].
    pub(crate) fn encode(&self) -> Result<Vec<u8>, JobError> {
        self.encode_in(&self.environment)
    }
}

impl Program<GuestEnvironment, NoInput> {
    /// Imports modules in this order.
    #[must_use]
    pub fn import(modules: &[&str]) -> Self {
        Self::new(json!({ "prepare": modules }))
    }

    /// Returns the command line as the set-up sees it.
    pub(crate) fn argv(&self) -> Vec<String> {
        guest::command_line(&self.main, &[])
    }

    /// Encodes the set-up for the interpreter, with the errors of [`Program::encode_in`].
    pub(crate) fn encode(&self) -> Result<Vec<u8>, JobError> {
        encode(&self.environment, &self.main, &self.argv(), 0)
    }
}

fn encode(
    environment: &GuestEnvironment,
    main: &Value,
    argv: &[String],
    input_bytes: usize,
) -> Result<Vec<u8>, JobError> {
    let program = ProgramText { argv, path: &environment.python_path, cwd: environment.cwd.as_deref(), main };
    guest::encode(&program, &environment.env, input_bytes)
}
