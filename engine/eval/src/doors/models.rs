//! Doors to models for the cases of an evaluation, each with its own stream in one cassette.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyperspace_core::Mutex;
use hyperspace_llm::{
    Account, BudgetLimits, Cassette, ConfigError, Models, Session, SessionError, SessionOptions,
};

use super::model::{MODEL_OPERATIONS, ModelDoor, RequestRules};
use super::{CaseDoor, CaseDoors, EvalStop};
use crate::case::CaseName;
use crate::error::EvalError;

/// The models that the cases of an evaluation may call, and the accounts that pay for them.
#[derive(Debug, Clone)]
pub struct ModelGrant {
    /// The prefix of stream names: `PREFIX/SPLIT/CASE`, or `SPLIT/CASE` if it is empty.
    pub prefix: String,
    /// Models that may be called.
    pub models: BTreeSet<String>,
    /// The account that all cases are charged to.
    pub account: Account,
    /// The budget of one case.
    pub case_limits: BudgetLimits,
    /// The budget of a single call.
    pub call_limits: BudgetLimits,
    /// If true, an unavailable provider or an exhausted `account` ends the evaluation; otherwise it is the failure of the
    /// candidate's call, as exhausted `case_limits` always are.
    pub outages_stop: bool,
    /// If true, `account` has already been charged for the calls in the cassette. Otherwise a recorded call is charged when
    /// it is answered again, and concurrent calls may be made before a budget is known to be exhausted.
    pub charged: bool,
}

/// Doors to models: live, recorded, or both.
pub struct ModelDoors {
    source: DoorSource,
    cassette: Arc<dyn Cassette>,
    prefix: String,
    rules: RequestRules,
    /// Streams that have had a door.
    opened: Mutex<BTreeMap<String, StreamProgress>>,
}

enum DoorSource {
    Live(Models, ModelGrant),
    Continued(Models, ModelGrant),
    Replayed,
}

/// The progress of a stream that has had a door.
#[derive(Clone)]
struct StreamProgress {
    /// The number of its first call.
    from: u64,
    /// The number of calls that were answered, and charged.
    answered: Arc<AtomicU64>,
}

impl ModelDoors {
    /// Creates doors whose calls are answered by providers. Every exchange is recorded.
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
        Ok(Self::new(grant.prefix.clone(), DoorSource::Live(models.clone(), grant), cassette))
    }

    /// Creates doors whose calls are answered by the cassette as far as it goes, and by providers after that. Recorded calls
    /// are charged again, unless the grant says otherwise.
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
        Ok(Self::new(grant.prefix.clone(), DoorSource::Continued(models.clone(), grant), cassette))
    }

    /// Creates doors whose calls are answered by the cassette alone.
    #[must_use]
    pub fn replayed(prefix: impl Into<String>, cassette: Arc<dyn Cassette>) -> Self {
        Self::new(prefix.into(), DoorSource::Replayed, cassette)
    }

    fn new(prefix: String, source: DoorSource, cassette: Arc<dyn Cassette>) -> Self {
        Self { source, cassette, prefix, rules: RequestRules::default(), opened: Mutex::default() }
    }

    /// Sets the rules by which requests are read. Default: the latest version.
    #[must_use]
    pub fn requests(mut self, rules: RequestRules) -> Self {
        self.rules = rules;
        self
    }

    /// Returns the name of the stream of a case. Cases after the first one without a measure may or may not have a stream.
    #[must_use]
    pub fn stream(&self, case: &CaseName) -> String {
        if self.prefix.is_empty() { case.to_string() } else { format!("{}/{case}", self.prefix) }
    }

    /// Returns the session of a case, and the number of its calls that were already answered in this process.
    fn session(&self, stream: &str) -> Result<(Session, Arc<AtomicU64>), EvalError> {
        let (models, grant, continued) = match &self.source {
            DoorSource::Live(models, grant) => (models, grant, false),
            DoorSource::Continued(models, grant) => (models, grant, true),
            DoorSource::Replayed => {
                return Ok((Session::replayed(stream, Arc::clone(&self.cassette)), Arc::default()));
            }
        };
        let options = options(grant, stream);
        let cassette = Arc::clone(&self.cassette);
        let mut opened = self.opened.lock();
        if let Some(known) = opened.get(stream).cloned() {
            let charged = known.answered.load(Ordering::Relaxed);
            let session = Session::continued_from(models, options, cassette, known.from..charged)?;
            return Ok((session, known.answered));
        }
        let session = if !continued {
            Session::live(models, options, cassette)?
        } else if grant.charged {
            let count = cassette.head(stream).map_or(0, |head| head.count);
            Session::continued_from(models, options, cassette, 0..count)?
        } else {
            Session::continued(models, options, cassette)?
        };
        let (from, answered) = (session.calls(), Arc::new(AtomicU64::new(session.calls())));
        opened.insert(stream.to_owned(), StreamProgress { from, answered: Arc::clone(&answered) });
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
                // The other cases would wait for the same provider, some of them for minutes.
                let outage = matches!(source, SessionError::Outage(_));
                let error = EvalError::Model { case: name.clone(), source };
                if outage { stop.stop_at_once(error) } else { stop.stop(error) }
            })
        };
        let door = door.requests(self.rules).answered(move |calls| {
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

/// Checks the grant before any case runs.
fn check(models: &Models, grant: &ModelGrant, cassette: &Arc<dyn Cassette>) -> Result<(), ConfigError> {
    Session::live(models, options(grant, &grant.prefix), Arc::clone(cassette)).map(drop)
}
