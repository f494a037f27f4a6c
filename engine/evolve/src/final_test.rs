//! The last word on a run: its best agent on test data, which nothing in the run has seen.
//!
//! It is asked when a run is done, kept beside it under the name of the agent, and part of no generation: whether and how
//! often it was asked changes no result and no hash.

use std::sync::Arc;

use hyperspace_core::canon;
use hyperspace_eval::{Evaluation, Split};

use crate::archive::Place;
use crate::error::EvolveError;
use crate::measure::{self, Sources};
use crate::memo::Memo;
use crate::record::EVALUATION_KIND;
use crate::run::{Run, put_exchanges};
use crate::summary::best_agent;
use crate::talk::{self, Work};

impl Run<'_> {
    /// The best agent so far on the test split, evaluated once; `None` for tasks without one.
    ///
    /// # Errors
    ///
    /// As [`Run::advance`].
    pub async fn test(&mut self) -> Result<Option<Evaluation>, EvolveError> {
        if self.context.task.cases(Split::Test).is_empty() {
            return Ok(None);
        }
        let (agent, champion) = best_agent(&self.context, &self.state)?;
        let champion = champion.clone();
        let name = format!("test/{}", champion.place);
        if let Some(id) = self.store.get_ref(&self.context.run, &name)? {
            let stored = self.store.get_record(&id)?;
            let evaluation = canon::from_value(&stored.body);
            return evaluation.map(Some).map_err(|error| EvolveError::record(&name, error));
        }
        let talk = match &self.context.config.models {
            None => None,
            Some(_) => {
                let work = Work {
                    name: format!("{}-{}", self.context.run, name.replace('/', "-")),
                    streams: &talk::test_prefix(champion.place),
                    owner: Box::new(move |_| Some(agent)),
                };
                Some(Arc::new(self.talk(&work).await?))
            }
        };
        let sources = Sources { memo: Memo::Store(self.store), talk };
        let files = self.store.get_files(&champion.tree)?;
        let candidate = (champion.place, agent);
        let evaluation = measure::evaluate(&self.context, &sources, candidate, &files, Split::Test).await?;
        self.keep_test(&name, champion.place, &evaluation, &sources)?;
        sources.committed();
        self.settle();
        Ok(Some(evaluation))
    }

    fn keep_test(
        &self,
        name: &str,
        place: Place,
        evaluation: &Evaluation,
        sources: &Sources<'_>,
    ) -> Result<(), EvolveError> {
        let wrong = |error: canon::CanonError| EvolveError::record(name, error);
        let mut batch = self.store.batch()?;
        let id = batch.put_record(EVALUATION_KIND, &canon::to_value(evaluation).map_err(wrong)?)?;
        batch.set_ref(&self.context.run, name, &id);
        if let Some(talk) = &sources.talk {
            let rows = evaluation.cases.len();
            let names = talk::case_streams(place, &self.context.task, Split::Test, rows);
            let event = talk::calls_event(place, talk.heads(names)?);
            let exchanges = talk.exchanges(event.as_slice())?;
            put_exchanges(&mut batch, &self.context.run, &name.replace('/', "-"), &exchanges)?;
        }
        Ok(batch.commit()?)
    }
}
