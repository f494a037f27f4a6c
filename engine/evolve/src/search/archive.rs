//! The archive: the admitted candidates of a population, each with its parent.
//!
//! Invariants: the archive is a function of the generation records in order, and a live run, a resumed run and a replay build it
//! with the same code. Members are never removed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Fitness, Score};

use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, EvaluationRef, Remeasurement};

/// Maximum number of measurements of a member that are kept for comparisons.
pub(crate) const MEASUREMENTS: usize = 3;

/// An admitted candidate.
#[derive(Debug, Clone)]
pub struct Member {
    /// The candidate that became this member.
    pub id: CandidateId,
    /// Its files.
    pub tree: TreeId,
    /// Index of its parent in the archive; `None` for the seed.
    pub parent: Option<usize>,
    /// The files whose meta agent made it. That meta agent has completed at least once.
    pub made_by: TreeId,
    /// Score on the training split.
    pub score: Score,
    /// Score on the held-out split; `None` for a member that a strategy kept without measuring it there.
    pub held_out: Option<Score>,
    /// Number of children so far, admitted or not.
    pub children: u64,
    /// Number of children without a score, or whose meta agent failed.
    pub failures: u64,
    /// The record of the evaluation on the training split.
    pub train_evaluation: Option<RecordId>,
    /// The record of the evaluation on the held-out split.
    pub held_out_evaluation: Option<RecordId>,
    /// The records of its last measurements on both splits, at most three. Measurements that drift has made obsolete are dropped.
    pub measured: Vec<(RecordId, RecordId)>,
    /// Number of measurements that the schedule of a paired gate asked for.
    pub remeasured: u64,
}

impl Member {
    /// Returns the member that a candidate becomes, or `None` if it was not admitted.
    pub(crate) fn of(
        id: CandidateId,
        record: &CandidateRecord,
        parent: Option<usize>,
    ) -> Result<Option<Self>, String> {
        if !record.fate.is_admitted() {
            return Ok(None);
        }
        let known = |evaluation: &Option<EvaluationRef>| {
            evaluation.as_ref().and_then(|evaluation| evaluation.score.clone())
        };
        let score = |evaluation: &Option<EvaluationRef>| {
            known(evaluation).ok_or_else(|| format!("{id} was admitted without a score"))
        };
        let records = |split: &Option<EvaluationRef>| split.as_ref().map(|evaluation| evaluation.record);
        let measured = records(&record.train).zip(records(&record.held_out));
        Ok(Some(Self {
            id,
            tree: record.tree,
            parent,
            made_by: record.made_by,
            score: score(&record.train)?,
            held_out: match record.fate {
                Fate::Kept => known(&record.held_out),
                _ => Some(score(&record.held_out)?),
            },
            children: 0,
            failures: 0,
            train_evaluation: records(&record.train),
            held_out_evaluation: records(&record.held_out),
            measured: measured.into_iter().collect(),
            remeasured: 0,
        }))
    }
}

/// The admitted candidates of a population. Clones share members, so a copy for a generation does not copy their scores.
#[derive(Debug, Clone)]
pub struct Archive {
    direction: Direction,
    members: Vec<Arc<Member>>,
    /// Number of children of each member, contiguous because every generation reads all of them.
    children: Vec<u64>,
    by_tree: BTreeMap<TreeId, usize>,
    /// Indices of all members, best score first; among equals, the earliest first.
    ranked: Vec<usize>,
    /// The scale of `scaled`.
    scale: OnceLock<Option<Fitness>>,
    /// Values of members on `scale`, computed on first use: scores never change, and dividing exact ones is expensive.
    scaled: Vec<OnceLock<f64>>,
}

