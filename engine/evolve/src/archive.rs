//! The population: an archive tree of the candidates that were admitted, each with its parent.
//!
//! Invariant: the archive is a function of the generation records, in order; a live run, a resumed one and a replay build it
//! with the same code. Nothing is ever removed.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Fitness, Score};
use serde::{Deserialize, Serialize};

/// A candidate's place in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The generation, from 0.
    pub generation: u64,
    /// The candidate in it, from 0.
    pub candidate: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "gen_{}_{}", self.generation, self.candidate)
    }
}

/// A candidate of the archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its place.
    pub place: Place,
    /// Its files.
    pub tree: TreeId,
    /// Index of its parent in the archive; `None` for the seed.
    pub parent: Option<usize>,
    /// The files whose meta agent made it: it worked at least once.
    pub made_by: TreeId,
    /// Score on the training split.
    pub score: Score,
    /// Score on the held-out split.
    pub held_out: Score,
    /// Children so far, admitted or not.
    pub children: u64,
    /// Children that have no score, or whose meta agent failed.
    pub failures: u64,
    /// The evaluation on the training split, in the store.
    pub train_evaluation: Option<RecordId>,
    /// The evaluation on the held-out split, in the store.
    pub held_out_evaluation: Option<RecordId>,
}

/// See the module. Members are shared by clones, so that a copy for a generation does not copy their scores.
#[derive(Debug, Clone)]
pub struct Archive {
    direction: Direction,
    members: Vec<Arc<Member>>,
    /// Children of every member once more, in one piece: every generation looks at all of them.
    children: Vec<u64>,
    by_tree: BTreeMap<TreeId, usize>,
    /// Indices of all members: best score first, then first come.
    ranked: Vec<usize>,
    /// The scale of `scaled`.
    scale: OnceLock<Option<Fitness>>,
    /// What members are worth on `scale`, once it was asked for: scores never change, and dividing exact ones is dear.
    scaled: Vec<OnceLock<f64>>,
}

impl Archive {
    /// An empty archive.
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

    /// Adds a member; answers its index.
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

    /// Counts a child of a member.
    pub fn count_child(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            Arc::make_mut(member).children += 1;
            self.children[index] = member.children;
        }
    }

    /// Counts a child of a member that failed.
    pub fn count_failure(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            Arc::make_mut(member).failures += 1;
        }
    }

    /// What better means.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// All members, first come first.
    #[must_use]
    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// Children of every member so far, admitted or not.
    pub(crate) fn children(&self) -> &[u64] {
        &self.children
    }

    /// What every member is worth on a task's scale, nearest doubles; without a scale their scores.
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

    /// The index of the member with these files.
    #[must_use]
    pub fn find_tree(&self, tree: &TreeId) -> Option<usize> {
        self.by_tree.get(tree).copied()
    }

    /// The index of the member at a place.
    #[must_use]
    pub fn find(&self, place: Place) -> Option<usize> {
        self.members.binary_search_by_key(&place, |member| member.place).ok()
    }

    /// Members from the best score down; of equals the first come.
    pub fn ranked(&self) -> impl Iterator<Item = (usize, &Member)> {
        self.ranked.iter().map(|&index| (index, &*self.members[index]))
    }

    /// A member and its ancestors, up to the seed.
    pub fn lineage(&self, index: usize) -> impl Iterator<Item = &Member> {
        let member = |index: usize| self.members.get(index).map(|member| &**member);
        std::iter::successors(member(index), move |child| child.parent.and_then(member))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn member(generation: u64, score: u64, parent: Option<usize>) -> Member {
        member_at(Place { generation, candidate: 0 }, score, parent)
    }

    /// A member with one score on both splits, and files of its own in each generation.
    pub(crate) fn member_at(place: Place, score: u64, parent: Option<usize>) -> Member {
        let tree = TreeId::from_bytes([u8::try_from(place.generation).unwrap(); 32]);
        Member {
            place,
            tree,
            parent,
            made_by: tree,
            score: Score::integer(score),
            held_out: Score::integer(score),
            children: 0,
            failures: 0,
            train_evaluation: None,
            held_out_evaluation: None,
        }
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
        let generations: Vec<u64> = archive.lineage(grandchild).map(|m| m.place.generation).collect();
        assert_eq!(generations, [3, 1, 0]);
        archive.count_child(child);
        archive.count_child(child);
        archive.count_child(seed);
        assert_eq!(archive.children(), [1, 2, 0, 0]);
        assert!(
            archive.members().iter().map(|member| member.children).eq(archive.children().iter().copied())
        );
        assert_eq!(archive.find(Place { generation: 2, candidate: 0 }), Some(2));
        assert_eq!(archive.find_tree(&TreeId::from_bytes([1; 32])), Some(1));
    }
}
