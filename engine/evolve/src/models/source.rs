//! Opens the cassette of a generation, together with the source of answers that it lacks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyperspace_llm::{Account, Cassette, CassetteRecovery, FileCassette, Models, SessionError};

use crate::error::EvolveError;
use crate::models::streams::candidate_of;
use crate::record::candidate_id::CandidateId;
use crate::resources::ModelSource;

/// Number of tries to open a cassette that is in use, and the wait between them.
const BUSY_TRIES: u32 = 200;
const BUSY_WAIT: Duration = Duration::from_millis(10);

/// A unit of work with model calls: a generation or a test.
pub(crate) struct CallScope<'a> {
    /// The name of its cassette file.
    pub(crate) name: String,
    /// The prefix of its streams.
    pub(crate) streams: &'a str,
    /// Maps a candidate to its population.
    pub(crate) owner: Box<dyn Fn(CandidateId) -> Option<usize> + Send + Sync + 'a>,
}

/// An open cassette and its source.
pub(crate) struct CallSource {
    pub(crate) cassette: Arc<dyn Cassette>,
    /// Providers of answers that the cassette lacks; `None` for a recording.
    pub(crate) models: Option<Models>,
    /// The file of the cassette, if it holds only this unit of work.
    pub(crate) file: Option<PathBuf>,
}

impl CallSource {
    /// Opens the cassette of a unit of work and charges `accounts` for the calls already in it.
    pub(crate) async fn open(
        scope: &CallScope<'_>,
        source: &ModelSource,
        accounts: &[Account],
    ) -> Result<Self, EvolveError> {
        let (cassette, models, file): (Arc<FileCassette>, _, _) = match source {
            ModelSource::Providers(models, folder) => {
                let path = folder.join(format!("{}.jsonl", scope.name));
                std::fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
                let (cassette, recovered) = open_when_free(&path).await?;
                if recovered.bytes > 0 {
                    tracing::info!(bytes = recovered.bytes, "dropped an unfinished answer of a model");
                }
                (Arc::new(cassette), models.clone(), Some(path))
            }
            ModelSource::Recorded(models, cassette) => (Arc::clone(cassette), models.clone(), None),
            ModelSource::Recording(cassette) => {
                return Ok(Self { cassette: Arc::clone(cassette), models: None, file: None });
            }
        };
        // Before any call, as otherwise one could be made that the budget no longer covers.
        for (stream, spent) in cassette.spent(|stream| stream.starts_with(scope.streams))? {
            let population = candidate_of(&stream).and_then(&scope.owner);
            if let Some(account) = population.and_then(|index| accounts.get(index)) {
                account.charge(spent);
            }
        }
        Ok(Self { cassette, models: Some(models), file })
    }
}

/// Opens a cassette. A unit of work of this process that was cancelled may still hold it for a moment.
async fn open_when_free(path: &Path) -> Result<(FileCassette, CassetteRecovery), SessionError> {
    for _ in 0..BUSY_TRIES {
        match FileCassette::append_to(path) {
            Err(SessionError::Busy { .. }) => tokio::time::sleep(BUSY_WAIT).await,
            opened => return opened,
        }
    }
    FileCassette::append_to(path)
}

fn io(path: &Path, source: std::io::Error) -> SessionError {
    SessionError::Io { path: path.display().to_string(), source }
}
