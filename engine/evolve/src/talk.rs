//! The model calls of one generation: who answers, who pays, and what is left of them in the store.
//!
//! Each guest talks in streams of its own: `generation/N/candidate/K/meta/R` for the R-th run of a meta agent, and
//! `generation/N/candidate/K/SPLIT/CASE` for a case of its evaluation. While a generation is at work, its exchanges stand in a
//! cassette, and whatever stands there is not asked again; with its commit they become records of the store, which the
//! journal names by the heads of their streams (`model.calls`). A replay is answered from there and from nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyperspace_core::RecordId;
use hyperspace_eval::{Case, CaseDoors, CaseName, ModelDoors, ModelGrant, Split, Task};
use hyperspace_llm::{
    Account, BudgetLimits, Cassette, CassetteRecovery, Effort, Exchange, FileCassette, MemoryCassette,
    Models, RECORD_KIND, Session, SessionError, SessionOptions, StreamHead,
};
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};

use crate::archive::Place;
use crate::error::EvolveError;
use crate::models::{AgentConfig, ModelRules, ModelSource};
use crate::record::event::{CallStream, Event, ModelCalls};
use crate::record::journal::JournalEvent;

/// How often, and after which wait, a file is tried again that somebody holds.
const BUSY_TRIES: u32 = 200;
const BUSY_WAIT: Duration = Duration::from_millis(10);

/// A generation, or a test.
pub(crate) struct Work<'a> {
    /// The name of its file.
    pub(crate) name: String,
    /// What the names of its streams begin with.
    pub(crate) streams: &'a str,
    /// Whose a candidate is.
    pub(crate) owner: Box<dyn Fn(Place) -> Option<usize> + Send + Sync + 'a>,
}

/// See the module.
pub(crate) struct Talk {
    cassette: Arc<dyn Cassette>,
    /// Who answers what the cassette does not have; nobody in a replay.
    models: Option<Models>,
    /// The accounts of the agents.
    accounts: Vec<Account>,
    rules: ModelRules,
    /// Guests that may wait at the same time.
    pub(crate) conversations: usize,
    /// What the session of a meta agent could not go on from.
    trouble: Arc<Mutex<Option<SessionError>>>,
    /// The file of the cassette, if it is only for this generation.
    file: Option<PathBuf>,
}

impl Talk {
    /// The calls of a piece of work that is done for the first time, or again after it was given up.
    pub(crate) async fn live(
        work: &Work<'_>,
        source: &ModelSource,
        (accounts, rules): (Vec<Account>, ModelRules),
        conversations: usize,
    ) -> Result<Self, EvolveError> {
        let Work { name, streams, owner } = work;
        let (cassette, models, file): (Arc<FileCassette>, _, _) = match source {
            ModelSource::Providers(models, folder) => {
                let path = folder.join(format!("{name}.jsonl"));
                std::fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
                let (cassette, recovered) = opened(&path).await?;
                if recovered.bytes > 0 {
                    tracing::info!(bytes = recovered.bytes, "an unfinished answer of a model was dropped");
                }
                (Arc::new(cassette), models.clone(), Some(path))
            }
            ModelSource::Recorded(models, cassette) => (Arc::clone(cassette), models.clone(), None),
            ModelSource::Recording(cassette) => {
                let (cassette, trouble) = (Arc::clone(cassette), Arc::default());
                return Ok(Self {
                    cassette,
                    models: None,
                    accounts,
                    rules,
                    conversations,
                    trouble,
                    file: None,
                });
            }
        };
        // Before anything is asked: otherwise a call could be made that is not paid for any more.
        for (stream, spent) in cassette.spent(|stream| stream.starts_with(streams))? {
            let agent = place_of(&stream).and_then(&owner).and_then(|agent| accounts.get(agent));
            agent.into_iter().for_each(|account| account.charge(spent));
        }
        let (models, trouble) = (Some(models), Arc::default());
        Ok(Self { cassette, models, accounts, rules, conversations, trouble, file })
    }

    /// The calls of a recorded generation, from the store.
    pub(crate) fn replayed(
        store: &Store,
        events: &[JournalEvent],
        rules: ModelRules,
        conversations: usize,
    ) -> Result<Self, EvolveError> {
        let cassette = MemoryCassette::default();
        for stream in streams_of(events) {
            for exchange in exchanges(store, stream)? {
                cassette.append(&exchange, &Effort::default())?;
            }
        }
        let (cassette, trouble) = (Arc::new(cassette), Arc::default());
        let accounts = Vec::new();
        Ok(Self { cassette, models: None, accounts, rules, conversations, trouble, file: None })
    }

