//! The paired gate of a generation: measurements of both sides on the same rows, and the decisions on them.
//!
//! Only populations whose task agents call models are judged here; exact answers are compared exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use hyperspace_core::{FileSet, RecordId};
use hyperspace_eval::Evaluation;

use crate::error::EvolveError;
use crate::generation::again::{AgainSubject, BothSplits};
use crate::generation::executed::GenerationDraft;
use crate::generation::work::GenerationWork;
use crate::offspring::candidate::{Candidate, CandidatePlan, MeasuredPhase};
use crate::record::candidate_id::CandidateId;
use crate::record::event::CandidateCompared;
use crate::record::fate::Fate;
use crate::record::gate::PairedGate;
use crate::record::generation::load_evaluation;
use crate::record::search_config::Admission;
use crate::search::archive::Member;
use crate::stability::{PairedRule, PairedVerdict, RowLook, RowTally};

/// Decides on the candidates of a generation by paired comparison.
pub(crate) struct Referee<'a> {
    pub(super) work: &'a GenerationWork<'a>,
    pub(super) gate: PairedGate,
    rule: PairedRule,
    /// The first candidate of each population in this generation.
    pub(super) carriers: BTreeMap<usize, CandidateId>,
    /// Measurements of members from before the candidates of this generation were made, and those of candidates measured on both
    /// splits.
    pub(super) known: BTreeMap<CandidateId, Vec<BothSplits>>,
    /// Further measurements for undecided comparisons, in order.
    again: BTreeMap<CandidateId, Vec<BothSplits>>,
}

impl<'a> Referee<'a> {
    /// Returns the referee of a generation, or `None` in a run without a paired gate.
    pub(crate) fn new(work: &'a GenerationWork<'a>, candidates: &[Candidate<MeasuredPhase>]) -> Option<Self> {
        let gate = work.context.config.search.as_ref()?.gate?;
        let mut carriers = BTreeMap::new();
        for candidate in candidates {
            carriers.entry(candidate.plan.population).or_insert(candidate.id());
        }
        let (known, again) = (BTreeMap::new(), BTreeMap::new());
        Some(Self { work, gate, rule: gate.rule(), carriers, known, again })
    }

    /// Returns whether the candidates of a population are compared in pairs.
    pub(crate) fn judges(&self, population: usize) -> bool {
        self.work.context.config.populations.get(population).is_some_and(|one| one.eval_model.is_some())
    }

    fn is_gated(&self) -> bool {
        let search = self.work.context.config.search.as_ref();
        search.is_some_and(|search| search.admission == Admission::Gate)
    }

    /// Reads all measurements of a member, unless they are known.
    pub(super) fn load(&mut self, member: &Member) -> Result<(), EvolveError> {
        if self.known.contains_key(&member.id) {
            return Ok(());
        }
        let store = self.work.store;
        let read = |train: &RecordId, held_out: &RecordId| -> Result<BothSplits, EvolveError> {
            Ok(BothSplits {
                train: load_evaluation(store, train)?,
                held_out: load_evaluation(store, held_out)?,
            })
        };
        let all = member.measured.iter().map(|(train, held_out)| read(train, held_out));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        self.known.insert(member.id, all);
        Ok(())
    }

    /// Makes the measurements that the comparisons of these candidates need: of agents that were never measured on held-out data.
    pub(crate) async fn prepare(
        &mut self,
        candidates: &[Candidate<MeasuredPhase>],
        draft: &mut GenerationDraft,
    ) -> Result<(), EvolveError> {
        let work = self.work;
        for candidate in candidates {
            let population = candidate.plan.population;
            if !self.judges(population) {
                continue;
            }
            let archive = work.state.populations[population].archive();
            let champion = archive.find(draft.champions[population].id);
            for index in [Some(candidate.plan.choice.member), champion].into_iter().flatten() {
                let member = &archive.members()[index];
                self.load(member)?;
                if self.known.get(&member.id).is_some_and(Vec::is_empty) {
                    let files = work.store.get_files(&member.tree)?;
                    let measured = self.measure(member.id, population, &files, 1, draft).await?;
                    self.known.insert(member.id, vec![measured]);
                }
            }
        }
        Ok(())
    }

