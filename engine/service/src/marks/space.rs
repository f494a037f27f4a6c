//! References to mark spaces in requests.

use hyperspace_core::{RecordId, ScopeName};
use hyperspace_evolve::space_name;
use hyperspace_store::SpaceReader;
use hyperspace_store::Store;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target;

/// Finds a run by its hash, or a default run without one.
type FindRun = fn(&Store, Option<&str>) -> Result<RecordId, ServiceError>;

/// A reference to a mark space: that of a run, or one given by name. By default the only one in the store, or that of the run
/// that was worked on last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpaceRef {
    /// The run, given by its hash or the beginning of it.
    pub run: Option<String>,
    /// The name of another space.
    pub space: Option<String>,
}

impl SpaceRef {
    /// Returns a reference to the default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the run, by its hash or the beginning of it.
    #[must_use]
    pub fn run(mut self, hash: impl ToString) -> Self {
        self.run = Some(hash.to_string());
        self
    }

    /// Sets the name of the space.
    #[must_use]
    pub fn space(mut self, name: impl Into<String>) -> Self {
        self.space = Some(name.into());
        self
    }

    /// Returns the name of the space. `run_of` finds the run that `hash` names, or the default run without a hash.
    fn resolve(&self, store: &Store, run_of: FindRun) -> Result<ScopeName, ServiceError> {
        let known = store.spaces()?;
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        if let Some(text) = &self.space {
            let name = ScopeName::new(text).map_err(|error| ServiceError::setting("space", error))?;
            if known.contains(&name) {
                return Ok(name);
            }
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(ServiceError::request(format!("the store has no mark space {name}; it has {names}")));
        }
        if let (None, [only]) = (&self.run, &known[..]) {
            return Ok(only.clone());
        }
        if self.run.is_none() && store.runs()?.is_empty() {
            return Err(match names[..] {
                [] => ServiceError::with_hint("the store has no mark space", "`evolve` makes one"),
                _ => ServiceError::with_hint(
                    format!("the store has the mark spaces {}", names.join(", ")),
                    "name one of them",
                ),
            });
        }
        let name = space_name(&run_of(store, self.run.as_deref())?);
        if known.contains(&name) {
            Ok(name)
        } else {
            Err(ServiceError::request(format!("{name} has no mark space")))
        }
    }

    /// Opens the space for reading.
    pub(super) fn open(&self, engine: &Engine) -> Result<OpenSpace, ServiceError> {
        self.opened(engine, target::run)
    }

    /// As [`SpaceRef::open`], for a caller that will write: the run is never guessed.
    pub(super) fn open_to_write(&self, engine: &Engine) -> Result<OpenSpace, ServiceError> {
        self.opened(engine, target::run_to_work_on)
    }

    fn opened(&self, engine: &Engine, run_of: FindRun) -> Result<OpenSpace, ServiceError> {
        let name = self.resolve(&engine.reader()?, run_of)?;
        let reader = SpaceReader::open(engine.reader()?, &name)?;
        Ok(OpenSpace { name, reader })
    }
}

/// A space that is open for reading.
pub(super) struct OpenSpace {
    pub(super) name: ScopeName,
    pub(super) reader: SpaceReader,
}

/// Parses the scope of a request.
pub(super) fn scope(text: Option<&str>) -> Result<Option<ScopeName>, ServiceError> {
    text.map(ScopeName::new).transpose().map_err(|error| ServiceError::setting("scope", error))
}