    /// The account of a candidate's meta agents, below that of its agent.
    pub(crate) fn account(&self, place: Place, agent: usize) -> Account {
        let name = format!("the meta agents of {place}");
        match self.accounts.get(agent) {
            Some(account) => account.child(name, self.rules.candidate),
            None => Account::new(name, BudgetLimits::default()),
        }
    }

    /// The session of a run of a meta agent.
    pub(crate) fn session(
        &self,
        stream: &str,
        callable: BTreeSet<String>,
        account: &Account,
    ) -> Result<Session, EvolveError> {
        let cassette = Arc::clone(&self.cassette);
        let Some(models) = &self.models else { return Ok(Session::replayed(stream, cassette)) };
        let options = SessionOptions::new(stream, callable, account.clone())
            .call_limits(self.rules.call)
            .outages_stop(true);
        // What the cassette has was charged when it was opened, or when it was asked.
        let charged = self.cassette.head(stream)?.count;
        Ok(Session::continued_from(models, options, cassette, 0..charged)?)
    }

    /// Where a session of a meta agent puts what it cannot go on from.
    pub(crate) fn trouble(&self) -> Arc<Mutex<Option<SessionError>>> {
        Arc::clone(&self.trouble)
    }

    /// What the generation cannot go on from, if there is anything.
    pub(crate) fn check(&self) -> Result<(), EvolveError> {
        match self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Doors for the cases of a candidate, of an agent whose task agents ask `model`.
    pub(crate) fn doors(
        &self,
        place: Place,
        agent: usize,
        model: &str,
    ) -> Result<Arc<dyn CaseDoors>, EvolveError> {
        let (prefix, cassette) = (candidate_prefix(place), Arc::clone(&self.cassette));
        let (Some(models), Some(account)) = (&self.models, self.accounts.get(agent)) else {
            return Ok(Arc::new(ModelDoors::replayed(prefix, cassette)));
        };
        let grant = ModelGrant {
            prefix,
            models: BTreeSet::from([model.to_owned()]),
            account: account.clone(),
            case_limits: BudgetLimits::default(),
            call_limits: self.rules.call,
            outages_stop: true,
            charged: true,
        };
        Ok(Arc::new(ModelDoors::continued(models, grant, cassette)?))
    }

    /// Of these streams those that have calls, in order.
    pub(crate) fn heads(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Vec<CallStream>, EvolveError> {
        let mut streams = Vec::new();
        for stream in names {
            let StreamHead { count: calls, last } = self.cassette.head(&stream)?;
            streams.extend(last.map(|head| CallStream { stream, calls, head }));
        }
        Ok(streams)
    }

    /// The exchanges that events name, with what they took.
    pub(crate) fn exchanges(&self, events: &[Event]) -> Result<Vec<(Exchange, Effort)>, EvolveError> {
        let mut exchanges = Vec::new();
        for event in events {
            for CallStream { stream, calls, .. } in streams_in(event) {
                for sequence in 0..*calls {
                    let found = self.cassette.get(stream, sequence)?;
                    exchanges.push(found.ok_or_else(|| {
                        let asked = "what was just recorded".to_owned();
                        SessionError::Missing { stream: stream.clone(), sequence, asked }
                    })?);
                }
            }
        }
        Ok(exchanges)
    }

    /// Removes the cassette of this generation, which the store has now. What cannot be removed is in nobody's way.
    pub(crate) fn committed(self) {
        if let Some(file) = self.file {
            drop(self.cassette);
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::warn!("{}: {error}", file.display());
            }
        }
    }
}

/// Opens the file of a piece of work. What is left of one that was given up in this process may hold it for a moment.
async fn opened(path: &Path) -> Result<(FileCassette, CassetteRecovery), SessionError> {
    for _ in 0..BUSY_TRIES {
        match FileCassette::append_to(path) {
            Err(SessionError::Busy { .. }) => tokio::time::sleep(BUSY_WAIT).await,
            opened => return opened,
        }
    }
    FileCassette::append_to(path)
}

fn io(path: &Path, source: std::io::Error) -> SessionError {
    SessionError::Io { path: path.display().to_string(), source }
}

fn candidate_prefix(place: Place) -> String {
    format!("generation/{}/candidate/{}", place.generation, place.candidate)
}

/// The stream of the `run`-th meta agent of a candidate.
pub(crate) fn meta_stream(place: Place, run: usize) -> String {
    format!("{}/meta/{run}", candidate_prefix(place))
}

/// What the streams of a candidate's test begin with.
pub(crate) fn test_prefix(place: Place) -> String {
    format!("{}/{}/", candidate_prefix(place), Split::Test)
}

/// The streams of the cases of an evaluation, in the order of the cases that were asked.
pub(crate) fn case_streams(place: Place, task: &Task, split: Split, rows: usize) -> Vec<String> {
    let prefix = candidate_prefix(place);
    let cases = task.cases(split);
    let name = |case: &Case| format!("{prefix}/{}", CaseName { split, name: case.name.clone() });
    cases.iter().take(rows).map(name).collect()
}

/// The journal event of streams; none when there are none.
pub(crate) fn calls_event(candidate: Place, streams: Vec<CallStream>) -> Option<Event> {
    (!streams.is_empty()).then(|| ModelCalls { candidate, streams }.into())
}

fn streams_in(event: &Event) -> &[CallStream] {
    match event {
        Event::ModelCalls(calls) => &calls.streams,
        _ => &[],
    }
}

/// Returns the streams that events of a run name, in order.
pub fn streams_of(events: &[JournalEvent]) -> impl Iterator<Item = &CallStream> {
    events.iter().flat_map(|entry| streams_in(&entry.event))
}

/// The exchanges of a stream in order, from the store: back from its head.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`] when the chain is not that of this stream.
pub fn exchanges(store: &Store, stream: &CallStream) -> Result<Vec<Exchange>, EvolveError> {
    let mut exchanges = Vec::new();
    let mut next = Some(stream.head);
    while let Some(id) = next {
        let wrong = |why: String| EvolveError::record(format!("model exchange {id}"), why);
        let stored = store.get_record(&id)?;
        if stored.kind != RECORD_KIND {
            return Err(wrong(format!("it is a {}", stored.kind)));
        }
        let exchange = Exchange::from_body(&stored.body).map_err(|error| wrong(error.to_string()))?;
        let left = stream.calls.checked_sub(exchanges.len() as u64 + 1);
        if exchange.stream != stream.stream || Some(exchange.sequence) != left {
            return Err(wrong(format!("it is not of stream {} as the journal has it", stream.stream)));
        }
        next = exchange.prev;
        exchanges.push(exchange);
    }
    if exchanges.len() as u64 != stream.calls {
        let why = format!("the stream has {} calls, the journal says {}", exchanges.len(), stream.calls);
        return Err(EvolveError::record(&stream.stream, why));
    }
    exchanges.reverse();
    Ok(exchanges)
}

/// What the calls of a generation took: kept beside them, as it depends on the provider's day and is nobody's result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Efforts {
    /// By stream, in order of its calls.
    pub streams: BTreeMap<String, Vec<Effort>>,
}

