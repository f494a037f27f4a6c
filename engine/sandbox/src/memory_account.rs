//! The memory of a guest and of the guests that work for it (its shell, and programs that the shell starts), counted together.
//!
//! Each guest has a limit of its own, and together they are subject to the limit of the first one, which waits meanwhile.
//!
//! Attacks that end here: T-MEM-20, T-MEM-21, T-MEM-22.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes shared by several guests. Clones are the same account.
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

    /// Takes bytes if that many are left. Returns whether it took them.
    fn take(&self, bytes: u64) -> bool {
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.0.most);
        self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn give(&self, bytes: u64) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The memory of one guest in an account. Dropping it returns the bytes.
#[derive(Debug)]
pub(crate) struct MemoryShare {
    account: MemoryAccount,
    bytes: u64,
}

impl MemoryShare {
    /// Returns an empty share.
    pub(crate) fn new(account: MemoryAccount) -> Self {
        Self { account, bytes: 0 }
    }

    pub(crate) fn account(&self) -> &MemoryAccount {
        &self.account
    }

    /// Records that the guest has `bytes` bytes. Returns whether that is allowed; if not, nothing is recorded.
    pub(crate) fn resize(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if !self.account.take(more) {
            return false;
        }
        self.account.give(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
        true
    }

    /// Moves the share to another account. Returns whether that account has room; if not, nothing is moved.
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
