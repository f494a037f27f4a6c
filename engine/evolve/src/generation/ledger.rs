//! The fates of a generation's candidates, decided in order, and their records and events.

use hyperspace_core::{TreeId, record_id};
use hyperspace_eval::{Evaluation, Score};

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::executed::GenerationDraft;
use crate::generation::work::{EvalSources, GenerationWork};
use crate::models::streams;
use crate::offspring::candidate::{Candidate, CandidatePlan, MeasuredPhase};
use crate::progress::RunEvent;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{CandidateEvaluated, CandidateFate, CandidateSelected, ChampionChanged, Event};
use crate::record::fate::Fate;
use crate::record::generation::{
    CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, evaluation_value,
};
use crate::search::strategy::MeasuredCandidate;

/// Collects a generation while fates are decided.
pub(crate) struct Ledger<'a> {
    work: &'a GenerationWork<'a>,
    pub(crate) draft: GenerationDraft,
}

/// The scores that decide on a candidate.
struct Verdict {
    fate: Fate,
    train: Option<EvaluationRef>,
    held_out: Option<EvaluationRef>,
}

impl<'a> Ledger<'a> {
    /// Returns a ledger before the first candidate.
    pub(crate) fn new(work: &'a GenerationWork<'a>, champions: Vec<Champion>) -> Self {
        Self { work, draft: GenerationDraft { champions, ..GenerationDraft::default() } }
    }

    /// Decides on a candidate and records it.
    pub(crate) fn settle(&mut self, candidate: Candidate<MeasuredPhase>) -> Result<(), EvolveError> {
        self.draft.events.push(selected_event(&candidate));
        let Candidate { plan, parent, phase, .. } = candidate;
        let MeasuredPhase { accepted, early_fate, train, lost, advances, held_out } = phase;
        self.draft.events.extend(accepted.events);
        let mut verdict = Verdict { fate: Fate::Failed, train: None, held_out: None };
        if let Some(train) = &train {
            verdict.train = Some(note(self.work, plan.id, train, &mut self.draft)?);
        }
        verdict.fate = match (early_fate, train.as_ref().and_then(|train| train.score.as_ref())) {
            _ if lost => Fate::Lost,
            (Some(fate), _) => fate,
            (None, None) => Fate::Failed,
            (None, Some(_)) if !advances => Fate::NoBetter,
            (None, Some(train)) => {
                let evaluation = held_out
                    .ok_or_else(|| EvolveError::internal(plan.id, "it was not evaluated on held-out data"))?;
                verdict.held_out = Some(note(self.work, plan.id, &evaluation, &mut self.draft)?);
                self.judge(plan, accepted.tree, train, evaluation.score)
            }
        };
        self.announce(plan.id, plan.population, verdict.fate);
        let evaluations = [&verdict.train, &verdict.held_out].into_iter().flatten();
        let fuel: u64 = evaluations.map(|evaluation| evaluation.fuel).sum();
        self.draft.fuel += fuel + accepted.meta.iter().map(|meta| meta.fuel).sum::<u64>();
        self.draft.outputs.extend(accepted.outputs);
        self.draft.files.push(accepted.files);
        self.draft.candidates.push(CandidateRecord {
            population: plan.population as u64,
            parent: Some(parent),
            meta: accepted.meta,
            tree: accepted.tree,
            made_by: accepted.made_by,
            train: verdict.train,
            held_out: verdict.held_out,
            fate: verdict.fate,
        });
        Ok(())
    }

    /// Decides on a candidate that was evaluated on both splits, and replaces the champion if it is better.
    fn judge(&mut self, plan: CandidatePlan, tree: TreeId, train: &Score, held_out: Option<Score>) -> Fate {
        let Some(held_out) = held_out else { return Fate::Failed };
        let champion = &mut self.draft.champions[plan.population];
        let measured =
            MeasuredCandidate { id: plan.id, parent: plan.choice.member, train, held_out: &held_out };
        let strategy = &self.work.state.populations[plan.population].strategy;
        let fate = strategy.decide(&measured, champion);
        if fate == Fate::Champion {
            *champion = Champion { id: plan.id, tree, score: train.clone(), held_out };
        }
        fate
    }

    /// Journals and reports a fate.
    fn announce(&mut self, id: CandidateId, population: usize, fate: Fate) {
        let champion = (fate == Fate::Champion).then(|| &self.draft.champions[population]);
        announce(self.work.context, id, fate);
        self.draft.events.push(fate_event(id, fate));
        if let Some(champion) = champion {
            announce_champion(self.work.context, population, champion);
            let event = champion_event(champion);
            self.draft.events.push(event);
        }
    }
}

/// Reports a fate to the observer.
pub(crate) fn announce(context: &RunContext, candidate: CandidateId, fate: Fate) {
    context.resources.emit(|| RunEvent::CandidateDecided { candidate, fate });
}

/// Reports a new champion to the observer.
pub(crate) fn announce_champion(context: &RunContext, population: usize, champion: &Champion) {
    context.resources.emit(|| RunEvent::ChampionChanged { population, champion: champion.clone() });
}

/// Records an evaluation and the model calls of its cases, and returns the reference to it.
pub(crate) fn note(
    work: &GenerationWork<'_>,
    id: CandidateId,
    evaluation: &Evaluation,
    draft: &mut GenerationDraft,
) -> Result<EvaluationRef, EvolveError> {
    let reference = reference(evaluation)?;
    draft.events.push(evaluated_event(id, evaluation, &reference));
    draft.events.extend(calls_event(work.context, work.sources, id, evaluation)?);
    draft.evaluations.push(evaluation.clone());
    Ok(reference)
}

fn calls_event(
    context: &RunContext,
    sources: &EvalSources,
    id: CandidateId,
    evaluation: &Evaluation,
) -> Result<Option<Event>, EvolveError> {
    let Some(calls) = &sources.calls else { return Ok(None) };
    let names = streams::case_streams(id, &context.task, evaluation.split, evaluation.cases.len());
    Ok(streams::calls_event(id, calls.heads(names)?))
}

fn reference(evaluation: &Evaluation) -> Result<EvaluationRef, EvolveError> {
    let wrong = |error| EvolveError::internal("an evaluation", error);
    let value = evaluation_value(evaluation).map_err(wrong)?;
    Ok(EvaluationRef {
        record: record_id(EVALUATION_KIND, &value).map_err(wrong)?,
        score: evaluation.score.clone(),
        outcome: evaluation.outcome.name().to_owned(),
        fuel: evaluation.fuel,
    })
}

fn selected_event(candidate: &Candidate<MeasuredPhase>) -> Event {
    let (plan, parent) = (candidate.plan, &candidate.parent);
    let (agent, draw, total) = (plan.population as u64, plan.choice.draw, plan.choice.total);
    CandidateSelected { candidate: plan.id, agent, parent: parent.id, tree: parent.tree, draw, total }.into()
}

fn evaluated_event(candidate: CandidateId, evaluation: &Evaluation, reference: &EvaluationRef) -> Event {
    let EvaluationRef { record, score, outcome, fuel } = reference.clone();
    let (split, tree) = (evaluation.split, evaluation.agent);
    CandidateEvaluated { candidate, split, tree, evaluation: record, score, outcome, fuel }.into()
}

pub(crate) fn fate_event(candidate: CandidateId, fate: Fate) -> Event {
    CandidateFate { candidate, fate }.into()
}

pub(crate) fn champion_event(champion: &Champion) -> Event {
    let Champion { id: candidate, tree, score, held_out } = champion.clone();
    ChampionChanged { candidate, tree, score, held_out }.into()
}
