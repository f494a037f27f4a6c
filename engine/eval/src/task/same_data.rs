//! Held-out data that are the training data under another name: they would measure nothing.
//!
//! The same keys in `task.toml` are refused whenever a task is loaded. Contents are compared only when a user names a task, so that
//! recorded runs stay as they are.

use hyperspace_core::RelPath;

use super::definition::SplitTable;
use super::error::TaskError;
use super::external::UserData;
use super::handle::Task;
use super::source::DEFINITION_FILE;

impl Task {
    /// Checks that no file of the held-out data has the content of the training data. Messages use the label of the folder.
    ///
    /// # Errors
    ///
    /// [`TaskError::Field`] when the files have the same content, whatever their names.
    pub fn check_held_out_data(&self, label: &str) -> Result<(), TaskError> {
        let Some(splits) = self.parts.source.as_ref().map(|source| &source.splits) else { return Ok(()) };
        let (Some(train), Some(held_out)) = (&splits.train, &splits.held_out) else { return Ok(()) };
        match (self.contents(train), self.contents(held_out)) {
            (Some(train), Some(held_out)) if train == held_out => {
                let file = format!("{}/{DEFINITION_FILE}", label.trim_end_matches('/'));
                let expected = "other data than those of splits.train";
                Err(TaskError::field(&file, "splits.held-out", expected, "files with the same content"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the contents of the files of a split; `None` if it has none of its own.
    fn contents(&self, split: &SplitTable) -> Option<Vec<&[u8]>> {
        let (names, files) = match (self.external_data(), &split.external) {
            // One file replaces all splits, and is divided between them.
            (Some(UserData::File { .. }), _) => return None,
            (Some(UserData::Folder { files, .. }), Some(external)) => (vec![&external.file], files),
            _ => (split.file.iter().chain(split.files.iter().flatten()).collect(), self.files()),
        };
        let of = |name: &&String| files.get(&RelPath::new(name.as_str()).ok()?);
        let contents: Vec<&[u8]> = names.iter().filter_map(of).map(|content| &**content).collect();
        (!contents.is_empty()).then_some(contents)
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_testkit::{file_set, guess};

    use crate::Task;

    #[test]
    fn held_out_rows_under_another_name_are_refused_when_a_task_is_named() {
        let check = |held_out: &[i64]| {
            let task = Task::from_files(&file_set(&guess::task_files(&[1, 2], held_out)), "guess").unwrap();
            task.check_held_out_data("guess").map_err(|error| error.to_string())
        };
        assert_eq!(check(&[1, 3]), Ok(()));
        assert_eq!(
            check(&[1, 2]).unwrap_err(),
            "guess/task.toml, field splits.held-out: expected other data than those of splits.train, found files with \
             the same content"
        );
    }
}
