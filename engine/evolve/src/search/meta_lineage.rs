//! The different meta agents in the lineage of a member, nearest first.
//!
//! They never change for a member, so they are computed once, from those of its parent. Walking to the seed for every child would
//! make generations slower as lineages grow.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{BlobId, Mutex, RelPath, TreeId};
use hyperspace_store::Store;

use crate::error::EvolveError;
use crate::record::candidate_id::CandidateId;
use crate::search::archive::{Archive, Member};

/// Maximum number of meta agents that replace a failing one, one after the other.
pub(crate) const FALLBACKS_MAX: usize = 3;

/// Returns whether a file is part of a meta agent.
pub(crate) fn is_meta(path: &RelPath) -> bool {
    path.as_str() == "meta_agent.py" || path.as_str().starts_with("lib/")
}

/// Returns whether a file is part of an agent's own package `agent`, which its meta agent imports in runs whose agents may have
/// one.
pub(crate) fn is_own_package(path: &RelPath) -> bool {
    path.as_str().starts_with("agent/")
}

/// The number of a meta agent among the different ones seen so far.
type MetaNumber = usize;

/// The nearest different meta agents in a member's lineage, each with the nearest tree that has it: the member's own, and at most
/// [`FALLBACKS_MAX`] others.
#[derive(Debug, Clone, Default)]
struct MemberMetas {
    own: MetaNumber,
    nearest: Vec<(MetaNumber, TreeId)>,
}

/// An index of meta agents by member, filled on demand.
#[derive(Debug, Default)]
pub(crate) struct MetaLineage(Mutex<LineageIndex>);

#[derive(Debug, Default)]
struct LineageIndex {
    /// True if the package `agent` is part of meta agents.
    has_package: bool,
    metas: BTreeMap<Vec<(RelPath, BlobId)>, MetaNumber>,
    trees: BTreeMap<TreeId, MetaNumber>,
    members: BTreeMap<CandidateId, MemberMetas>,
}

impl MetaLineage {
    /// Returns an empty index. With `has_package`, meta agents with different packages `agent` count as different.
    pub(crate) fn new(has_package: bool) -> Self {
        Self(Mutex::new(LineageIndex { has_package, ..LineageIndex::default() }))
    }

    /// Returns the nearest trees of a member's lineage whose meta agents differ from its own and from each other, at most
    /// [`FALLBACKS_MAX`].
    pub(crate) fn fallbacks(
        &self,
        store: &Store,
        archive: &Archive,
        member: usize,
    ) -> Result<Vec<TreeId>, EvolveError> {
        let mut index = self.0.lock();
        let missing: Vec<&Member> =
            archive.lineage(member).take_while(|member| !index.members.contains_key(&member.id)).collect();
        for member in missing.into_iter().rev() {
            index.add(store, archive, member)?;
        }
        let Some(metas) = archive.members().get(member).and_then(|member| index.members.get(&member.id))
        else {
            return Ok(Vec::new());
        };
        let others = metas.nearest.iter().filter(|(meta, _)| *meta != metas.own);
        Ok(others.take(FALLBACKS_MAX).map(|(_, tree)| *tree).collect())
    }
}

/// Meta agents that show a sign of complacency, given by trees that have them.
#[derive(Clone, Copy)]
pub(crate) struct MetaSigns<'a> {
    /// Meta agents that are to be replaced.
    pub(crate) shown: &'a [TreeId],
    /// Meta agents that must not replace another: the same, and others that showed a sign recently.
    pub(crate) avoided: &'a [TreeId],
}

