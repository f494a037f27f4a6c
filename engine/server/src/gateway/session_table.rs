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

use crate::client::Client;
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
    /// Maximum number of sessions of one owner whose token does not set another one.
    most_of_one: usize,
    idle: Duration,
    /// The secret from which names are made that cannot be guessed.
    secret: [u64; 2],
    /// The session, for each owner, that code without a session shares.
    pub(crate) shared: tokio::sync::Mutex<BTreeMap<String, String>>,
}

impl SessionTable {
    pub(crate) fn new(most: usize, most_of_one: usize, idle: Duration) -> Self {
        // Keys of hash tables come from the system's source of randomness.
        let secret = [RandomState::new().hash_one(1_u8), RandomState::new().hash_one(2_u8)];
        Self {
            entries: Mutex::new((0, BTreeMap::new())),
            most,
            most_of_one,
            idle,
            secret,
            shared: tokio::sync::Mutex::default(),
        }
    }

    /// Returns an error if no further session of this client can be kept.
    pub(crate) fn check_room(&self, client: &Client) -> Result<(), RequestRefusal> {
        let mut entries = self.entries.lock();
        forget_old(&mut entries.1, self.idle);
        let own = count_of(&entries.1, client);
        self.room(entries.1.len(), own, client)
    }

    /// Returns an error if there is no room beside so many sessions, `own` of which are the client's.
    fn room(&self, kept: usize, own: usize, client: &Client) -> Result<(), RequestRefusal> {
        let of_one = client.account.sessions_max().unwrap_or(self.most_of_one);
        let idle = self.idle.as_secs();
        let by_itself = format!("a session that nobody uses for {idle} s goes by itself");
        let (detail, hint) = if kept >= self.most {
            (format!("{} sessions are kept already", self.most), format!("delete one; {by_itself}"))
        } else if own >= of_one {
            let detail = format!("the token may keep {of_one} of the {} sessions, and does", self.most);
            (detail, format!("delete one of its own; {by_itself}"))
        } else {
            return Ok(());
        };
        Err(RequestRefusal::new(RefusalKind::TooMany, detail).hint(hint).retry(10))
    }

    /// Adds a session and returns its name.
    pub(crate) fn keep(&self, client: &Client, slot: SessionSlot) -> Result<String, RequestRefusal> {
        let mut entries = self.entries.lock();
        forget_old(&mut entries.1, self.idle);
        self.room(entries.1.len(), count_of(&entries.1, client), client)?;
        let (count, sessions) = &mut *entries;
        *count += 1;
        let parts = [&self.secret[0].to_le_bytes()[..], &self.secret[1].to_le_bytes(), &count.to_le_bytes()];
        let name = hex(&derive("hyperspace v1 server session", &parts))[..NAME_DIGITS].to_owned();
        let slot = Arc::new(tokio::sync::Mutex::new(slot));
        sessions.insert(name.clone(), SessionEntry { owner: client.name.clone(), used: clock::now(), slot });
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

/// Returns the number of a client's sessions.
fn count_of(sessions: &BTreeMap<String, SessionEntry>, client: &Client) -> usize {
    sessions.values().filter(|entry| entry.owner == client.name).count()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ClientBudgets, TokenScope};

    #[test]
    fn one_token_does_not_get_every_session() {
        let client = |sessions| {
            let budgets = ClientBudgets { sessions, ..ClientBudgets::default() };
            Client::new("ci".to_owned(), TokenScope::ALL.to_vec(), budgets)
        };
        let table = SessionTable::new(64, 32, Duration::from_secs(600));
        let said =
            |kept, own, sessions| table.room(kept, own, &client(sessions)).map_err(|no| no.to_string());
        assert_eq!((said(31, 31, None), said(63, 31, None)), (Ok(()), Ok(())));
        assert_eq!(
            said(32, 32, None).unwrap_err(),
            "the token may keep 32 of the 64 sessions, and does\n\
             hint: delete one of its own; a session that nobody uses for 600 s goes by itself"
        );
        assert!(said(64, 0, None).unwrap_err().starts_with("64 sessions are kept already"));
        assert!(said(40, 40, Some(50)).is_ok() && said(5, 5, Some(5)).is_err());
        table.check_room(&client(None)).unwrap();
        assert_eq!(table.check_room(&client(Some(0))).unwrap_err().kind, RefusalKind::TooMany);
    }
}
