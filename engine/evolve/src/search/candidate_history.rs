//! All candidates of a population in order, as far as the detection of complacency needs them: a fold over records.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::TreeId;

use crate::complacency::ToolLooks;
use crate::record::candidate_id::CandidateId;
use crate::record::generation::CandidateRecord;

/// A candidate of the history.
#[derive(Debug, Clone)]
pub(crate) struct HistoryEntry {
    pub(crate) id: CandidateId,
    pub(crate) parent: Option<CandidateId>,
    pub(crate) tree: TreeId,
    /// The files with the meta agent that made it.
    pub(crate) made_by: TreeId,
    /// The score on held-out data, or otherwise that on training data.
    pub(crate) score: Option<f64>,
    pub(crate) looks: Option<ToolLooks>,
    /// The files of the champions of other populations when it was made.
    pub(crate) peers: Arc<[TreeId]>,
}

/// The candidates of a population, in a run that answers signs of complacency; empty in others.
#[derive(Debug, Clone, Default)]
pub(crate) struct CandidateHistory {
    entries: Arc<Vec<HistoryEntry>>,
    places: Arc<BTreeMap<CandidateId, usize>>,
    /// Slimming attempts, which no meta agent made, with the candidates that represent them.
    stands_for: Arc<BTreeMap<CandidateId, CandidateId>>,
}

impl HistoryEntry {
    /// Returns the entry of a recorded candidate.
    fn of(id: CandidateId, record: &CandidateRecord, peers: &Arc<[TreeId]>) -> Self {
        let splits = [&record.held_out, &record.train].into_iter().flatten();
        Self {
            id,
            parent: record.parent.as_ref().map(|parent| parent.id),
            tree: record.tree,
            made_by: record.made_by,
            score: splits.filter_map(|split| split.score.as_ref()).next().map(|score| score.to_f64()),
            looks: record.search.as_ref().and_then(|search| search.looks.clone()),
            peers: Arc::clone(peers),
        }
    }
}

impl CandidateHistory {
    /// Returns the entry of the next candidate; `None` for a slimming attempt. Children of a slimmed program count as children of
    /// its parent.
    pub(crate) fn entry(
        &self,
        id: CandidateId,
        record: &CandidateRecord,
        peers: &Arc<[TreeId]>,
    ) -> Option<HistoryEntry> {
        let mut entry = HistoryEntry::of(id, record, peers);
        entry.parent = entry.parent.map(|parent| self.original(parent));
        (!record.is_slimming()).then_some(entry)
    }

    fn original(&self, id: CandidateId) -> CandidateId {
        self.stands_for.get(&id).copied().unwrap_or(id)
    }

    /// Adds a candidate that was made when other populations had these champions.
    pub(crate) fn apply(&mut self, id: CandidateId, record: &CandidateRecord, peers: &Arc<[TreeId]>) {
        let Some(entry) = self.entry(id, record, peers) else {
            let parent = record.parent.as_ref().map(|parent| self.original(parent.id));
            Arc::make_mut(&mut self.stands_for).extend(parent.map(|parent| (id, parent)));
            return;
        };
        let entries = Arc::make_mut(&mut self.entries);
        Arc::make_mut(&mut self.places).insert(id, entries.len());
        entries.push(entry);
    }

    /// Returns the files of a candidate.
    pub(crate) fn tree(&self, id: CandidateId) -> Option<TreeId> {
        self.places.get(&id).map(|place| self.entries[*place].tree)
    }

    /// Returns the last `most` candidates with `new` after them, preceded by those of their parents that are older.
    pub(crate) fn window<'a>(&'a self, new: &'a [HistoryEntry], most: usize) -> Vec<&'a HistoryEntry> {
        let kept = most.saturating_sub(new.len()).min(self.entries.len());
        let from = self.entries.len() - kept;
        let recent = self.entries[from..].iter().chain(new);
        let places = recent.clone().filter_map(|entry| self.places.get(&entry.parent?));
        let older: std::collections::BTreeSet<usize> =
            places.copied().filter(|place| *place < from).collect();
        older.into_iter().map(|place| &self.entries[place]).chain(recent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(generation: u64, parent: Option<u64>) -> HistoryEntry {
        let id = |generation| CandidateId { generation, candidate: 0 };
        HistoryEntry {
            id: id(generation),
            parent: parent.map(id),
            tree: TreeId::from_bytes([0; 32]),
            made_by: TreeId::from_bytes([0; 32]),
            score: None,
            looks: None,
            peers: Arc::default(),
        }
    }

    #[test]
    fn a_window_has_the_last_candidates_and_their_parents() {
        let all =
            [entry(0, None), entry(1, Some(0)), entry(2, Some(1)), entry(3, Some(1)), entry(4, Some(0))];
        let history = CandidateHistory {
            places: Arc::new(all.iter().enumerate().map(|(place, one)| (one.id, place)).collect()),
            entries: Arc::new(all.to_vec()),
            ..CandidateHistory::default()
        };
        let new = [entry(5, Some(3)), entry(5, Some(4))];
        let shown = |most| {
            let window = history.window(&new, most);
            window.iter().map(|entry| entry.id.generation).collect::<Vec<_>>()
        };
        assert_eq!(shown(100), [0, 1, 2, 3, 4, 5, 5]);
        assert_eq!(shown(4), [0, 1, 3, 4, 5, 5]);
        assert_eq!(shown(3), [0, 3, 4, 5, 5]);
        assert_eq!(shown(0), [3, 4, 5, 5]);
    }
}
