//! From prepared candidates to measured ones. Meta agents run concurrently, and a candidate is evaluated on training data as soon as
//! it is accepted, while others are still being made.
//!
//! Invariants: candidates are accepted in order, regardless of which is made first, so the decisions of the mark space have one order.
//! A candidate waits for those before it, not for those after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hyperspace_core::TreeId;
use hyperspace_eval::{Evaluation, Split};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::error::EvolveError;
use crate::generation::early::EarlyStops;
use crate::generation::forms::{FormDecision, FormFilter, NewProgram};
use crate::generation::judge::{JudgeQuestion, JudgeRuling};
use crate::generation::measure::{self, EvalPool, EvalSubject};
use crate::generation::work::GenerationWork;
use crate::offspring::accept::EditRules;
use crate::offspring::candidate::{
    Candidate, MadeFiles, MeasuredPhase, MetaRun, OffspringPhase, PreparedPhase,
};
use crate::offspring::meta_agent;
use crate::progress::RunEvent;
use crate::record::fate::Fate;
use crate::resources::RunResources;
use crate::search::known_programs::KnownProgram;

/// A task that ended.
enum PipelineResult {
    Offspring(Box<Candidate<OffspringPhase>>),
    Judged { index: usize, ruling: JudgeRuling },
    Evaluation { index: usize, evaluation: Box<Evaluation> },
}

/// Makes candidates and evaluates them on training data. Returns them in order.
pub(crate) async fn run(
    work: &GenerationWork<'_>,
    prepared: Vec<Candidate<PreparedPhase>>,
) -> Result<Vec<Candidate<MeasuredPhase>>, EvolveError> {
    let workers = work.context.resources.workers;
    let slots = work.sources.calls.as_ref().map_or(workers, |calls| calls.conversations.max(workers));
    let slots = Arc::new(Semaphore::new(slots));
    let mut running = JoinSet::new();
    for candidate in prepared {
        let (slots, resources) = (Arc::clone(&slots), work.context.resources.clone());
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|_| EvolveError::Cancelled)?;
            let candidate = meta_agent::make(candidate).await?;
            report_made(&resources, &candidate);
            Ok(PipelineResult::Offspring(Box::new(candidate)))
        });
    }
    let pool = EvalPool::new(work.context, work.sources, Split::Train);
    let known = work.state.populations.iter().map(|population| population.known.clone()).collect();
    let forms = FormFilter::new(work.context, work.store, known);
    let mut pipeline = Pipeline {
        work,
        pool,
        early: BTreeMap::new(),
        seen: BTreeSet::new(),
        forms,
        early_stops: EarlyStops::new(work),
        slots,
        measured: Vec::new(),
    };
    measure::each(running, |result, running| pipeline.take(result, running)).await?;
    Ok(pipeline.measured)
}

/// Evaluates the candidates that advance on held-out data.
pub(crate) async fn measure_held_out(
    work: &GenerationWork<'_>,
    candidates: &mut [Candidate<MeasuredPhase>],
) -> Result<(), EvolveError> {
    let pool = EvalPool::new(work.context, work.sources, Split::HeldOut);
    let mut running = JoinSet::new();
    for (index, candidate) in candidates.iter_mut().enumerate() {
        if candidate.phase.advances {
            let done = move |evaluation| (index, evaluation);
            candidate.phase.held_out = pool.start(subject(candidate), None, &mut running, done)?;
        }
    }
    measure::each(running, |(index, evaluation), _| {
        candidates[index].phase.held_out = Some(evaluation);
        Ok(())
    })
    .await
}

fn subject(candidate: &Candidate<MeasuredPhase>) -> EvalSubject<'_> {
    let files = &candidate.phase.accepted.files;
    EvalSubject { id: candidate.id(), population: candidate.plan.population, files }
}

struct Pipeline<'a> {
    work: &'a GenerationWork<'a>,
    pool: EvalPool<'a>,
    /// Candidates that have been made but wait for an earlier one, by number.
    early: BTreeMap<u64, Candidate<OffspringPhase>>,
    /// Trees of accepted candidates, by population.
    seen: BTreeSet<(usize, TreeId)>,
    /// Rejects candidates that resemble one already measured.
    forms: FormFilter<'a>,
    /// Ends evaluations of candidates that will not be better than their parents.
    early_stops: Option<EarlyStops<'a>>,
    /// Slots for guests and judges that wait for models at the same time.
    slots: Arc<Semaphore>,
    /// The candidates so far, in order.
    measured: Vec<Candidate<MeasuredPhase>>,
}

