//! The members that are to be slimmed, and those replaced by a slimmed version: a fold over records.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::generation::CandidateRecord;
use crate::record::slimming_rules::SlimmingRules;
use crate::search::archive::Archive;
use crate::slimming::descent::DescentPlace;

/// The size of a member of a population.
#[derive(Debug, Clone, Copy)]
struct SizedMember {
    nodes: Option<u64>,
    island: u64,
}

/// A member that is to be slimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DueSlimming {
    /// Its index in the archive.
    pub(crate) member: usize,
    pub(crate) island: u64,
    /// The place at which the attempt begins.
    pub(crate) place: DescentPlace,
}

/// The slimming attempts of a population, done and due.
#[derive(Debug, Clone)]
pub(crate) struct SlimmingQueue {
    rules: SlimmingRules,
    members: BTreeMap<CandidateId, SizedMember>,
    /// Number of nodes of the seed.
    seed: Option<u64>,
    /// Members that have grown and may become smaller, with the place at which an attempt continues.
    open: BTreeMap<CandidateId, DescentPlace>,
    /// Members for which no further attempt is made.
    done: BTreeSet<CandidateId>,
    /// Members that were replaced by a slimmed version, with that version.
    taken: BTreeMap<CandidateId, CandidateId>,
}

impl SlimmingQueue {
    pub(crate) fn new(rules: SlimmingRules) -> Self {
        let (members, open, taken) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { rules, members, seed: None, open, done: BTreeSet::new(), taken }
    }

    /// Adds a candidate.
    pub(crate) fn apply(&mut self, id: CandidateId, record: &CandidateRecord) {
        let Some(search) = &record.search else { return };
        let admitted = record.fate.is_admitted();
        if admitted {
            self.members.insert(id, SizedMember { nodes: search.nodes, island: search.island });
        }
        let parent = record.parent.as_ref().map(|parent| parent.id);
        match (&search.slimming, parent) {
            (Some(slimming), Some(parent)) => {
                self.open.remove(&parent);
                // An attempt that was left off continues: with the smaller program, or, if no reduction was possible yet, with
                // the same one.
                let next = if admitted { id } else { parent };
                let goes_on = admitted || record.fate == Fate::Unchanged;
                if admitted {
                    self.taken.insert(parent, id);
                    self.done.insert(parent);
                }
                if let Some(place) = slimming.place.filter(|_| goes_on) {
                    self.open.insert(next, place);
                } else {
                    self.done.insert(next);
                }
            }
            (None, Some(parent)) if admitted => {
                let sizes = self.nodes(id).zip(self.nodes(self.stand_in(parent)));
                let grown = sizes.is_some_and(|(own, was)| own > self.rules.growth.of(was));
                if grown {
                    self.open.insert(id, DescentPlace::default());
                }
            }
            (_, None) => self.seed = search.nodes,
            _ => {}
        }
    }

    /// Returns the number of nodes of a member.
    pub(crate) fn nodes(&self, id: CandidateId) -> Option<u64> {
        self.members.get(&id)?.nodes
    }

    /// Returns the member to slim next, which is the best one of those due.
    pub(crate) fn due(&self, archive: &Archive, champion: CandidateId) -> Option<DueSlimming> {
        let too_large =
            self.nodes(champion).zip(self.seed).is_some_and(|(own, seed)| own > self.rules.best.of(seed));
        let is_due = |id: &CandidateId| {
            let as_champion =
                || (*id == champion && too_large && !self.done.contains(id)).then(DescentPlace::default);
            self.open.get(id).copied().or_else(as_champion)
        };
        if self.open.is_empty() && is_due(&champion).is_none() {
            return None;
        }
        archive.ranked().find_map(|(member, one)| {
            let place = is_due(&one.id)?;
            Some(DueSlimming { member, island: self.members.get(&one.id)?.island, place })
        })
    }

    /// Returns whether a slimmed version has replaced this member.
    pub(crate) fn is_taken(&self, id: CandidateId) -> bool {
        self.taken.contains_key(&id)
    }

    /// Returns the index of the member that stands in place of another one, which is the same member unless it was slimmed.
    pub(crate) fn in_place_of(&self, archive: &Archive, member: usize) -> usize {
        let id = archive.members().get(member).map(|one| self.stand_in(one.id));
        id.and_then(|id| archive.find(id)).unwrap_or(member)
    }

