//! Sessions that clients keep: limited in number, expiring, and each visible only to its owner.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use hyperspace_core::Mutex;
use hyperspace_core::digest::{derive, hex};
use hyperspace_service::SessionState;
use tokio::time::Instant;

use crate::clock;
use crate::refusal::{RefusalKind, RequestRefusal};

/// Number of digits in the name of a session.
const NAME_DIGITS: usize = 32;

/// The state of a session, which only one piece of code at a time changes.
#[derive(Debug)]
pub(crate) struct SessionSlot {
    pub(crate) state: SessionState,
    /// Number of pieces of code that were executed.
    pub(crate) turns: u64,
    /// Fuel for one piece of code.
    pub(crate) fuel: u64,
}

#[derive(Debug, Clone)]
struct SessionEntry {
    owner: String,
    used: Instant,
    slot: Arc<tokio::sync::Mutex<SessionSlot>>,
}

/// The sessions of a server. See the module.
#[derive(Debug)]
pub(crate) struct SessionTable {
    entries: Mutex<(u64, BTreeMap<String, SessionEntry>)>,
    most: usize,
    idle: Duration,
    /// The secret from which names are made that cannot be guessed.
    secret: [u64; 2],
    /// The session, for each owner, that code without a session shares.
    pub(crate) shared: tokio::sync::Mutex<BTreeMap<String, String>>,
}

impl SessionTable {
    pub(crate) fn new(most: usize, idle: Duration) -> Self {
        // Keys of hash tables come from the system's source of randomness.
        let secret = [RandomState::new().hash_one(1_u8), RandomState::new().hash_one(2_u8)];
        Self {
            entries: Mutex::new((0, BTreeMap::new())),
            most,
            idle,
            secret,
            shared: tokio::sync::Mutex::default(),
        }
    }

    /// Adds a session and returns its name.
    pub(crate) fn keep(&self, owner: &str, slot: SessionSlot) -> Result<String, RequestRefusal> {
        let mut entries = self.entries.lock();
        let (count, sessions) = &mut *entries;
        forget_old(sessions, self.idle);
        if sessions.len() >= self.most {
            let detail = format!("{} sessions are kept already", self.most);
            let hint = format!(
                "delete one; a session that nobody uses for {} s goes by itself",
                self.idle.as_secs()
            );
            return Err(RequestRefusal::new(RefusalKind::TooMany, detail).hint(hint).retry(10));
        }
        *count += 1;
        let parts = [&self.secret[0].to_le_bytes()[..], &self.secret[1].to_le_bytes(), &count.to_le_bytes()];
        let name = hex(&derive("hyperspace v1 server session", &parts))[..NAME_DIGITS].to_owned();
        let slot = Arc::new(tokio::sync::Mutex::new(slot));
        sessions.insert(name.clone(), SessionEntry { owner: owner.to_owned(), used: clock::now(), slot });
        Ok(name)
    }

    /// Returns a session of the given owner, and records that it was used.
    pub(crate) fn get(
        &self,
        owner: &str,
        name: &str,
    ) -> Result<Arc<tokio::sync::Mutex<SessionSlot>>, RequestRefusal> {
        let mut entries = self.entries.lock();
        forget_old(&mut entries.1, self.idle);
        match entries.1.get_mut(name).filter(|entry| entry.owner == owner) {
            Some(entry) => {
                entry.used = clock::now();
                Ok(Arc::clone(&entry.slot))
            }
            None => Err(gone(name)),
        }
    }

    /// Removes a session.
    pub(crate) fn delete(&self, owner: &str, name: &str) -> Result<(), RequestRefusal> {
        let mut entries = self.entries.lock();
        if entries.1.get(name).is_none_or(|entry| entry.owner != owner) {
            return Err(gone(name));
        }
        entries.1.remove(name);
        Ok(())
    }

    /// Returns the names of the owner's sessions.
    pub(crate) fn names(&self, owner: &str) -> Vec<String> {
        let entries = self.entries.lock();
        let own = entries.1.iter().filter(|(_, entry)| entry.owner == owner);
        own.map(|(name, _)| name.clone()).collect()
    }

    /// Removes sessions that have been unused for too long; returns the number of remaining ones.
    pub(crate) fn expire(&self) -> usize {
        let mut entries = self.entries.lock();
        forget_old(&mut entries.1, self.idle);
        entries.1.len()
    }
}

/// Removes sessions that were unused for this time. A session in which code is running counts as used.
fn forget_old(sessions: &mut BTreeMap<String, SessionEntry>, idle: Duration) {
    sessions.retain(|_, entry| entry.used.elapsed() < idle || Arc::strong_count(&entry.slot) > 1);
}

fn gone(name: &str) -> RequestRefusal {
    let name: String = name.chars().take(NAME_DIGITS * 2).collect();
    RequestRefusal::absent(format!(
        "session {name:?}; it was deleted, has expired, or belongs to another token"
    ))
}
