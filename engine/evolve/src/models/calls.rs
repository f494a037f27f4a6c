//! Model calls of one generation or test: the sessions of meta agents, the doors of cases, and the exchanges that result.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_eval::{CaseDoors, ModelDoors, ModelGrant};
use hyperspace_llm::{
    Account, BudgetLimits, Cassette, Effort, Exchange, MemoryCassette, Models, Session, SessionError,
    SessionOptions, StreamHead,
};
use hyperspace_store::Store;

use crate::error::EvolveError;
use crate::models::source::CallSource;
use crate::models::stored::exchanges;
use crate::models::streams::{streams_in, streams_of};
use crate::record::candidate_id::CandidateId;
use crate::record::event::{CallStream, Event};
use crate::record::journal::JournalEvent;
use crate::record::model_options::ModelRules;

/// The model calls of a generation or test.
pub(crate) struct ModelCalls {
    cassette: Arc<dyn Cassette>,
    /// Providers of answers that the cassette lacks; `None` in a replay.
    models: Option<Models>,
    /// The accounts of the populations; empty in a replay.
    accounts: Vec<Account>,
    rules: ModelRules,
    /// Maximum number of guests that wait for a model at the same time.
    pub(crate) conversations: usize,
    /// The file of the cassette, if it holds only this unit of work.
    file: Option<PathBuf>,
}

impl ModelCalls {
    /// Returns live calls, which are answered by `source` and paid from `accounts`.
    pub(crate) fn live(
        source: CallSource,
        accounts: Vec<Account>,
        rules: ModelRules,
        conversations: usize,
    ) -> Self {
        let CallSource { cassette, models, file } = source;
        Self { cassette, models, accounts, rules, conversations, file }
    }

    /// Returns the calls of a recorded generation, which are answered from the store.
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
        let source = CallSource { cassette: Arc::new(cassette), models: None, file: None };
        Ok(Self::live(source, Vec::new(), rules, conversations))
    }

    /// Returns the rules of the run's calls.
    pub(crate) fn rules(&self) -> &ModelRules {
        &self.rules
    }

    /// Returns the account of a candidate's meta agents, below that of its population.
    pub(crate) fn account(&self, id: CandidateId, population: usize) -> Account {
        self.account_named(format!("the meta agents of {id}"), population)
    }

    /// Returns the account of the judgement on a candidate, below that of its population. It has the limits of a candidate's meta agents.
    pub(crate) fn judge_account(&self, id: CandidateId, population: usize) -> Account {
        self.account_named(format!("the judge of {id}"), population)
    }

    fn account_named(&self, name: String, population: usize) -> Account {
        match self.accounts.get(population) {
            Some(account) => account.child(name, self.rules.candidate),
            None => Account::new(name, BudgetLimits::default()),
        }
    }

    /// Opens the session of a run of a meta agent.
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
        // Calls in the cassette were charged when it was opened, or when they were made.
        let charged = self.cassette.head(stream)?.count;
        Ok(Session::continued_from(models, options, cassette, 0..charged)?)
    }

    /// Returns doors for the cases of a candidate whose population's task agents call `model`, with streams below `prefix`.
    pub(crate) fn doors(
        &self,
        prefix: String,
        population: usize,
        model: &str,
    ) -> Result<Arc<dyn CaseDoors>, EvolveError> {
        let cassette = Arc::clone(&self.cassette);
        let (Some(models), Some(account)) = (&self.models, self.accounts.get(population)) else {
            return Ok(Arc::new(ModelDoors::replayed(prefix, cassette).requests(self.rules.requests)));
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
        Ok(Arc::new(ModelDoors::continued(models, grant, cassette)?.requests(self.rules.requests)))
    }

    /// Returns the heads of those of the given streams that have calls, in order.
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

    /// Returns the exchanges that events name, with their efforts.
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

    /// Removes the cassette file of this unit of work, which is now in the store. A file that cannot be removed is harmless.
    pub(crate) fn committed(self) {
        if let Some(file) = self.file {
            drop(self.cassette);
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::warn!("{}: {error}", file.display());
            }
        }
    }
}
