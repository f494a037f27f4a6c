//! Decisions on the candidates of a generation under a split policy: training rows of a window, and held-out rows that answer sparingly.
//!
//! Invariants: a candidate is compared with another agent on rows that both were asked; every question to held-out rows is
//! journalled, in order of candidates; what is left of their budget is a fold over the records. Gaps are reported but decide
//! nothing.

use std::collections::BTreeMap;

use hyperspace_eval::{CaseResult, Evaluation, Score};

use crate::error::EvolveError;
use crate::generation::executed::GenerationDraft;
use crate::generation::work::GenerationWork;
use crate::offspring::candidate::{Candidate, CandidatePlan, MeasuredPhase};
use crate::progress::RunEvent;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{Event, GapFound, GapMeasured, HeldOutAsked, HeldOutSpent};
use crate::record::fate::Fate;
use crate::record::generation::{Champion, load_evaluation};
use crate::record::search_config::Admission;
use crate::record::split_policy::SplitConfig;
use crate::record::split_record::{HeldOutAnswer, SplitRecord};
use crate::search::archive::Member;
use crate::search::held_out_use::HeldOutUse;
use crate::search::training_window::TrainingWindow;
use crate::stability::{HoldoutQuestion, HoldoutReply, LineageGap, ReusableHoldout, RowTally, is_step};

/// Decides on the candidates of a generation, in a run with a split policy.
pub(crate) struct SplitJudge<'a> {
    work: &'a GenerationWork<'a>,
    splits: SplitConfig,
    window: TrainingWindow,
    /// Evaluations of parents, champions and seeds, and of the candidates decided so far.
    known: BTreeMap<CandidateId, KnownSplits>,
    held_out: HeldOutUse,
}

/// The evaluations of an agent.
struct KnownSplits {
    train: Evaluation,
    held_out: Option<Evaluation>,
}

/// A candidate that was measured on both splits.
#[derive(Clone, Copy)]
pub(crate) struct SplitCandidate<'a> {
    pub(crate) plan: &'a CandidatePlan,
    pub(crate) parent: CandidateId,
    pub(crate) train: &'a Evaluation,
    pub(crate) held_out: &'a Evaluation,
}

impl<'a> SplitJudge<'a> {
    /// Returns the judge of a generation, or `None` in a run without a split policy.
    pub(crate) fn new(
        work: &'a GenerationWork<'a>,
        candidates: &[Candidate<MeasuredPhase>],
    ) -> Result<Option<Self>, EvolveError> {
        let splits = work.context.config.search.as_ref().and_then(|search| search.splits);
        let window = TrainingWindow::of(work.context, work.state.next);
        let (Some(splits), Some(window)) = (splits, window) else { return Ok(None) };
        let held_out = work.state.held_out.clone();
        let mut judge = Self { work, splits, window, known: BTreeMap::new(), held_out };
        for candidate in candidates {
            let population = &work.state.populations[candidate.plan.population];
            let members = population.archive().members();
            let champion = population.champion.as_ref().and_then(|one| population.archive().find(one.id));
            for index in [Some(0), Some(candidate.plan.choice.member), champion].into_iter().flatten() {
                members.get(index).map(|member| judge.load(member)).transpose()?;
            }
        }
        Ok(Some(judge))
    }

    /// Returns the event about the training rows of the generation, if they are only a part of all rows.
    pub(crate) fn window_event(&self) -> Option<Event> {
        self.window.event().map(Into::into)
    }

    fn load(&mut self, member: &Member) -> Result<(), EvolveError> {
        if self.known.contains_key(&member.id) {
            return Ok(());
        }
        let store = self.work.store;
        let Some(train) = &member.train_evaluation else { return Ok(()) };
        let held_out =
            member.held_out_evaluation.map(|record| load_evaluation(store, &record)).transpose()?;
        self.known.insert(member.id, KnownSplits { train: load_evaluation(store, train)?, held_out });
        Ok(())
    }

    fn is_gated(&self) -> bool {
        let search = self.work.context.config.search.as_ref();
        search.is_some_and(|search| search.admission == Admission::Gate)
    }

