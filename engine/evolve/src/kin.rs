//! The meta agents behind a member: the different ones of its lineage, the nearest first.
//!
//! What is behind a member never changes, so it is worked out once, from what is behind its parent. Going up to the seed
//! agent for every child would make a generation dearer the longer lineages get.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hyperspace_core::{BlobId, RelPath, TreeId};
use hyperspace_store::Store;

use crate::archive::{Archive, Member, Place};
use crate::error::EvolveError;
use crate::meta::RESCUES_MAX;

/// Whether a file is part of a meta agent.
pub(crate) fn is_meta(path: &RelPath) -> bool {
    path.as_str() == "meta_agent.py" || path.as_str().starts_with("lib/")
}

/// A meta agent, by its number among those that were met.
type Meta = usize;

/// The first different meta agents of a lineage, each with the nearest tree that has it: a member's own and as many others as
/// may stand in.
#[derive(Debug, Clone, Default)]
struct Behind {
    own: Meta,
    known: Vec<(Meta, TreeId)>,
}

/// What was worked out so far, for the members of one run.
#[derive(Debug, Default)]
pub(crate) struct Kin(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    metas: BTreeMap<Vec<(RelPath, BlobId)>, Meta>,
    trees: BTreeMap<TreeId, Meta>,
    behind: BTreeMap<Place, Behind>,
}

impl Kin {
    /// The trees whose meta agents are behind a member and differ from its own and from each other, at most [`RESCUES_MAX`].
    pub(crate) fn others(
        &self,
        store: &Store,
        archive: &Archive,
        member: usize,
    ) -> Result<Vec<TreeId>, EvolveError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown: Vec<&Member> =
            archive.lineage(member).take_while(|member| !known.behind.contains_key(&member.place)).collect();
        for member in unknown.into_iter().rev() {
            known.add(store, archive, member)?;
        }
        let Some(behind) = archive.members().get(member).and_then(|member| known.behind.get(&member.place))
        else {
            return Ok(Vec::new());
        };
        let others = behind.known.iter().filter(|(meta, _)| *meta != behind.own);
        Ok(others.take(RESCUES_MAX).map(|(_, tree)| *tree).collect())
    }
}

impl Known {
    /// Works out what is behind a member whose parent is known or absent.
    fn add(&mut self, store: &Store, archive: &Archive, member: &Member) -> Result<(), EvolveError> {
        let made_by = (self.meta(store, member.made_by)?, member.made_by);
        let own = (self.meta(store, member.tree)?, member.tree);
        let parent = member.parent.and_then(|parent| archive.members().get(parent));
        let before = parent.and_then(|parent| self.behind.get(&parent.place)).cloned().unwrap_or_default();
        let mut known: Vec<(Meta, TreeId)> = Vec::with_capacity(RESCUES_MAX + 1);
        for next in [made_by, own].into_iter().chain(before.known) {
            if known.len() <= RESCUES_MAX && known.iter().all(|(meta, _)| *meta != next.0) {
                known.push(next);
            }
        }
        self.behind.insert(member.place, Behind { own: own.0, known });
        Ok(())
    }

    fn meta(&mut self, store: &Store, tree: TreeId) -> Result<Meta, EvolveError> {
        if let Some(meta) = self.trees.get(&tree) {
            return Ok(*meta);
        }
        let files = store.get_tree(&tree)?;
        let files = files.iter().filter(|(path, _)| is_meta(path));
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

    /// The definition: up the lineage, all files read, whatever differs from everything before it.
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
        found.truncate(RESCUES_MAX);
        found
    }

    #[test]
    fn what_is_behind_a_member_is_what_a_walk_to_the_seed_finds() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        let mut archive = Archive::new(Direction::Maximize);
        // Numbers that look random but are the same at every run.
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for number in 0..60 {
            let (tree, parent) = (put(&store, random(5), number), random(number.max(1)));
            archive.admit(Member {
                place: Place { generation: number, candidate: 0 },
                tree,
                parent: (number > 0).then(|| usize::try_from(parent).unwrap()),
                made_by: if random(3) == 0 { put(&store, random(7), 1_000) } else { tree },
                score: Score::integer(number),
                held_out: Score::integer(number),
                children: 0,
                failures: 0,
                train_evaluation: None,
                held_out_evaluation: None,
            });
        }
        // Asked for the last members first, so that what is unknown is a whole lineage.
        let kin = Kin::default();
        let mut most = 0;
        for member in (0..60).rev().chain(0..60) {
            let others = kin.others(&store, &archive, member).unwrap();
            assert_eq!(others, walk(&store, &archive, member), "member {member}");
            most = most.max(others.len());
        }
        assert_eq!(most, RESCUES_MAX);
    }
}
