//! The memory of a guest and of the guests that work for it, counted together: its shell, and programs that the shell starts.
//!
//! Each of them has a limit of its own, and all of them have the limit of the first one, which waits meanwhile.
//!
//! Attacks that end here: T-MEM-20, T-MEM-21, T-MEM-22.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes that several guests share. Clones are the same account.
#[derive(Debug, Clone)]
pub(crate) struct MemoryAccount(Arc<AccountState>);

#[derive(Debug)]
struct AccountState {
    most: u64,
    used: AtomicU64,
}

impl MemoryAccount {
    /// Returns an account of `most` bytes.
    pub(crate) fn new(most: u64) -> Self {
        Self(Arc::new(AccountState { most, used: AtomicU64::new(0) }))
    }

    /// Returns the bytes that are left.
    pub(crate) fn left(&self) -> u64 {
        self.0.most.saturating_sub(self.0.used.load(Ordering::Relaxed))
    }

    /// Takes bytes, if there are as many. Returns whether there are.
    fn take(&self, bytes: u64) -> bool {
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.0.most);
        self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn give(&self, bytes: u64) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of one guest in an account. Dropping it gives the bytes back.
#[derive(Debug)]
pub(crate) struct MemoryShare {
    account: MemoryAccount,
    bytes: u64,
}

impl MemoryShare {
    /// Returns a share of nothing yet.
    pub(crate) fn new(account: MemoryAccount) -> Self {
        Self { account, bytes: 0 }
    }

    pub(crate) fn account(&self) -> &MemoryAccount {
        &self.account
    }

    /// Notes that the guest has so many bytes. Returns whether it may: otherwise nothing is noted.
    pub(crate) fn resize(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if !self.account.take(more) {
            return false;
        }
        self.account.give(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
        true
    }

    /// Moves the share to another account. Returns whether it has room: otherwise nothing is moved.
    pub(crate) fn join(&mut self, account: &MemoryAccount) -> bool {
        if Arc::ptr_eq(&self.account.0, &account.0) {
            return true;
        }
        if !account.take(self.bytes) {
            return false;
        }
        self.account.give(self.bytes);
        self.account = account.clone();
        true
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.account.give(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_an_account_have_its_limit_together() {
        let account = MemoryAccount::new(100);
        let mut first = MemoryShare::new(account.clone());
        assert!(first.resize(60) && !first.resize(101));
        let mut second = MemoryShare::new(MemoryAccount::new(90));
        assert!(second.resize(50));
        assert!(!second.join(&account), "60 and 50 are more than 100");
        assert!(second.resize(40) && second.join(&account) && second.join(&account));
        assert!(!second.resize(41) && !first.resize(61));
        assert_eq!(account.left(), 0);
        assert!(first.resize(10));
        assert_eq!(account.left(), 50);
        drop(second);
        drop(first);
        assert_eq!(account.left(), 100);
    }
}