    /// Returns whether candidates are first compared with their parents on held-out rows.
    fn asks_for_parents(&self) -> bool {
        self.is_gated() && matches!(self.splits, SplitConfig::Rotating(_))
    }

    /// Returns whether an evaluation is better than that of another agent on the training rows that decide.
    fn improves(&self, train: &Evaluation, other: CandidateId) -> bool {
        let task = &self.work.context.task;
        let Some(own) = self.window.score(task, train) else { return false };
        let other = self.known.get(&other).and_then(|other| self.window.score(task, &other.train));
        other.is_none_or(|other| own.better_than(&other, task.direction()))
    }

    /// Returns whether a candidate goes on to held-out data.
    pub(crate) fn advances(&self, candidate: &Candidate<MeasuredPhase>, champions: &[Champion]) -> bool {
        let phase = &candidate.phase;
        let Some(train) = phase.train.as_ref().filter(|one| one.score.is_some() && !phase.lost) else {
            return false;
        };
        let champion = champions[candidate.plan.population].id;
        let bar = if self.asks_for_parents() { candidate.parent.id } else { champion };
        self.improves(train, bar)
    }

    /// Decides on a candidate that is not measured on held-out data. Returns `None` if the strategy has to say whether it keeps
    /// it.
    pub(crate) fn keep(&self, parent: CandidateId, train: &Evaluation) -> Option<Fate> {
        match (self.is_gated(), &self.splits) {
            // Held-out rows say nothing about parents, so training rows alone admit.
            (true, SplitConfig::Ladder(_)) if self.improves(train, parent) => Some(Fate::Kept),
            (true, _) => Some(Fate::NoBetter),
            (false, _) => None,
        }
    }

    /// Decides on a candidate that has a score on both splits. Returns `None` if the strategy has to say whether it keeps it.
    pub(crate) fn judge(
        &mut self,
        candidate: SplitCandidate<'_>,
        draft: &mut GenerationDraft,
        record: &mut SplitRecord,
    ) -> Option<Fate> {
        self.measure_gap(candidate, draft, record);
        let fate = match self.splits {
            SplitConfig::Rotating(_) => self.judge_rotating(candidate, draft, record),
            SplitConfig::Ladder(_) => self.judge_ladder(candidate, draft, record),
        };
        let SplitCandidate { plan, train, held_out, .. } = candidate;
        let own = KnownSplits { train: train.clone(), held_out: Some(held_out.clone()) };
        self.known.insert(plan.id, own);
        fate
    }

    fn judge_rotating(
        &mut self,
        candidate: SplitCandidate<'_>,
        draft: &mut GenerationDraft,
        record: &mut SplitRecord,
    ) -> Option<Fate> {
        let champion = draft.champions[candidate.plan.population].id;
        if self.is_gated() {
            match self.ask(candidate, candidate.parent, draft, record) {
                HeldOutAnswer::Spent => return Some(Fate::NoBetter),
                answer if !answer.accepts() => return Some(Fate::Overfitted),
                _ if candidate.parent == champion => return Some(Fate::Champion),
                _ => {}
            }
        }
        let otherwise = self.is_gated().then_some(Fate::Admitted);
        if !self.improves(candidate.train, champion) {
            return otherwise;
        }
        match self.ask(candidate, champion, draft, record) {
            HeldOutAnswer::Worse if !self.is_gated() => Some(Fate::Overfitted),
            answer if answer.accepts() => Some(Fate::Champion),
            _ => otherwise,
        }
    }

    fn judge_ladder(
        &mut self,
        candidate: SplitCandidate<'_>,
        draft: &mut GenerationDraft,
        record: &mut SplitRecord,
    ) -> Option<Fate> {
        let champion = draft.champions[candidate.plan.population].id;
        if self.improves(candidate.train, champion) && self.ask(candidate, champion, draft, record).accepts()
        {
            return Some(Fate::Champion);
        }
        match self.is_gated() {
            true if self.improves(candidate.train, candidate.parent) => Some(Fate::Admitted),
            true => Some(Fate::NoBetter),
            false => None,
        }
    }