    /// Returns the member that stands in place of another one.
    fn stand_in(&self, mut id: CandidateId) -> CandidateId {
        while let Some(next) = self.taken.get(&id) {
            id = *next;
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_core::TreeId;
    use hyperspace_eval::{Direction, Score};

    use super::*;
    use crate::record::generation::{EvaluationRef, ParentRecord};
    use crate::record::search_record::SearchRecord;
    use crate::record::slimming_rules::SlimmingRecord;

    fn id(generation: u64) -> CandidateId {
        CandidateId { generation, candidate: 0 }
    }

    /// Adds a candidate with this score to a queue and an archive.
    fn add(
        (queue, archive): (&mut SlimmingQueue, &mut Archive),
        (number, parent): (u64, Option<u64>),
        (score, nodes): (u64, u64),
        fate: Fate,
        slimming: Option<Option<DescentPlace>>,
    ) {
        let tree = |number: u64| TreeId::from_bytes([u8::try_from(number).unwrap(); 32]);
        let measured = EvaluationRef {
            record: hyperspace_core::RecordId::from_bytes([0; 32]),
            score: Some(Score::integer(score)),
            outcome: "scored".to_owned(),
            fuel: 1,
        };
        let slimming = slimming.map(|place| SlimmingRecord { tries: 1, fuel: 1, place });
        let record = CandidateRecord {
            population: 0,
            parent: parent.map(|parent| ParentRecord { id: id(parent), tree: tree(parent) }),
            meta: Vec::new(),
            tree: tree(number),
            made_by: tree(number),
            train: Some(measured.clone()),
            held_out: Some(measured),
            fate,
            search: Some(SearchRecord { nodes: Some(nodes), slimming, ..SearchRecord::default() }),
        };
        archive.apply(id(number), &record).unwrap();
        queue.apply(id(number), &record);
    }

    #[test]
    fn what_has_grown_is_due_the_best_first_and_a_slimmed_one_takes_its_place() {
        let mut queue = SlimmingQueue::new(SlimmingRules::default());
        let mut archive = Archive::new(Direction::Minimize);
        let mut put = |queue: &mut SlimmingQueue, whose, size, fate, slimming| {
            add((queue, &mut archive), whose, size, fate, slimming);
        };
        put(&mut queue, (0, None), (9, 100), Fate::Seed, None);
        put(&mut queue, (1, Some(0)), (8, 120), Fate::Admitted, None);
        put(&mut queue, (2, Some(0)), (7, 121), Fate::Admitted, None);
        put(&mut queue, (3, Some(0)), (6, 125), Fate::Champion, None);
        put(&mut queue, (4, Some(3)), (6, 900), Fate::NoBetter, None);
        let place = DescentPlace { group: 1, done: 3 };
        let queue_before = queue.clone();
        put(&mut queue, (5, Some(3)), (6, 110), Fate::Champion, Some(Some(place)));
        put(&mut queue, (6, Some(2)), (7, 121), Fate::Unchanged, Some(Some(place)));
        let due = |queue: &SlimmingQueue, champion| {
            queue.due(&archive, id(champion)).map(|due| (due.member, due.place))
        };
        assert_eq!(due(&queue_before, 3), Some((3, DescentPlace::default())));
        // The slimmed member may become smaller still, while the attempt on the other one was left off.
        assert_eq!(due(&queue, 5), Some((4, place)));
        assert_eq!(queue.in_place_of(&archive, 3), 4);
        assert_eq!(
            (queue.in_place_of(&archive, 2), queue.is_taken(id(3)), queue.is_taken(id(2))),
            (2, true, false)
        );
    }

    #[test]
    fn a_champion_that_is_much_larger_than_the_seed_is_due_once() {
        let mut queue = SlimmingQueue::new(
            "on:growth=1000"
                .parse()
                .map(|policy| match policy {
                    crate::record::slimming_rules::SlimmingPolicy::On(rules) => rules,
                    crate::record::slimming_rules::SlimmingPolicy::Off => SlimmingRules::default(),
                })
                .unwrap(),
        );
        let mut archive = Archive::new(Direction::Minimize);
        add((&mut queue, &mut archive), (0, None), (9, 100), Fate::Seed, None);
        add((&mut queue, &mut archive), (1, Some(0)), (8, 200), Fate::Champion, None);
        assert_eq!(queue.due(&archive, id(1)), None);
        add((&mut queue, &mut archive), (2, Some(1)), (7, 201), Fate::Champion, None);
        assert_eq!(queue.due(&archive, id(2)).map(|due| due.member), Some(2));
        add((&mut queue, &mut archive), (3, Some(2)), (7, 150), Fate::NoBetter, Some(None));
        assert_eq!(queue.due(&archive, id(2)), None, "an answer changed");
    }
}
