//! Exports into new folders, which are complete or absent.

use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, RelPath, TreeId};
use hyperspace_evolve::CandidateId;
use hyperspace_interop::original;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files::{self, NewFolder};
use crate::target::{self, CandidateTarget};

/// The exported files of a candidate: the document of `export --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportView {
    /// The hash of the candidate's generation.
    pub generation: RecordId,
    /// The candidate.
    pub candidate: CandidateId,
    /// Its files.
    pub tree: TreeId,
    /// The number of files.
    pub files: usize,
    /// The new folder.
    pub to: PathBuf,
}

/// The exported outcome files of a run: the document of `export --layout original --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutcomeExportView {
    /// The run.
    pub run: RecordId,
    /// Number of its populations.
    pub agents: usize,
    /// Number of generations of all populations.
    pub generations: usize,
    /// Number of files.
    pub files: u64,
    /// Total size of all files in bytes.
    pub bytes: u64,
    /// Number of files `predictions.csv`, which have the right answers; none if the task has no rows of a table.
    pub predictions: u64,
    /// Number of files that share their content with another one on disk.
    pub linked: u64,
    /// The new folder.
    pub to: PathBuf,
}

/// The way in which exported files with the same content are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharedFiles {
    /// Once, with hard links if the file system supports them; changing one file changes all of them.
    #[default]
    Linked,
    /// Separately.
    Copied,
}

impl Engine {
    /// Writes the files of candidate `HASH:K`, or of the best candidate at the end of generation or run `HASH`, into a new or
    /// empty folder.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// let view = engine.export("93a65b65cd0b", "best".as_ref())?;
    /// println!("{} files", view.files);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such candidate or the folder exists, `Damage` when the store is damaged.
    pub fn export(&self, hash: &str, to: &Path) -> Result<ExportView, ServiceError> {
        let store = self.reader()?;
        let target = CandidateTarget::resolve(&store, hash)?;
        let files = store.get_files(&target.tree)?;
        files::write(to, &files)?;
        let (generation, candidate, tree) = (target.generation, target.place, target.tree);
        Ok(ExportView { generation, candidate, tree, files: files.len(), to: to.to_path_buf() })
    }

    /// Writes a run as outcome files in the layout of the original experiments into a new or empty folder. The files include the
    /// right answers of every split. Most files of a generation equal those of its parent, so they are shared unless `shared`
    /// says otherwise.
    ///
    /// # Errors
    ///
    /// As [`Engine::export`].
    pub fn export_outcome(
        &self,
        hash: &str,
        to: &Path,
        shared: SharedFiles,
    ) -> Result<OutcomeExportView, ServiceError> {
        let store = self.reader()?;
        let run = target::any_run(&store, Some(hash))?;
        let mut folder = NewFolder::create(to)?;
        let mut put = |path: &RelPath, content: &[u8]| match shared {
            SharedFiles::Linked => folder.put_shared(path, content),
            SharedFiles::Copied => folder.put(path, content),
        };
        let written = original::export(&store, &run, &mut put)?;
        let linked = folder.linked();
        folder.finish()?;
        Ok(OutcomeExportView {
            run: written.run,
            agents: written.agents,
            generations: written.generations,
            files: written.files,
            bytes: written.bytes,
            predictions: written.predictions,
            linked,
            to: to.to_path_buf(),
        })
    }
}
