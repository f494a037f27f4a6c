//! The texts of candidates in which signs of complacency are looked for, cached so that each tree is read from the store once.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{Mutex, TreeId};

use crate::complacency::HistoryStep;

/// Number of trees whose texts are kept; beyond it, all are dropped.
const TREES_MAX: usize = 1_024;

/// The texts of a candidate.
#[derive(Clone)]
pub(crate) struct StepTexts {
    pub(crate) program: Option<Arc<str>>,
    pub(crate) meta: Option<Arc<str>>,
    pub(crate) notes: Option<Arc<str>>,
}

/// The texts of the trees seen last.
#[derive(Default)]
pub(crate) struct SeenTexts(Mutex<BTreeMap<TreeId, StepTexts>>);

impl StepTexts {
    /// Returns a candidate with these texts.
    pub(crate) fn into_step(self, id: impl Into<String>) -> HistoryStep {
        let mut step = HistoryStep::new(id);
        (step.program, step.meta, step.notes) = (self.program, self.meta, self.notes);
        step
    }
}

impl SeenTexts {
    /// Returns the texts of a tree, reading them if they are not cached.
    pub(crate) fn of<E>(
        &self,
        tree: TreeId,
        read: impl FnOnce() -> Result<StepTexts, E>,
    ) -> Result<StepTexts, E> {
        if let Some(known) = self.0.lock().get(&tree) {
            return Ok(known.clone());
        }
        let texts = read()?;
        let mut seen = self.0.lock();
        if seen.len() >= TREES_MAX {
            seen.clear();
        }
        seen.insert(tree, texts.clone());
        Ok(texts)
    }
}
