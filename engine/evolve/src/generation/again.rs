//! Further measurements of agents, which bypass the cache: each one has its own streams of model calls.

use hyperspace_core::FileSet;
use hyperspace_eval::{Evaluation, Split};

use crate::error::EvolveError;
use crate::generation::executed::GenerationDraft;
use crate::generation::ledger;
use crate::generation::measure::{self, EvalSubject};
use crate::generation::work::GenerationWork;
use crate::record::candidate_id::CandidateId;
use crate::record::event::AgentMeasured;

/// The evaluations of one measurement on both splits.
#[derive(Clone)]
pub(crate) struct BothSplits {
    pub(crate) train: Evaluation,
    pub(crate) held_out: Evaluation,
}

/// An agent that is measured again.
#[derive(Clone, Copy)]
pub(crate) struct AgainSubject<'a> {
    /// The agent.
    pub(crate) id: CandidateId,
    /// The index of its population.
    pub(crate) population: usize,
    /// The number of the measurement in this generation, from 1.
    pub(crate) number: usize,
    pub(crate) files: &'a FileSet,
    /// A candidate of its population in this generation under which the streams of its model calls are filed.
    pub(crate) carrier: CandidateId,
}

impl AgainSubject<'_> {
    /// Measures the agent on both splits and records that in the journal.
    pub(crate) async fn measure(
        self,
        work: &GenerationWork<'_>,
        draft: &mut GenerationDraft,
    ) -> Result<BothSplits, EvolveError> {
        let train = self.measure_on(work, Split::Train, draft).await?;
        Ok(BothSplits { train, held_out: self.measure_on(work, Split::HeldOut, draft).await? })
    }

    async fn measure_on(
        self,
        work: &GenerationWork<'_>,
        split: Split,
        draft: &mut GenerationDraft,
    ) -> Result<Evaluation, EvolveError> {
        let stream = format!("again/{}-{}/{}", self.id.generation, self.id.candidate, self.number);
        let subject = EvalSubject { id: self.carrier, population: self.population, files: self.files };
        let evaluation = measure::again(work.context, work.sources, subject, split, &stream).await?;
        let reference = ledger::reference(&evaluation)?;
        let measured = AgentMeasured {
            generation: work.state.next,
            agent: self.population as u64,
            measured: self.id,
            number: self.number as u64,
            split,
            evaluation: reference.record,
            score: reference.score,
            fuel: reference.fuel,
        };
        draft.fuel += reference.fuel;
        draft.events.push(measured.into());
        draft.events.extend(ledger::again_calls(work, self.carrier, &evaluation, &stream)?);
        draft.evaluations.push(evaluation.clone());
        Ok(evaluation)
    }
}
