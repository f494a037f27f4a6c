//! Measures of all programs of the runs; each text is measured once.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::thread;

use hyperspace_source::{CodeMeasures, SyntaxTree};

use crate::run::ReportRun;

/// Number of programs that a thread measures before it takes more.
const BATCH: usize = 64;

/// The measures of a program, or the reason why it has none.
type MeasuredText = Result<CodeMeasures, String>;

/// The measures of programs by their text.
pub(crate) struct ProgramMeasures<'r> {
    by_text: BTreeMap<&'r str, MeasuredText>,
}

impl<'r> ProgramMeasures<'r> {
    /// Measures every program of the runs, on as many threads as the machine has processors.
    pub(crate) fn of(runs: &'r [ReportRun]) -> Self {
        let candidates = runs.iter().flat_map(|run| &run.agents).flat_map(|agent| &agent.candidates);
        let texts: BTreeSet<&str> = candidates.filter_map(|one| one.code.as_deref()).collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        let threads =
            thread::available_parallelism().map_or(1, NonZero::get).min(texts.len().div_ceil(BATCH));
        let share = |first: usize| {
            let batches = texts.chunks(BATCH).skip(first).step_by(threads.max(1));
            batches.flatten().map(|text| (*text, measure(text))).collect::<Vec<_>>()
        };
        let by_text = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || share(first))).collect();
            let mut measured: BTreeMap<&str, MeasuredText> = share(0).into_iter().collect();
            for other in others {
                // A panic in a measuring thread continues here.
                measured.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            measured
        });
        Self { by_text }
    }

    /// Returns the measures of a program of the runs.
    pub(crate) fn get(&self, text: &str) -> Option<&MeasuredText> {
        self.by_text.get(text)
    }
}

fn measure(text: &str) -> MeasuredText {
    SyntaxTree::parse(text).map(|tree| CodeMeasures::of(&tree)).map_err(|error| error.to_string())
}
