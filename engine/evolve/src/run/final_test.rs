//! The final test: the best agent of a run on test data, which nothing in the run has seen.
//!
//! It is made when a run ends, is kept beside the run under the name of the agent, and is not part of any generation. It changes
//! no result and no hash.

use std::sync::Arc;

use hyperspace_eval::{Evaluation, Split};

use crate::error::EvolveError;
use crate::generation::eval_cache::StoredEvaluations;
use crate::generation::measure::{self, EvalSubject};
use crate::generation::work::EvalSources;
use crate::models::source::CallScope;
use crate::models::stored::put_exchanges;
use crate::models::streams;
use crate::record::candidate_id::CandidateId;
use crate::record::generation::{load_evaluation, put_evaluation};
use crate::run::handle::Run;
use crate::run::summary::{TESTS, best_population};

impl Run {
    /// Evaluates the best agent so far on the test split, once. Returns `None` for tasks without one.
    ///
    /// # Errors
    ///
    /// As [`Run::run_to`].
    pub async fn test(&mut self) -> Result<Option<Evaluation>, EvolveError> {
        if self.context.task.cases(Split::Test).is_empty() {
            return Ok(None);
        }
        let best = best_population(&self.context, &self.state)?;
        let (id, tree, population) = (best.champion.id, best.champion.tree, best.index);
        let name = format!("{TESTS}{id}");
        if let Some(record) = self.store.get_ref(&self.context.run, &name)? {
            return load_evaluation(&self.store, &record).map(Some);
        }
        let calls = match &self.context.config.models {
            None => None,
            Some(_) => {
                let scope = CallScope {
                    name: format!("{}-{}", self.context.run, name.replace('/', "-")),
                    streams: &streams::test_prefix(id),
                    owner: Box::new(move |_| Some(population)),
                };
                Some(Arc::new(self.open_calls(&scope).await?))
            }
        };
        let sources = EvalSources { cache: Some(StoredEvaluations::new(self.store.clone())), calls };
        let files = self.store.get_files(&tree)?;
        let subject = EvalSubject { id, population, files: &files };
        let evaluation = measure::evaluate(&self.context, &sources, subject, Split::Test).await?;
        self.keep_test(&name, id, &evaluation, &sources)?;
        sources.committed();
        self.confirm_spend();
        Ok(Some(evaluation))
    }

    fn keep_test(
        &self,
        name: &str,
        id: CandidateId,
        evaluation: &Evaluation,
        sources: &EvalSources,
    ) -> Result<(), EvolveError> {
        let mut batch = self.store.batch()?;
        let record = put_evaluation(&mut batch, evaluation)?;
        batch.set_ref(&self.context.run, name, &record);
        if let Some(calls) = &sources.calls {
            let names = streams::case_streams(id, evaluation);
            let event = streams::calls_event(id, calls.heads(names)?);
            let exchanges = calls.exchanges(event.as_slice())?;
            put_exchanges(&mut batch, &self.context.run, &name.replace('/', "-"), &exchanges)?;
        }
        Ok(batch.commit()?)
    }
}
