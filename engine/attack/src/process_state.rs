//! Observable state of this process: descriptors, threads, memory. Linux reports it under `/proc/self`; elsewhere it is unknown.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;

/// State of this process at one moment. `None` if the system does not report it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessState {
    /// Number of open descriptors.
    pub descriptors: Option<u64>,
    /// Number of threads.
    pub threads: Option<u64>,
    /// Number of open sockets.
    pub sockets: Option<u64>,
    /// Number of child processes, including ended ones that were not waited for.
    pub children: Option<u64>,
    /// Resident memory in bytes.
    pub resident_bytes: Option<u64>,
    /// Peak resident memory in bytes.
    pub resident_bytes_peak: Option<u64>,
}

impl ProcessState {
    /// Returns the present state.
    #[must_use]
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let kib = |name| field(name).map(|kib| kib * 1_024);
        // Reading the folder opens one descriptor itself.
        let descriptors = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64);
        Self {
            descriptors,
            threads: field("Threads"),
            sockets: sockets(),
            children: children(),
            resident_bytes: kib("VmRSS"),
            resident_bytes_peak: kib("VmHWM"),
        }
    }
}

/// The threads of this process by number. Their count alone would hide a leaked thread if another one ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ThreadNumbers(BTreeSet<OsString>);

impl ThreadNumbers {
    /// Returns the present threads; none if the system does not report them.
    pub(crate) fn now() -> Self {
        let entries = fs::read_dir("/proc/self/task").into_iter().flatten();
        Self(entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect())
    }

    /// Returns the number of threads that did not exist before, as soon as that is 0, or else after `looks` milliseconds.
    pub(crate) fn grown_since(before: &Self, looks: u32) -> usize {
        let mut grown = Self::now().0.difference(&before.0).count();
        for _ in 0..looks {
            if grown == 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
            grown = Self::now().0.difference(&before.0).count();
        }
        grown
    }
}

fn sockets() -> Option<u64> {
    let links = fs::read_dir("/proc/self/fd").ok()?.filter_map(Result::ok);
    let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
    Some(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count() as u64)
}

/// Counts the processes whose parent is this one.
fn children() -> Option<u64> {
    let own = std::process::id();
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let numbers =
        processes.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|c| c.is_ascii_digit()));
    let parents = numbers.filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    });
    Some(parents.filter(|parent| *parent == own).count() as u64)
}

/// Size and modification time of the host file whose path is given to attacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    bytes: u64,
    changed: Option<SystemTime>,
}

impl FileState {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { bytes: metadata.len(), changed: metadata.modified().ok() })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// Held by tests of this process that open files, so that the test that counts descriptors counts only its own.
    pub(crate) static OPENING: Mutex<()> = Mutex::new(());

    #[test]
    fn the_own_process_is_seen() {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let before = ProcessState::now();
        if before.descriptors.is_none() {
            println!("skipped: this system does not report it");
            return;
        }
        let file = fs::File::open("/proc/self/status").unwrap();
        assert_eq!(ProcessState::now().descriptors, before.descriptors.map(|count| count + 1));
        drop(file);
        let before = ThreadNumbers::now();
        let thread = std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_millis(50)));
        assert!(ThreadNumbers::grown_since(&before, 3) > 0, "a thread that is there is not overlooked");
        thread.join().unwrap();
        assert!(ProcessState::now().resident_bytes.unwrap() > 1 << 20);
    }
}