impl Pipeline<'_> {
    fn take(
        &mut self,
        result: PipelineResult,
        running: &mut JoinSet<Result<PipelineResult, EvolveError>>,
    ) -> Result<(), EvolveError> {
        match result {
            PipelineResult::Judged { index, ruling } => {
                let phase = &mut self.measured[index].phase;
                phase.accepted.events.extend(ruling.events);
                if ruling.is_rejected {
                    phase.early_fate = Some(Fate::Rejected);
                } else {
                    self.measure(index, running)?;
                }
            }
            PipelineResult::Evaluation { index, evaluation } => {
                self.measured[index].phase.train = Some(*evaluation);
            }
            PipelineResult::Offspring(candidate) => {
                self.early.insert(candidate.id().candidate, *candidate);
                while let Some(next) = self.early.remove(&(self.measured.len() as u64)) {
                    self.accept(next, running)?;
                }
            }
        }
        Ok(())
    }

    /// Accepts the next candidate in order, and starts to measure it if its files are new.
    fn accept(
        &mut self,
        candidate: Candidate<OffspringPhase>,
        running: &mut JoinSet<Result<PipelineResult, EvolveError>>,
    ) -> Result<(), EvolveError> {
        let context = self.work.context;
        let guard = context.authority.guard(self.work.space.edits().clone());
        let rules = EditRules {
            guard: &guard,
            limits: &context.config.meta_limits,
            code: &context.config.code_limits,
        };
        let accepted = candidate.accept(self.work.space, rules)?;
        let population = accepted.plan.population;
        let tree = accepted.phase.tree;
        let known = self.work.state.populations[population].archive().find_tree(&tree).is_some()
            || (accepted.phase.completed && !self.seen.insert((population, tree)));
        let mut candidate = accepted.into_measured(known);
        self.compare(&mut candidate)?;
        let phase = &candidate.phase;
        let (edits, refusals) = (phase.accepted.edits, phase.accepted.refusals);
        self.work.context.resources.emit(|| RunEvent::CandidateAccepted {
            candidate: candidate.id(),
            edits,
            refusals,
            fate: phase.early_fate,
        });
        let is_measured = phase.early_fate.is_none();
        let index = self.measured.len();
        self.measured.push(candidate);
        if !is_measured {
            return Ok(());
        }
        let question = match self.measured[index].plan.slims {
            None => JudgeQuestion::of(self.work, &self.measured[index])?,
            Some(_) => None,
        };
        let Some(question) = question else { return self.measure(index, running) };
        let slots = Arc::clone(&self.slots);
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|_| EvolveError::Cancelled)?;
            Ok(PipelineResult::Judged { index, ruling: question.ask().await? })
        });
        Ok(())
    }

    /// Starts to measure a candidate.
    fn measure(
        &mut self,
        index: usize,
        running: &mut JoinSet<Result<PipelineResult, EvolveError>>,
    ) -> Result<(), EvolveError> {
        let candidate = &mut self.measured[index];
        // A slimmed program is never stopped early, because every answer is compared.
        let stops = self.early_stops.as_mut().filter(|_| candidate.plan.slims.is_none());
        let early = stops.map(|stops| stops.test(&candidate.plan)).transpose()?.flatten();
        let early = early.map(Arc::new);
        let done = move |evaluation| PipelineResult::Evaluation { index, evaluation: Box::new(evaluation) };
        candidate.phase.train = self.pool.start(subject(candidate), early.as_ref(), running, done)?;
        Ok(())
    }

    /// Rejects a candidate that is about to be measured if it resembles a measured one, and journals which.
    fn compare(&mut self, candidate: &mut Candidate<MeasuredPhase>) -> Result<(), EvolveError> {
        let (id, population) = (candidate.id(), candidate.plan.population);
        let is_slimmed = candidate.plan.slims.is_some();
        let phase = &mut candidate.phase;
        if phase.early_fate.is_some() {
            return Ok(());
        }
        let known = KnownProgram { id, tree: phase.accepted.tree };
        match self.forms.decide(&NewProgram {
            known,
            population,
            files: &phase.accepted.files,
            is_slimmed,
        })? {
            FormDecision::Measure(form) => phase.form = form,
            FormDecision::Reject(fate, event) => {
                phase.early_fate = Some(fate);
                phase.accepted.events.push((*event).into());
            }
        }
        Ok(())
    }
}

fn report_made(resources: &RunResources, candidate: &Candidate<OffspringPhase>) {
    let (completed, meta_runs, fuel) = match &candidate.phase.made {
        MadeFiles::ByRuns(runs) => (
            runs.last().is_some_and(MetaRun::completed),
            runs.len(),
            runs.iter().map(|run| run.response.report.fuel_used).sum(),
        ),
        MadeFiles::BySlimming(slimmed) => (true, 0, slimmed.record.fuel),
    };
    resources.emit(|| RunEvent::CandidateMade { candidate: candidate.id(), completed, meta_runs, fuel });
}
