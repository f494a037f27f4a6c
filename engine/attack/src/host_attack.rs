//! Attacks without a guest: through a store, a folder, a settings file or a provider that somebody else prepared.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use hyperspace_eval::Evaluator;

/// The ground on which an attack without a guest of its own is made.
#[derive(Clone, Copy)]
pub struct HostGround<'a> {
    /// An empty folder for its files.
    pub folder: &'a Path,
    /// The evaluator of this installation.
    pub evaluator: &'a Evaluator,
    /// The work that the attack counts, in units of checks of answers. If it counts any, its processor time is compared with that.
    pub counted: &'a AtomicU64,
}

impl std::fmt::Debug for HostGround<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostGround").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// An attack on the host itself.
///
/// `run` returns a description of how the attack ended, or an error if it could not be made.
pub struct HostAttack {
    /// Its id, for example `T-STORE-01`.
    pub id: &'static str,
    /// One line that says what the attack tries.
    pub title: &'static str,
    /// The file that contains the attack, as a path from the root of the repository.
    pub held_by: &'static str,
    /// The required end, as `run` describes it.
    pub ends: &'static str,
    /// Makes the attack.
    pub run: fn(HostGround<'_>) -> Result<String, String>,
}

impl std::fmt::Debug for HostAttack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostAttack").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}