impl MetaLineage {
    /// Returns the nearest tree in a member's lineage whose meta agent neither shows a sign nor descends from one that does.
    /// Returns `None` unless the member's own meta agent shows a sign and is to be replaced, or descends from such a meta agent.
    ///
    /// A meta agent descends from the one that made it: that of the parent, which may have edited itself, or another one that
    /// replaced it.
    pub(crate) fn donor(
        &self,
        store: &Store,
        archive: &Archive,
        member: usize,
        signs: MetaSigns<'_>,
    ) -> Result<Option<TreeId>, EvolveError> {
        if signs.shown.is_empty() {
            return Ok(None);
        }
        let mut index = self.0.lock();
        let mut lineage = Vec::new();
        for one in archive.lineage(member) {
            lineage.push((index.meta(store, one.made_by)?, index.meta(store, one.tree)?, one.tree));
        }
        let mut sick = |trees: &[TreeId]| -> Result<Vec<bool>, EvolveError> {
            let metas = trees.iter().map(|tree| index.meta(store, *tree));
            Ok(come_from(&lineage, &metas.collect::<Result<_, _>>()?))
        };
        if sick(signs.shown)?.first() != Some(&true) {
            return Ok(None);
        }
        let avoided = sick(signs.avoided)?;
        Ok(lineage.iter().zip(avoided).find(|(_, avoided)| !avoided).map(|((.., tree), _)| *tree))
    }

    /// Returns the fallbacks preceded by a donor, with each meta agent once.
    pub(crate) fn renewed(
        &self,
        store: &Store,
        fallbacks: &[TreeId],
        donor: TreeId,
    ) -> Result<Vec<TreeId>, EvolveError> {
        let same = self.shared(store, fallbacks, &[donor])?;
        let others = fallbacks.iter().zip(same).filter(|(_, same)| !same).map(|(tree, _)| *tree);
        Ok(std::iter::once(donor).chain(others).take(FALLBACKS_MAX).collect())
    }

    /// Returns those of the given trees that have the same meta agent as one of `others`.
    pub(crate) fn shared(
        &self,
        store: &Store,
        trees: &[TreeId],
        others: &[TreeId],
    ) -> Result<Vec<bool>, EvolveError> {
        let mut index = self.0.lock();
        let mut metas = BTreeSet::new();
        for other in others {
            metas.insert(index.meta(store, *other)?);
        }
        trees.iter().map(|tree| Ok(metas.contains(&index.meta(store, *tree)?))).collect()
    }
}

/// Returns, for each entry of a lineage that is given last one first, whether its meta agent is among `named` or descends from
/// one of them.
fn come_from(lineage: &[(MetaNumber, MetaNumber, TreeId)], named: &BTreeSet<MetaNumber>) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(lineage.len());
    // For each meta agent seen so far, whether it descends from one of them.
    let mut known: BTreeMap<MetaNumber, bool> = named.iter().map(|meta| (*meta, true)).collect();
    for (made_by, own, _) in lineage.iter().rev() {
        let maker = known.get(made_by).copied().unwrap_or_default();
        found.push(*known.entry(*own).or_insert(maker));
    }
    found.reverse();
    found
}

impl LineageIndex {
    /// Adds a member whose parent is in the index or absent.
    fn add(&mut self, store: &Store, archive: &Archive, member: &Member) -> Result<(), EvolveError> {
        let made_by = (self.meta(store, member.made_by)?, member.made_by);
        let own = (self.meta(store, member.tree)?, member.tree);
        let parent = member.parent.and_then(|parent| archive.members().get(parent));
        let before = parent.and_then(|parent| self.members.get(&parent.id)).cloned().unwrap_or_default();
        let mut nearest: Vec<(MetaNumber, TreeId)> = Vec::with_capacity(FALLBACKS_MAX + 1);
        for next in [made_by, own].into_iter().chain(before.nearest) {
            if nearest.len() <= FALLBACKS_MAX && nearest.iter().all(|(meta, _)| *meta != next.0) {
                nearest.push(next);
            }
        }
        self.members.insert(member.id, MemberMetas { own: own.0, nearest });
        Ok(())
    }

