//! Model calls in the store: exchanges as records, with the effort of each call beside them.

use std::collections::BTreeMap;

use hyperspace_core::{RecordId, canon};
use hyperspace_llm::{Effort, Exchange, RECORD_KIND, Spend};
use hyperspace_store::{Batch, Store};
use serde::{Deserialize, Serialize};

use crate::error::EvolveError;
use crate::models::streams::candidate_of;
use crate::record::candidate_id::CandidateId;
use crate::record::event::CallStream;

/// The record kind of [`Efforts`].
pub const EFFORTS_KIND: &str = "model-efforts";

/// The effort of each call of a generation. Efforts depend on the provider and are not results, so nothing hashed contains them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Efforts {
    /// Efforts by stream, in the order of its calls.
    pub streams: BTreeMap<String, Vec<Effort>>,
}

impl Efforts {
    /// Returns the efforts of exchanges.
    pub(crate) fn of(exchanges: &[(Exchange, Effort)]) -> Self {
        let mut efforts = Self::default();
        for (exchange, effort) in exchanges {
            efforts.streams.entry(exchange.stream.clone()).or_default().push(effort.clone());
        }
        efforts
    }
}

/// Returns the name of the reference to the efforts of a unit of work: a generation, given as its number in eight digits, or a
/// test.
#[must_use]
pub fn efforts_name(work: &str) -> String {
    format!("effort/{work}")
}

/// Writes exchanges, with their efforts beside them.
pub(crate) fn put_exchanges(
    batch: &mut Batch,
    run: &RecordId,
    work: &str,
    exchanges: &[(Exchange, Effort)],
) -> Result<(), EvolveError> {
    if exchanges.is_empty() {
        return Ok(());
    }
    let wrong = |error: canon::CanonError| EvolveError::internal("a model exchange", error);
    for (exchange, _) in exchanges {
        batch.put_record(RECORD_KIND, &exchange.body().map_err(wrong)?)?;
    }
    let efforts = canon::to_value(&Efforts::of(exchanges)).map_err(wrong)?;
    let id = batch.put_record(EFFORTS_KIND, &efforts)?;
    batch.set_ref(run, &efforts_name(work), &id);
    Ok(())
}

/// Reads the exchanges of a stream in order, following the chain back from its head.
///
/// # Errors
///
/// [`EvolveError::Store`], or [`EvolveError::Record`] when the chain is not that of this stream.
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
            return Err(wrong(format!("it is not the exchange of stream {} in the journal", stream.stream)));
        }
        next = exchange.prev;
        exchanges.push(exchange);
    }
    if exchanges.len() as u64 != stream.calls {
        let why = format!("the stream has {} calls, the journal says {}", exchanges.len(), stream.calls);
        return Err(EvolveError::inconsistent(&stream.stream, why));
    }
    exchanges.reverse();
    Ok(exchanges)
}

/// Returns the spend of each population, from the efforts of its generations. `owner` maps a candidate to its population.
pub(crate) fn spent(
    store: &Store,
    run: &RecordId,
    populations: usize,
    owner: impl Fn(CandidateId) -> Option<usize>,
) -> Result<Vec<Spend>, EvolveError> {
    let mut spent = vec![Spend::default(); populations];
    for (name, id) in store.refs(run, "effort/")? {
        let stored = store.get_record(&id)?;
        let efforts: Efforts =
            canon::from_value(&stored.body).map_err(|error| EvolveError::record(&name, error))?;
        for (stream, efforts) in efforts.streams {
            let population = candidate_of(&stream).and_then(&owner).and_then(|index| spent.get_mut(index));
            let population = population.ok_or_else(|| {
                EvolveError::inconsistent(&name, format!("{stream} belongs to no agent of the run"))
            })?;
            *population = efforts.iter().fold(*population, |sum, effort| sum.plus(effort.spent));
        }
    }
    Ok(spent)
}
