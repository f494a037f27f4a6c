//! Doors to models for the cases of an evaluation, each with a stream of its own in one cassette.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyperspace_llm::{Account, BudgetLimits, Cassette, ConfigError, Models, Session, SessionOptions};

use super::{CaseDoor, CaseDoors, EvalStop, MODEL_OPERATIONS, ModelDoor};
use crate::case::CaseName;
use crate::error::EvalError;

/// What the cases of an evaluation may call, and who pays.
#[derive(Debug, Clone)]
pub struct ModelGrant {
    /// What the names of streams begin with: `PREFIX/SPLIT/CASE`, or `SPLIT/CASE` where this is empty.
    pub prefix: String,
    /// Models that may be called.
    pub models: BTreeSet<String>,
    /// What all cases are charged to.
    pub account: Account,
    /// What one case may take.
    pub case_limits: BudgetLimits,
    /// What a single call may take.
    pub call_limits: BudgetLimits,
    /// Whether a provider that is gone, or a spent `account`, ends the evaluation; otherwise the candidate gets it as the failure
    /// of its call. A case that has spent `case_limits` gets that as a failure either way.
    pub outages_stop: bool,
    /// Whether `account` was charged already with what the cassette has. Otherwise a recorded call is charged when it is
    /// answered again, and calls that run beside it may be made before a budget is known to be spent.
    pub charged: bool,
}

/// See the module.
pub struct ModelDoors {
    source: Source,
    cassette: Arc<dyn Cassette>,
    prefix: String,
    /// Streams that had a door already.
    opened: Mutex<BTreeMap<String, Opened>>,
}

enum Source {
    Live(Models, ModelGrant),
    Continued(Models, ModelGrant),
    Replayed,
}

/// A stream that had a door.
#[derive(Clone)]
struct Opened {
    /// Where its conversation begins.
    from: u64,
    /// How far it was answered, and charged.
    answered: Arc<AtomicU64>,
}

impl ModelDoors {
    /// Providers answer, and every exchange is recorded.
    ///
    /// # Errors
    ///
    /// As [`Session::live`].
    pub fn live(
        models: &Models,
        grant: ModelGrant,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        check(models, &grant, &cassette)?;
        Ok(Self::new(grant.prefix.clone(), Source::Live(models.clone(), grant), cassette))
    }

    /// The cassette answers as far as it goes, and providers the rest, which is recorded. What was recorded is charged again.
    ///
    /// # Errors
    ///
    /// As [`Session::live`].
    pub fn continued(
        models: &Models,
        grant: ModelGrant,
        cassette: Arc<dyn Cassette>,
    ) -> Result<Self, ConfigError> {
        check(models, &grant, &cassette)?;
        Ok(Self::new(grant.prefix.clone(), Source::Continued(models.clone(), grant), cassette))
    }

    /// The cassette alone answers.
    #[must_use]
    pub fn replayed(prefix: impl Into<String>, cassette: Arc<dyn Cassette>) -> Self {
        Self::new(prefix.into(), Source::Replayed, cassette)
    }

    fn new(prefix: String, source: Source, cassette: Arc<dyn Cassette>) -> Self {
        Self { source, cassette, prefix, opened: Mutex::default() }
    }

    /// The stream of a case. Of cases after the first that has no measure, streams may exist or not.
    #[must_use]
    pub fn stream(&self, case: &CaseName) -> String {
        if self.prefix.is_empty() { case.to_string() } else { format!("{}/{case}", self.prefix) }
    }

    /// The session of a case, and how far its stream was answered before, in this process.
    fn session(&self, stream: &str) -> Result<(Session, Arc<AtomicU64>), EvalError> {
        let (models, grant, continued) = match &self.source {
            Source::Live(models, grant) => (models, grant, false),
            Source::Continued(models, grant) => (models, grant, true),
            Source::Replayed => {
                return Ok((Session::replayed(stream, Arc::clone(&self.cassette)), Arc::default()));
            }
        };
        let options = options(grant, stream);
        let cassette = Arc::clone(&self.cassette);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(stream).cloned() {
            let charged = known.answered.load(Ordering::Relaxed);
            let session = Session::continued_from(models, options, cassette, known.from..charged)?;
            return Ok((session, known.answered));
        }
        let session = match continued {
            true if grant.charged => {
                let count = cassette.head(stream).map_or(0, |head| head.count);
                Session::continued_from(models, options, cassette, 0..count)?
            }
            true => Session::continued(models, options, cassette)?,
            false => Session::live(models, options, cassette)?,
        };
        let (from, answered) = (session.calls(), Arc::new(AtomicU64::new(session.calls())));
        opened.insert(stream.to_owned(), Opened { from, answered: Arc::clone(&answered) });
        Ok((session, answered))
    }
}

impl CaseDoors for ModelDoors {
    fn door(&self, case: &CaseName) -> Result<CaseDoor, EvalError> {
        let stream = self.stream(case);
        let (session, answered) = self.session(&stream)?;
        let (stop, name) = (EvalStop::default(), case.name.clone());
        let door = {
            let stop = stop.clone();
            ModelDoor::new(session, stream, move |source| {
                stop.stop(EvalError::Model { case: name.clone(), source })
            })
        };
        let door = door.answered(move |calls| {
            answered.fetch_max(calls, Ordering::Relaxed);
        });
        Ok(CaseDoor::new(&MODEL_OPERATIONS, door, stop))
    }
}

fn options(grant: &ModelGrant, stream: &str) -> SessionOptions {
    let account = grant.account.child(stream, grant.case_limits);
    SessionOptions::new(stream, grant.models.clone(), account)
        .call_limits(grant.call_limits)
        .outages_stop(grant.outages_stop)
}

/// What is wrong with the grant, told before any case runs.
fn check(models: &Models, grant: &ModelGrant, cassette: &Arc<dyn Cassette>) -> Result<(), ConfigError> {
    Session::live(models, options(grant, &grant.prefix), Arc::clone(cassette)).map(drop)
}