/// The kind of [`Efforts`] in the store.
pub const EFFORTS_KIND: &str = "model-efforts";

/// The name that a run has for the efforts of a piece of work: a generation's number in eight digits, or a test.
#[must_use]
pub fn efforts_name(work: &str) -> String {
    format!("effort/{work}")
}

impl Efforts {
    /// Of exchanges, with what each took.
    pub(crate) fn of(exchanges: &[(Exchange, Effort)]) -> Self {
        let mut efforts = Self::default();
        for (exchange, effort) in exchanges {
            efforts.streams.entry(exchange.stream.clone()).or_default().push(effort.clone());
        }
        efforts
    }
}

/// What each agent of a run has spent, by the efforts of its generations. `owner` tells whose a candidate is.
pub(crate) fn spent(
    store: &Store,
    run: &RecordId,
    agents: &[AgentConfig],
    owner: impl Fn(Place) -> Option<usize>,
) -> Result<Vec<hyperspace_llm::Spend>, EvolveError> {
    let mut spent = vec![hyperspace_llm::Spend::default(); agents.len()];
    for (name, id) in store.refs(run, "effort/")? {
        let stored = store.get_record(&id)?;
        let efforts: Efforts = hyperspace_core::canon::from_value(&stored.body)
            .map_err(|error| EvolveError::record(&name, error))?;
        for (stream, efforts) in efforts.streams {
            let place = place_of(&stream);
            let agent = place.and_then(&owner).and_then(|agent| spent.get_mut(agent));
            let agent =
                agent.ok_or_else(|| EvolveError::record(&name, format!("{stream} is of no agent")))?;
            *agent = efforts.iter().fold(*agent, |sum, effort| sum.plus(effort.spent));
        }
    }
    Ok(spent)
}

/// The candidate that a stream belongs to.
fn place_of(stream: &str) -> Option<Place> {
    let mut parts = stream.split('/');
    let mut number = |name: &str| (parts.next() == Some(name)).then(|| parts.next()?.parse().ok()).flatten();
    Some(Place { generation: number("generation")?, candidate: number("candidate")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_tells_its_candidate() {
        let place = Place { generation: 12, candidate: 3 };
        assert_eq!(place_of(&meta_stream(place, 2)), Some(place));
        assert_eq!(place_of("generation/12/candidate/x/meta/0"), None);
        assert_eq!(place_of("chat"), None);
    }
}