    fn meta(&mut self, store: &Store, tree: TreeId) -> Result<MetaNumber, EvolveError> {
        if let Some(meta) = self.trees.get(&tree) {
            return Ok(*meta);
        }
        let files = store.get_tree(&tree)?;
        let is_part = |path: &RelPath| is_meta(path) || (self.has_package && is_own_package(path));
        let files = files.iter().filter(|(path, _)| is_part(path));
        let files = files.map(|(path, content)| (path.clone(), *content)).collect();
        let next = self.metas.len();
        let meta = *self.metas.entry(files).or_insert(next);
        self.trees.insert(tree, meta);
        Ok(meta)
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_core::FileSet;
    use hyperspace_eval::{Direction, Score};

    use super::*;

    fn put(store: &Store, meta: u64, task: u64) -> TreeId {
        let mut files = FileSet::new();
        for (path, text) in [("meta_agent.py", meta), ("lib/part.py", meta / 2), ("task_agent.py", task)] {
            files.insert(RelPath::new(path).unwrap(), text.to_string().into_bytes()).unwrap();
        }
        let mut batch = store.batch().unwrap();
        let tree = batch.put_files(&files);
        batch.commit().unwrap();
        tree
    }

    /// The definition: walks up the lineage, reads all files, and takes every meta agent that differs from all before it.
    fn walk(store: &Store, archive: &Archive, member: usize) -> Vec<TreeId> {
        let meta = |tree: &TreeId| -> Vec<(RelPath, Vec<u8>)> {
            let files = store.get_files(tree).unwrap();
            let files = files.iter().filter(|(path, _)| is_meta(path));
            files.map(|(path, content)| (path.clone(), content.to_vec())).collect()
        };
        let mut seen = vec![meta(&archive.members()[member].tree)];
        let mut found = Vec::new();
        for ancestor in archive.lineage(member) {
            for tree in [ancestor.made_by, ancestor.tree] {
                if !seen.contains(&meta(&tree)) {
                    seen.push(meta(&tree));
                    found.push(tree);
                }
            }
        }
        found.truncate(FALLBACKS_MAX);
        found
    }

    #[test]
    fn fallbacks_of_a_member_are_those_that_a_walk_to_the_seed_finds() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        let mut archive = Archive::new(Direction::Maximize);
        // Pseudorandom numbers that are the same in every run.
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for number in 0..60 {
            let (tree, parent) = (put(&store, random(5), number), random(number.max(1)));
            archive.admit(Member {
                id: CandidateId { generation: number, candidate: 0 },
                tree,
                parent: (number > 0).then(|| usize::try_from(parent).unwrap()),
                made_by: if random(3) == 0 { put(&store, random(7), 1_000) } else { tree },
                score: Score::integer(number),
                held_out: Some(Score::integer(number)),
                children: 0,
                failures: 0,
                train_evaluation: None,
                held_out_evaluation: None,
                measured: Vec::new(),
                remeasured: 0,
            });
        }
        // The last members come first, so that a whole lineage is missing.
        let lineage = MetaLineage::default();
        let mut most = 0;
        for member in (0..60).rev().chain(0..60) {
            let others = lineage.fallbacks(&store, &archive, member).unwrap();
            assert_eq!(others, walk(&store, &archive, member), "member {member}");
            most = most.max(others.len());
        }
        assert_eq!(most, FALLBACKS_MAX);
    }

    #[test]
    fn a_donor_stands_before_fallbacks_with_other_meta_agents() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        let [one, two, three] = [1, 2, 3].map(|meta| put(&store, meta, meta));
        // The meta agent of the second member, in other files.
        let donor = put(&store, 2, 100);
        let lineage = MetaLineage::default();
        let renewed = |fallbacks: &[TreeId]| lineage.renewed(&store, fallbacks, donor).unwrap();
        assert_eq!(renewed(&[one, two, three]), [donor, one, three]);
        assert_eq!(renewed(&[one, three, put(&store, 4, 4)]), [donor, one, three]);
        assert_eq!(renewed(&[]), [donor]);
    }
}
