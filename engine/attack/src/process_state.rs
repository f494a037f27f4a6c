//! Observable state of this process: descriptors, threads, memory. Linux reports it under `/proc/self`; elsewhere it is unknown.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;

/// State of this process at one moment. `None` where the system does not report it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessState {
    /// Number of open descriptors.
    pub descriptors: Option<u64>,
    /// Number of threads.
    pub threads: Option<u64>,
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
            resident_bytes: kib("VmRSS"),
            resident_bytes_peak: kib("VmHWM"),
        }
    }

    /// Returns the state once there are no more threads than `before`, or after `looks` milliseconds.
    pub(crate) fn settled(before: &Self, looks: u32) -> Self {
        let mut after = Self::now();
        for _ in 0..looks {
            if after.threads <= before.threads {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
            after = Self::now();
        }
        after
    }
}

/// Size and modification time of the file of the host whose path attacks are given.
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

    /// Held by tests of this process that open files, so that the one that counts descriptors counts its own.
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
        // Other tests of this process come and go beside this one.
        let before = ProcessState { threads: Some(0), ..before };
        let thread = std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_millis(50)));
        assert!(
            ProcessState::settled(&before, 3).threads > Some(1),
            "a thread that is there is not overlooked"
        );
        thread.join().unwrap();
        assert!(ProcessState::now().resident_bytes.unwrap() > 1 << 20);
    }
}
