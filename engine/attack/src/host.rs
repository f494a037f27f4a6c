//! What can be seen of the own process: descriptors, threads, memory. Linux tells it under `/proc/self`; elsewhere it is unknown.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;

/// The own process at one moment. `None`: this system does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostState {
    /// Open descriptors.
    pub descriptors: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Resident memory in bytes.
    pub resident_bytes: Option<u64>,
    /// Most resident memory so far, in bytes.
    pub resident_bytes_peak: Option<u64>,
}

impl HostState {
    /// Looks at the own process.
    #[must_use]
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let kib = |name| field(name).map(|kib| kib * 1_024);
        // Reading the folder is one descriptor itself, every time.
        let descriptors = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64);
        Self {
            descriptors,
            threads: field("Threads"),
            resident_bytes: kib("VmRSS"),
            resident_bytes_peak: kib("VmHWM"),
        }
    }

    /// Looks at the own process, up to `looks` times, until it has no more threads than `before`.
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

/// Size and time of the last change of a file of the host that attacks are pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Target {
    pub(crate) fn look(path: &Path) -> Option<Self> {
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
        let before = HostState::now();
        if before.descriptors.is_none() {
            println!("skipped: this system does not tell");
            return;
        }
        let file = fs::File::open("/proc/self/status").unwrap();
        assert_eq!(HostState::now().descriptors, before.descriptors.map(|count| count + 1));
        drop(file);
        // Other tests of this process come and go beside this one.
        let before = HostState { threads: Some(0), ..before };
        let thread = std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_millis(50)));
        assert!(HostState::settled(&before, 3).threads > Some(1), "a thread that is there is not overlooked");
        thread.join().unwrap();
        assert!(HostState::now().resident_bytes.unwrap() > 1 << 20);
    }
}
