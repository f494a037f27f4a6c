//! Decisions on slimming attempts: a smaller program replaces a member if it gives all of the member's answers, row by row.

use hyperspace_core::FileSet;
use hyperspace_eval::{Evaluation, Score};

use crate::error::EvolveError;
use crate::generation::properties::program_nodes;
use crate::generation::work::GenerationWork;
use crate::offspring::candidate::{AcceptedPhase, Candidate, CandidatePlan, MeasuredPhase};
use crate::record::event::CandidateSlimmed;
use crate::record::fate::Fate;
use crate::record::generation::{Champion, load_evaluation};
use crate::record::slimming_rules::SlimmingRecord;
use crate::search::archive::Member;
use crate::search::gate::SplitScores;
use crate::search::parsimony::{self, SizedScores};

/// The judge of a slimming attempt.
pub(crate) struct SlimmingJudge<'a> {
    work: &'a GenerationWork<'a>,
    plan: &'a CandidatePlan,
    member: &'a Member,
    files: FileSet,
}

/// The measurements of an attempt, and the fate that was already clear.
#[derive(Clone, Copy)]
pub(crate) struct SlimmingResult<'a> {
    pub(crate) early: Option<Fate>,
    pub(crate) train: Option<&'a Evaluation>,
    pub(crate) held_out: Option<&'a Evaluation>,
}

/// The decision on an attempt.
pub(crate) struct SlimmingVerdict {
    pub(crate) fate: Fate,
    /// The case whose answer differs.
    pub(crate) differs: Option<String>,
}

impl<'a> SlimmingJudge<'a> {
    /// Returns the judge of an attempt.
    pub(crate) fn new(work: &'a GenerationWork<'a>, plan: &'a CandidatePlan) -> Result<Self, EvolveError> {
        let member = &work.state.populations[plan.population].archive().members()[plan.choice.member];
        Ok(Self { work, plan, member, files: work.store.get_files(&member.tree)? })
    }

    /// Returns whether a candidate goes on to held-out data: it gives all answers on training data, and the member was measured
    /// on both splits.
    pub(crate) fn advances(
        work: &'a GenerationWork<'a>,
        candidate: &'a Candidate<MeasuredPhase>,
    ) -> Result<bool, EvolveError> {
        let judge = Self::new(work, &candidate.plan)?;
        let Some(train) = &candidate.phase.train else { return Ok(false) };
        let is_same = judge.differs(train, judge.member.train_evaluation.as_ref())?.is_none();
        Ok(is_same && judge.member.held_out_evaluation.is_some())
    }

    /// Returns the first case whose answer differs from that of a recorded evaluation.
    fn differs(
        &self,
        evaluation: &Evaluation,
        recorded: Option<&hyperspace_core::RecordId>,
    ) -> Result<Option<String>, EvolveError> {
        let Some(recorded) = recorded else { return Ok(None) };
        let recorded = load_evaluation(self.work.store, recorded)?;
        Ok(recorded.first_difference(evaluation).map(str::to_owned))
    }

    /// Decides on an attempt, by the rule of parsimony if every answer is the same.
    pub(crate) fn decide(
        &self,
        accepted: &AcceptedPhase,
        result: SlimmingResult<'_>,
        champion: &Champion,
    ) -> Result<SlimmingVerdict, EvolveError> {
        let verdict = |fate, differs| Ok(SlimmingVerdict { fate, differs });
        if let Some(fate) = result.early {
            return verdict(fate, None);
        }
        let Some(train) = result.train else { return verdict(Fate::Failed, None) };
        let splits = [
            (Some(train), self.member.train_evaluation.as_ref()),
            (result.held_out, self.member.held_out_evaluation.as_ref()),
        ];
        for (evaluation, recorded) in splits {
            let Some(evaluation) = evaluation else { continue };
            if let Some(case) = self.differs(evaluation, recorded)? {
                let fate = if evaluation.score.is_some() { Fate::NoBetter } else { Fate::Failed };
                return verdict(fate, Some(case));
            }
        }
        let held_out = result.held_out.and_then(|one| one.score.as_ref()).zip(self.member.held_out.as_ref());
        let (Some(score), Some((own, before))) = (&train.score, held_out) else {
            return verdict(Fate::Kept, None);
        };
        verdict(self.parsimony(accepted, score, (own, before), champion), None)
    }

    fn parsimony(
        &self,
        accepted: &AcceptedPhase,
        train: &Score,
        (own, before): (&Score, &Score),
        champion: &Champion,
    ) -> Fate {
        let population = &self.work.state.populations[self.plan.population];
        // A champion of this generation is not a member yet, so its size is not known.
        let known = population.slimming.as_ref().and_then(|queue| queue.nodes(champion.id));
        let sized = |train, held_out, nodes| SizedScores { scores: SplitScores { train, held_out }, nodes };
        parsimony::decide(
            self.work.context.task.direction(),
            sized(train, own, program_nodes(&accepted.files)),
            sized(&self.member.score, before, program_nodes(&self.files)),
            sized(&champion.score, &champion.held_out, known),
        )
    }

    /// Returns the event of an attempt.
    pub(crate) fn event(
        &self,
        accepted: &AcceptedPhase,
        slimming: &SlimmingRecord,
        verdict: &SlimmingVerdict,
    ) -> CandidateSlimmed {
        let name = match (verdict.fate, &verdict.differs) {
            (fate, _) if fate.is_admitted() => "kept",
            (_, Some(_)) => "changed",
            (Fate::Unchanged, None) if accepted.refusals == 0 => "nothing",
            _ => "refused",
        };
        CandidateSlimmed {
            candidate: self.plan.id,
            of: self.member.id,
            verdict: name.to_owned(),
            differs: verdict.differs.clone(),
            tries: slimming.tries,
            fuel: slimming.fuel,
            nodes_before: program_nodes(&self.files),
            nodes: program_nodes(&accepted.files),
            bytes_before: self.files.bytes(),
            bytes: accepted.files.bytes(),
        }
    }
}