    /// Asks the held-out rows about a candidate, and journals the answer.
    fn ask(
        &mut self,
        candidate: SplitCandidate<'_>,
        with: CandidateId,
        draft: &mut GenerationDraft,
        record: &mut SplitRecord,
    ) -> HeldOutAnswer {
        let direction = self.work.context.task.direction();
        let of = |own: &[CaseResult], other: Option<&[CaseResult]>| {
            other.map(|other| RowTally::of(own, other, direction)).unwrap_or_default()
        };
        let other = self.known.get(&with);
        let other_train = other.map(|other| self.window.deciding(&other.train));
        let train = of(&self.window.deciding(candidate.train), other_train.as_deref());
        let other_held_out = other.and_then(|other| other.held_out.as_ref());
        let held_out = of(&candidate.held_out.cases, other_held_out.map(|one| one.cases.as_slice()));
        let id = candidate.plan.id;
        let answer = match self.splits {
            SplitConfig::Ladder(rule) => {
                match is_step(held_out, self.held_out.asked + 1, rule.level.to_f64()) {
                    true => HeldOutAnswer::Step,
                    false => HeldOutAnswer::NoStep,
                }
            }
            SplitConfig::Rotating(rule) => {
                let (seed, threshold, noise, budget) =
                    (self.work.context.seed, rule.threshold, rule.noise, rule.budget);
                let number = record.answers.len() as u64;
                let question = HoldoutQuestion { candidate: id, number, train, held_out };
                match (ReusableHoldout { seed, threshold, noise, budget }).ask(&question, self.held_out.spent)
                {
                    HoldoutReply::Agrees => HeldOutAnswer::Agrees,
                    HoldoutReply::Differs(mean) if mean >= Score::zero() => HeldOutAnswer::Holds,
                    HoldoutReply::Differs(_) => HeldOutAnswer::Worse,
                    HoldoutReply::Spent => HeldOutAnswer::Spent,
                }
            }
        };
        self.held_out.asked += u64::from(answer.asks());
        self.held_out.spent += u64::from(answer.spends());
        record.answers.push(answer);
        let asked = HeldOutAsked {
            candidate: id,
            with,
            train_gained: train.gained,
            train_lost: train.lost,
            train_rows: train.rows,
            held_out_gained: held_out.gained,
            held_out_lost: held_out.lost,
            held_out_rows: held_out.rows,
            answer: answer.name().to_owned(),
            asked: self.held_out.asked,
            spent: self.held_out.spent,
        };
        draft.events.push(asked.into());
        if let Some(budget) =
            self.splits.budget().filter(|_| answer.spends() && self.held_out.is_spent(&self.splits))
        {
            draft.events.push(HeldOutSpent { generation: id.generation, budget }.into());
            self.work.context.resources.emit(|| RunEvent::HeldOutSpent { generation: id.generation, budget });
        }
        answer
    }

    /// Compares the progress since the seed of the lineage on both splits, and raises the alarm if they differ.
    fn measure_gap(
        &self,
        candidate: SplitCandidate<'_>,
        draft: &mut GenerationDraft,
        record: &mut SplitRecord,
    ) {
        let SplitCandidate { plan, train, held_out, .. } = candidate;
        let members = self.work.state.populations[plan.population].archive().members();
        let seed = members.first().and_then(|seed| self.known.get(&seed.id));
        let Some((seed_train, seed_held_out)) =
            seed.and_then(|seed| Some((&seed.train, seed.held_out.as_ref()?)))
        else {
            return;
        };
        let direction = self.work.context.task.direction();
        let gap = LineageGap {
            train: RowTally::of(&train.cases, &seed_train.cases, direction),
            held_out: RowTally::of(&held_out.cases, &seed_held_out.cases, direction),
        };
        let limit = self.splits.gap().to_score();
        let id = plan.id;
        let measured = GapMeasured {
            candidate: id,
            train: gap.train.difference(),
            held_out: gap.held_out.difference(),
            gap: gap.size(),
        };
        draft.events.push(measured.into());
        record.alarm = gap.is_above(&limit, self.splits.errors());
        record.gap = Some(gap);
        if record.alarm {
            let found = GapFound { candidate: id, gap: gap.size(), limit };
            let GapFound { gap, limit, .. } = found.clone();
            self.work.context.resources.emit(|| RunEvent::GapFound { candidate: id, gap, limit });
            draft.events.push(found.into());
        }
    }
}
