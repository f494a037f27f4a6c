//! Champions that are measured again on a schedule: detection of drift, and return to an earlier champion.

use hyperspace_eval::Score;

use crate::error::EvolveError;
use crate::generation::again::BothSplits;
use crate::generation::executed::GenerationDraft;
use crate::generation::ledger;
use crate::generation::referee::Referee;
use crate::progress::RunEvent;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{ChampionRestored, DriftFound};
use crate::record::generation::{Champion, Remeasurement};
use crate::search::archive::Member;
use crate::stability::{RowTally, drift_in, has_drifted, is_better};

/// Number of earlier champions that are measured after drift.
const EARLIER: usize = 3;

impl Referee<'_> {
    /// Measures the champions again if the schedule says so, and replaces those that drift has made worse than an earlier one.
    pub(crate) async fn remeasure(&mut self, draft: &mut GenerationDraft) -> Result<(), EvolveError> {
        if !self.gate.remeasures(self.work.state.next) {
            return Ok(());
        }
        for population in self.carriers.keys().copied().collect::<Vec<_>>() {
            if self.judges(population) {
                self.remeasure_champion(population, draft).await?;
            }
        }
        Ok(())
    }

    async fn remeasure_champion(
        &mut self,
        population: usize,
        draft: &mut GenerationDraft,
    ) -> Result<(), EvolveError> {
        let champion = draft.champions[population].id;
        let Some(now) = self.measure_member(population, champion, false, draft).await? else { return Ok(()) };
        if let Some(renewed) = renewed(&draft.champions[population], &now) {
            draft.champions[population] = renewed;
        }
        let Some(change) = self.change(population, champion) else { return Ok(()) };
        // Earlier measurements say nothing about the present.
        self.known.insert(champion, vec![now.clone()]);
        if let Some(last) = draft.remeasured.last_mut() {
            last.drift = true;
        }
        let RowTally { gained, lost, rows } = change;
        let (generation, agent) = (self.work.state.next, population as u64);
        draft.events.push(DriftFound { generation, agent, measured: champion, gained, lost, rows }.into());
        let resources = &self.work.context.resources;
        resources.emit(|| RunEvent::DriftFound { population, champion, gained, lost, rows });
        if lost > gained {
            self.restore(population, &now, draft).await?;
        }
        Ok(())
    }

    /// Measures earlier champions on the same rows, and replaces the champion by the best of those that are shown to be better
    /// now.
    async fn restore(
        &mut self,
        population: usize,
        present: &BothSplits,
        draft: &mut GenerationDraft,
    ) -> Result<(), EvolveError> {
        let from = draft.champions[population].clone();
        let mut earlier = self.work.state.populations[population].past_champions.clone();
        earlier.retain(|id| *id != from.id);
        let mut best: Option<(u64, Champion)> = None;
        for id in earlier.into_iter().rev().take(EARLIER) {
            let Some(now) = self.measure_member(population, id, true, draft).await? else { continue };
            let tally = self.tally_of(&now, present);
            let net = tally.gained.saturating_sub(tally.lost);
            let tree = now.train.agent;
            let found = renewed(&Champion { id, tree, ..from.clone() }, &now);
            let is_best = best.as_ref().is_none_or(|(other, _)| net > *other);
            if let Some(found) = found.filter(|_| is_best && is_better(tally, self.gate.level())) {
                best = Some((net, found));
            }
        }
        let Some((_, to)) = best else { return Ok(()) };
        let restored = ChampionRestored {
            generation: self.work.state.next,
            agent: population as u64,
            from: from.id,
            to: to.id,
            tree: to.tree,
            score: to.score.clone(),
            held_out: to.held_out.clone(),
        };
        draft.events.push(restored.into());
        ledger::announce_champion(self.work.context, population, &to);
        draft.champions[population] = to;
        Ok(())
    }

    /// Measures a member again, for the archive and for the comparisons of this generation.
    async fn measure_member(
        &mut self,
        population: usize,
        id: CandidateId,
        drift: bool,
        draft: &mut GenerationDraft,
    ) -> Result<Option<BothSplits>, EvolveError> {
        let Some(member) = self.member(population, id) else { return Ok(None) };
        let files = self.work.store.get_files(&member.tree)?;
        self.load(&member)?;
        let now = self.measure(id, population, &files, 1, draft).await?;
        draft.remeasured.push(Remeasurement {
            agent: population as u64,
            id,
            train: ledger::reference(&now.train)?,
            held_out: ledger::reference(&now.held_out)?,
            drift,
        });
        let known = self.known.entry(id).or_default();
        if drift {
            known.clear();
        }
        known.push(now.clone());
        Ok(Some(now))
    }

    fn member(&self, population: usize, id: CandidateId) -> Option<Member> {
        let archive = self.work.state.populations[population].archive();
        archive.find(id).map(|index| Member::clone(&archive.members()[index]))
    }

    /// Returns the change of a member that was just measured again, if it exceeds the noise.
    fn change(&self, population: usize, id: CandidateId) -> Option<RowTally> {
        let all = self.unbiased(population, id)?;
        let Some(errors) = self.gate.drift else {
            let [.., before, now] = all else { return None };
            return Some(self.tally_of(now, before))
                .filter(|change| has_drifted(*change, self.gate.drift_level()));
        };
        let measurements: Vec<_> =
            all.iter().map(|one| vec![one.train.cases.as_slice(), one.held_out.cases.as_slice()]).collect();
        drift_in(&measurements, self.work.context.task.direction(), errors)
    }

    /// Returns the measurements that tell how good a member is, the new one last: those of the schedule, and the first one of the
    /// seed. Measurements that made another candidate a member are left out, because it was selected by them and looks better
    /// than it is.
    fn unbiased(&self, population: usize, id: CandidateId) -> Option<&[BothSplits]> {
        let member = self.member(population, id)?;
        let all = self.known.get(&id)?;
        let scheduled = usize::try_from(member.remeasured).unwrap_or(usize::MAX).saturating_add(1);
        let from = if member.parent.is_none() { 0 } else { all.len().saturating_sub(scheduled) };
        all.get(from..)
    }

    fn tally_of(&self, own: &BothSplits, other: &BothSplits) -> RowTally {
        let direction = self.work.context.task.direction();
        let train = RowTally::of(&own.train.cases, &other.train.cases, direction);
        train.plus(RowTally::of(&own.held_out.cases, &other.held_out.cases, direction))
    }
}

/// Returns a champion with the scores of a new measurement, if that has both.
fn renewed(champion: &Champion, now: &BothSplits) -> Option<Champion> {
    let scores: Option<(Score, Score)> = now.train.score.clone().zip(now.held_out.score.clone());
    scores.map(|(score, held_out)| Champion { score, held_out, ..champion.clone() })
}
