//! Checks all runs of a store for missing journals, generations and references, and continuous runs for decisions that do not
//! follow from their facts.
//!
//! The store checks rows one by one and against each other. That a row is missing can only be found here, from references between
//! the records of a run.

use hyperspace_store::{Damage, Store};

use crate::continuous::{CONTINUOUS_KIND, check};
use crate::error::EvolveError;
use crate::record::config::RUN_KIND;
use crate::record::generation::{GENERATION_KIND, Segment, load_record};
use crate::run::load::{generation_name, records};

/// Returns everything that is missing from the runs of a store or contradicts them.
///
/// # Errors
///
/// [`EvolveError::Store`] only when the store cannot be read at all; damage is in the result.
pub fn audit(store: &Store) -> Result<Vec<Damage>, EvolveError> {
    let mut found = Vec::new();
    for run in store.records(RUN_KIND)? {
        note(&mut found, format!("run {run}"), records(store, &run))?;
        note(&mut found, format!("run {run}"), check_segments(store, &run))?;
    }
    for run in store.records(CONTINUOUS_KIND)? {
        note(&mut found, format!("continuous run {run}"), check(store, &run))?;
    }
    for id in store.records(GENERATION_KIND)? {
        let record = match load_record(store, &id) {
            Ok(record) => record,
            Err(error) => {
                note(&mut found, format!("generation {id}"), Err::<(), _>(error))?;
                continue;
            }
        };
        let name = generation_name(record.generation);
        let named = store.get_ref(&record.run, &name).map_err(EvolveError::from);
        let missing = || {
            EvolveError::inconsistent(
                format!("ref {name} of run {}", record.run),
                "it does not name this record",
            )
        };
        let named = named.and_then(|named| if named == Some(id) { Ok(()) } else { Err(missing()) });
        note(&mut found, format!("generation {id}"), named)?;
    }
    Ok(found)
}

/// Adds damage to the list; any other error is returned.
fn note<T>(
    found: &mut Vec<Damage>,
    object: String,
    checked: Result<T, EvolveError>,
) -> Result<(), EvolveError> {
    match checked {
        Ok(_) => Ok(()),
        Err(EvolveError::Store(error)) if !error.is_damage() => Err(EvolveError::Store(error)),
        Err(error) => {
            found.push(Damage { object, why: error.to_string() });
            Ok(())
        }
    }
}

/// Checks that generations follow each other, and that their segments agree with the journal.
fn check_segments(store: &Store, run: &hyperspace_core::RecordId) -> Result<(), EvolveError> {
    let mut before = None;
    for (expected, (id, record)) in (0..).zip(records(store, run)?) {
        let name = generation_name(record.generation);
        if record.generation != expected || record.previous != before {
            return Err(EvolveError::inconsistent(name, "it does not follow the generation before it"));
        }
        before = Some(id);
        let Segment { from, to, head } = record.journal;
        let last = store.events(run, to.saturating_sub(1), to)?.pop().map(|entry| entry.id);
        if from >= to || last != Some(head) {
            return Err(EvolveError::inconsistent(name, "its events are not those of the journal"));
        }
    }
    Ok(())
}