    pub(super) async fn measure(
        &self,
        id: CandidateId,
        population: usize,
        files: &FileSet,
        number: usize,
        draft: &mut GenerationDraft,
    ) -> Result<BothSplits, EvolveError> {
        let carrier = self.carriers.get(&population).copied();
        let carrier = carrier.ok_or_else(|| EvolveError::internal(id, "its agent takes no part"))?;
        let subject = AgainSubject { id, population, number, files, carrier };
        subject.measure(self.work, draft).await
    }

    /// Returns whether a candidate goes on to held-out data, which means that training rows do not refuse it.
    pub(crate) fn advances(&self, candidate: &Candidate<MeasuredPhase>, draft: &GenerationDraft) -> bool {
        let phase = &candidate.phase;
        let Some(train) = phase.train.as_ref().filter(|one| one.score.is_some() && !phase.lost) else {
            return false;
        };
        let other = self.bar(candidate, draft);
        let tally = self.tally(train, self.known_of(other), |both| &both.train);
        !self.rule.is_refused_on(tally)
    }

    /// Returns the agent against which a candidate has to hold its own to become a member.
    fn bar(&self, candidate: &Candidate<MeasuredPhase>, draft: &GenerationDraft) -> CandidateId {
        if self.is_gated() { candidate.parent.id } else { draft.champions[candidate.plan.population].id }
    }

    /// Keeps the measurements of candidates on both splits, and measures candidates of undecided comparisons and their opponents
    /// again, until everything is decided or the last measurement is made.
    pub(crate) async fn repeat(
        &mut self,
        candidates: &[Candidate<MeasuredPhase>],
        draft: &mut GenerationDraft,
    ) -> Result<(), EvolveError> {
        let judged: Vec<_> = candidates.iter().filter(|one| self.judges(one.plan.population)).collect();
        for candidate in &judged {
            if let (Some(train), Some(held_out)) = (&candidate.phase.train, &candidate.phase.held_out) {
                let both = BothSplits { train: train.clone(), held_out: held_out.clone() };
                self.known.insert(candidate.id(), vec![both]);
            }
        }
        for _ in 1..self.rule.looks {
            let mut wanted = BTreeSet::new();
            for candidate in &judged {
                for other in self.open(candidate, draft) {
                    wanted.insert((candidate.id(), candidate.plan.population));
                    wanted.insert((other, candidate.plan.population));
                }
            }
            if wanted.is_empty() {
                break;
            }
            for (id, population) in wanted {
                let own = judged.iter().find(|candidate| candidate.id() == id);
                let files = match own {
                    Some(candidate) => candidate.phase.accepted.files.clone(),
                    None => self.stored(id, population)?,
                };
                // Number 1 is the measurement of the schedule.
                let number = self.again.get(&id).map_or(0, Vec::len) + 2;
                let measured = self.measure(id, population, &files, number, draft).await?;
                self.again.entry(id).or_default().push(measured);
            }
        }
        Ok(())
    }

    fn stored(&self, id: CandidateId, population: usize) -> Result<FileSet, EvolveError> {
        let archive = self.work.state.populations[population].archive();
        let member = archive.find(id).map(|index| &archive.members()[index]);
        let member = member.ok_or_else(|| EvolveError::internal(id, "it is no member"))?;
        Ok(self.work.store.get_files(&member.tree)?)
    }

    /// Returns the agents with which a candidate's comparison is undecided.
    fn open(&self, candidate: &Candidate<MeasuredPhase>, draft: &GenerationDraft) -> Vec<CandidateId> {
        let scored = candidate.phase.held_out.as_ref().is_some_and(|one| one.score.is_some());
        if !scored {
            return Vec::new();
        }
        let (bar, champion) = (self.bar(candidate, draft), draft.champions[candidate.plan.population].id);
        let verdict = self.verdict(candidate.id(), bar);
        match verdict {
            PairedVerdict::Open => vec![bar],
            PairedVerdict::Accepted if self.verdict(candidate.id(), champion) == PairedVerdict::Open => {
                vec![champion]
            }
            _ => Vec::new(),
        }
    }