impl Archive {
    /// Returns an empty archive.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self {
            direction,
            members: Vec::new(),
            children: Vec::new(),
            by_tree: BTreeMap::new(),
            ranked: Vec::new(),
            scale: OnceLock::new(),
            scaled: Vec::new(),
        }
    }

    /// Adds the record of a candidate: counts it as a child of its parent, and admits it if its fate says so.
    ///
    /// # Errors
    ///
    /// The fault of the record: its parent is not a member, or it was admitted without a score.
    pub fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String> {
        let parent = match &record.parent {
            None => None,
            Some(parent) => {
                let found = self.find(parent.id);
                Some(found.ok_or_else(|| format!("its parent {} is not in the archive", parent.id))?)
            }
        };
        // A slimmed program is another form of its parent, not a child.
        if let Some(parent) = parent.filter(|_| !record.is_slimming()) {
            self.count_child(parent);
            if matches!(record.fate, Fate::Failed | Fate::MetaFailed) {
                self.count_failure(parent);
            }
        }
        if let Some(member) = Member::of(id, record, parent)? {
            self.admit(member);
        }
        Ok(())
    }

    /// Adds a member and returns its index.
    pub fn admit(&mut self, member: Member) -> usize {
        let index = self.members.len();
        let better_or_equal =
            |&other: &usize| !member.score.better_than(&self.members[other].score, self.direction);
        let rank = self.ranked.partition_point(better_or_equal);
        self.ranked.insert(rank, index);
        self.by_tree.entry(member.tree).or_insert(index);
        self.children.push(member.children);
        self.members.push(Arc::new(member));
        self.scaled.push(OnceLock::new());
        index
    }

    /// Adds a further measurement of a member, which determines its scores from now on.
    ///
    /// # Errors
    ///
    /// When there is no such member.
    pub(crate) fn remeasure(&mut self, again: &Remeasurement) -> Result<(), String> {
        let index = self.find(again.id).ok_or_else(|| format!("{} is not in the archive", again.id))?;
        let member = Arc::make_mut(&mut self.members[index]);
        if again.drift {
            member.measured.clear();
        }
        member.measured.push((again.train.record, again.held_out.record));
        let surplus = member.measured.len().saturating_sub(MEASUREMENTS);
        member.measured.drain(..surplus);
        member.remeasured += 1;
        if let (Some(score), Some(held_out)) = (&again.train.score, &again.held_out.score) {
            (member.score, member.held_out) = (score.clone(), Some(held_out.clone()));
            self.scaled[index] = OnceLock::new();
            self.rank_again(index);
        }
        Ok(())
    }

    /// Moves a member whose score has changed to its new place in the ranking.
    fn rank_again(&mut self, index: usize) {
        self.ranked.retain(|other| *other != index);
        let own = &self.members[index].score;
        let goes_before = |&other: &usize| {
            let score = &self.members[other].score;
            score.better_than(own, self.direction) || (score == own && other < index)
        };
        let rank = self.ranked.partition_point(goes_before);
        self.ranked.insert(rank, index);
    }

    /// Counts a child of a member.
    pub fn count_child(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            Arc::make_mut(member).children += 1;
            self.children[index] = member.children;
        }
    }

    /// Counts a failed child of a member.
    pub fn count_failure(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            Arc::make_mut(member).failures += 1;
        }
    }

    /// Returns the direction of better scores.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns all members in order of admission.
    #[must_use]
    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// Returns the number of children of each member so far, admitted or not.
    pub(crate) fn children(&self) -> &[u64] {
        &self.children
    }

    /// Returns the value of every member on a task's scale as the nearest double; without a scale, its score.
    pub(crate) fn values(&self, scale: Option<&Fitness>) -> Vec<f64> {
        let value = |member: &Member| match scale {
            Some(scale) => scale.of(&member.score).to_f64(),
            None => member.score.to_f64(),
        };
        let members = self.members.iter();
        if self.scale.get_or_init(|| scale.cloned()).as_ref() != scale {
            return members.map(|member| value(member)).collect();
        }
        members.zip(&self.scaled).map(|(member, known)| *known.get_or_init(|| value(member))).collect()
    }

    /// Returns the value of one member, as [`values`](Self::values) does.
    pub(crate) fn value(&self, index: usize, scale: Option<&Fitness>) -> f64 {
        let score = &self.members[index].score;
        let value = || scale.map_or_else(|| score.to_f64(), |scale| scale.of(score).to_f64());
        if self.scale.get_or_init(|| scale.cloned()).as_ref() != scale {
            return value();
        }
        *self.scaled[index].get_or_init(value)
    }

    /// Returns the index of the member with these files.
    #[must_use]
    pub fn find_tree(&self, tree: &TreeId) -> Option<usize> {
        self.by_tree.get(tree).copied()
    }

    /// Returns the index of the member that this candidate became.
    #[must_use]
    pub fn find(&self, id: CandidateId) -> Option<usize> {
        self.members.binary_search_by_key(&id, |member| member.id).ok()
    }

    /// Returns members from the best score down; among equals, the earliest first.
    pub fn ranked(&self) -> impl Iterator<Item = (usize, &Member)> {
        self.ranked.iter().map(|&index| (index, &*self.members[index]))
    }

    /// Returns a member and its ancestors, up to the seed.
    pub fn lineage(&self, index: usize) -> impl Iterator<Item = &Member> {
        let member = |index: usize| self.members.get(index).map(|member| &**member);
        std::iter::successors(member(index), move |child| child.parent.and_then(member))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn member(generation: u64, score: u64, parent: Option<usize>) -> Member {
        member_at(CandidateId { generation, candidate: 0 }, score, parent)
    }

    /// Returns a member with one score on both splits, and different files in each generation.
    pub(crate) fn member_at(id: CandidateId, score: u64, parent: Option<usize>) -> Member {
        let tree = TreeId::from_bytes([u8::try_from(id.generation).unwrap(); 32]);
        Member {
            id,
            tree,
            parent,
            made_by: tree,
            score: Score::integer(score),
            held_out: Some(Score::integer(score)),
            children: 0,
            failures: 0,
            train_evaluation: None,
            held_out_evaluation: None,
            measured: Vec::new(),
            remeasured: 0,
        }
    }

    #[test]
    fn a_member_that_is_measured_again_has_the_new_scores_and_place() {
        let mut archive = Archive::new(Direction::Maximize);
        for (generation, score) in [(0, 5), (1, 9), (2, 7)] {
            archive.admit(member(generation, score, None));
        }
        let reference = |score: u64| EvaluationRef {
            record: RecordId::from_bytes([u8::try_from(score).unwrap(); 32]),
            score: Some(Score::integer(score)),
            outcome: "scored".to_owned(),
            fuel: 1,
        };
        let again = |score, drift| Remeasurement {
            agent: 0,
            id: CandidateId { generation: 1, candidate: 0 },
            train: reference(score),
            held_out: reference(score + 1),
            drift,
        };
        archive.remeasure(&again(6, false)).unwrap();
        assert_eq!(archive.ranked().map(|(index, _)| index).collect::<Vec<_>>(), [2, 1, 0]);
        archive.remeasure(&again(5, false)).unwrap();
        assert_eq!(archive.ranked().map(|(index, _)| index).collect::<Vec<_>>(), [2, 0, 1]);
        assert_eq!((archive.members()[1].measured.len(), archive.members()[1].remeasured), (2, 2));
        archive.remeasure(&again(8, true)).unwrap();
        assert_eq!((archive.members()[1].measured.len(), archive.members()[1].remeasured), (1, 3));
        assert_eq!(archive.members()[1].held_out, Some(Score::integer(9)));
        let unknown = Remeasurement { id: CandidateId { generation: 7, candidate: 0 }, ..again(1, false) };
        assert!(archive.remeasure(&unknown).is_err());
    }

    #[test]
    fn ranks_by_score_then_by_age() {
        for (direction, expected) in
            [(Direction::Maximize, [2, 0, 3, 1]), (Direction::Minimize, [1, 0, 3, 2])]
        {
            let mut archive = Archive::new(direction);
            for (generation, score) in [(0, 5), (1, 3), (2, 9), (3, 5)] {
                archive.admit(member(generation, score, None));
            }
            assert_eq!(archive.ranked().map(|(index, _)| index).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn lineage_goes_up_to_the_seed() {
        let mut archive = Archive::new(Direction::Maximize);
        let seed = archive.admit(member(0, 1, None));
        let child = archive.admit(member(1, 2, Some(seed)));
        archive.admit(member(2, 2, Some(seed)));
        let grandchild = archive.admit(member(3, 3, Some(child)));
        let generations: Vec<u64> = archive.lineage(grandchild).map(|m| m.id.generation).collect();
        assert_eq!(generations, [3, 1, 0]);
        archive.count_child(child);
        archive.count_child(child);
        archive.count_child(seed);
        assert_eq!(archive.children(), [1, 2, 0, 0]);
        assert!(
            archive.members().iter().map(|member| member.children).eq(archive.children().iter().copied())
        );
        assert_eq!(archive.find(CandidateId { generation: 2, candidate: 0 }), Some(2));
        assert_eq!(archive.find_tree(&TreeId::from_bytes([1; 32])), Some(1));
    }
}