    fn verdict(&self, id: CandidateId, other: CandidateId) -> PairedVerdict {
        self.rule.decide(&self.looks(id, other))
    }

    /// Returns all measurements of a candidate paired with those of another agent.
    fn looks(&self, id: CandidateId, other: CandidateId) -> Vec<RowLook> {
        let Some(first) = self.known.get(&id).and_then(|all| all.first()) else { return Vec::new() };
        let look = |own: &BothSplits, others: &[BothSplits]| RowLook {
            train: self.tally(&own.train, others, |both| &both.train),
            held_out: self.tally(&own.held_out, others, |both| &both.held_out),
        };
        let mut looks = vec![look(first, self.known_of(other))];
        if let (Some(own), Some(others)) = (self.again.get(&id), self.again.get(&other)) {
            looks.extend(own.iter().zip(others).map(|(own, other)| look(own, slice::from_ref(other))));
        }
        looks
    }

    fn known_of(&self, id: CandidateId) -> &[BothSplits] {
        self.known.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    fn tally(
        &self,
        own: &Evaluation,
        others: &[BothSplits],
        part: impl Fn(&BothSplits) -> &Evaluation,
    ) -> RowTally {
        let direction = self.work.context.task.direction();
        let each = others.iter().map(|other| RowTally::of(&own.cases, &part(other).cases, direction));
        each.fold(RowTally::default(), RowTally::plus).worth(others.len() as u64)
    }

    /// Decides on a candidate that has a score on both splits. Returns `None` if the strategy has to say whether it keeps it.
    pub(crate) fn judge(
        &self,
        plan: &CandidatePlan,
        parent: CandidateId,
        draft: &mut GenerationDraft,
    ) -> Option<Fate> {
        let champion = draft.champions[plan.population].id;
        let bar = if self.is_gated() { parent } else { champion };
        let verdict = self.compare(plan.id, bar, draft);
        match verdict {
            PairedVerdict::Overfitted => return Some(Fate::Overfitted),
            PairedVerdict::Accepted => {}
            PairedVerdict::Refused | PairedVerdict::Open => return self.is_gated().then_some(Fate::NoBetter),
        }
        let best = if bar == champion { verdict } else { self.compare(plan.id, champion, draft) };
        if best == PairedVerdict::Accepted && self.gains_on(plan.id, champion) {
            return Some(Fate::Champion);
        }
        self.is_gated().then_some(Fate::Admitted)
    }

    /// Returns whether a candidate gains more rows against another one than it loses.
    fn gains_on(&self, id: CandidateId, other: CandidateId) -> bool {
        let looks = self.looks(id, other);
        let all =
            looks.iter().fold(RowTally::default(), |sum, look| sum.plus(look.train).plus(look.held_out));
        all.gained > all.lost
    }

    /// Decides on a comparison and journals it.
    fn compare(&self, id: CandidateId, other: CandidateId, draft: &mut GenerationDraft) -> PairedVerdict {
        let looks = self.looks(id, other);
        let verdict = self.rule.decide(&looks);
        let sum =
            |part: fn(&RowLook) -> RowTally| looks.iter().map(part).fold(RowTally::default(), RowTally::plus);
        let (train, held_out) = (sum(|look| look.train), sum(|look| look.held_out));
        let compared = CandidateCompared {
            candidate: id,
            with: other,
            measurements: looks.len() as u64,
            train_gained: train.gained,
            train_lost: train.lost,
            train_rows: train.rows,
            held_out_gained: held_out.gained,
            held_out_lost: held_out.lost,
            held_out_rows: held_out.rows,
            verdict: verdict.name().to_owned(),
        };
        draft.events.push(compared.into());
        verdict
    }
}
