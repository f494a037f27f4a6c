//! The test of the suite itself: leaks of each kind are planted, and each must be noticed.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Serialize;

use crate::error::AttackError;
use crate::finding::Complaint;
use crate::host_meter::{HostCost, HostMeter};
use crate::suite::{Suite, cost_complaints};
use crate::watched_folders::{FolderContents, WatchedFolder};

/// A leak that was planted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlantedLeak {
    /// Its kind.
    pub kind: &'static str,
    /// Words that a complaint must contain; empty if nothing was planted, so that there must be no complaint.
    pub expected: &'static str,
    /// The complaints.
    pub complaints: Vec<String>,
    /// True if a complaint contains the words, or if nothing was planted and there is none.
    pub noticed: bool,
}

/// Something that was leaked on purpose.
#[derive(Default)]
struct Leak {
    file: Option<File>,
    sockets: Option<(UnixStream, UnixStream)>,
    thread: Option<JoinHandle<()>>,
    child: Option<Child>,
    made: Option<std::path::PathBuf>,
}

impl Leak {
    /// Removes the leak.
    fn take_away(self) {
        let Self { file, sockets, thread, child, made } = self;
        drop((file, sockets));
        drop(thread.map(JoinHandle::join));
        if let Some(mut child) = child {
            drop(child.kill());
            drop(child.wait());
        }
        drop(made.map(fs::remove_file));
    }
}

impl Suite {
    /// Plants a leak of each kind that the suite looks for. Each one is removed again.
    ///
    /// # Errors
    ///
    /// [`AttackError`] when a leak could not be planted.
    pub fn self_test(&self) -> Result<Vec<PlantedLeak>, AttackError> {
        type Plant = fn(&Suite) -> std::io::Result<Leak>;
        let plants: [(&str, &str, Plant); 6] = [
            ("descriptor", "descriptors grew", |_| {
                Ok(Leak { file: Some(File::open("/proc/self/status")?), ..Leak::default() })
            }),
            ("socket", "sockets grew", |_| {
                Ok(Leak { sockets: Some(UnixStream::pair()?), ..Leak::default() })
            }),
            ("thread", "threads grew", |_| {
                let thread = thread::spawn(|| thread::sleep(Duration::from_secs(4)));
                Ok(Leak { thread: Some(thread), ..Leak::default() })
            }),
            ("child process", "child processes grew", |_| {
                let mut child = Command::new("/proc/self/exe");
                child.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                Ok(Leak { child: Some(child.spawn()?), ..Leak::default() })
            }),
            ("change of a planted secret", "was changed", |suite| {
                let path = suite.planted_folder().join("planted-by-the-self-test");
                fs::write(&path, "leaked")?;
                Ok(Leak { made: Some(path), ..Leak::default() })
            }),
            ("nothing", "", |_| Ok(Leak::default())),
        ];
        let mut leaks = Vec::new();
        for (kind, expected, plant) in plants {
            let before = self.observe();
            let leak = plant(self).map_err(AttackError::Planted)?;
            let complaints = self.complaints_since(&before);
            leak.take_away();
            let complaints = texts(&complaints?);
            let noticed = match expected {
                "" => complaints.is_empty(),
                words => complaints.iter().any(|complaint| complaint.contains(words)),
            };
            leaks.push(PlantedLeak { kind, expected, complaints, noticed });
        }
        leaks.push(self.planted_cost("processor time", "of processor time", || {
            let mut x = 1_u64;
            let meter = HostMeter::start();
            for _ in 0..1_000 {
                x = std::hint::black_box((0..1_000_000_u64).fold(x, |x, y| x.rotate_left(5) ^ y));
            }
            meter.stop()
        }));
        leaks.push(self.planted_cost("memory beside a guest", "of memory", || {
            let meter = HostMeter::start();
            drop(std::hint::black_box(vec![1_u8; 200 << 20]));
            meter.stop()
        }));
        leaks.push(self.planted_file().map_err(AttackError::Planted)?);
        leaks.push(self.planted_secret());
        Ok(leaks)
    }

    /// Presents a cost as that of a guest that used no fuel and had no memory.
    fn planted_cost(
        &self,
        kind: &'static str,
        expected: &'static str,
        cost: fn() -> HostCost,
    ) -> PlantedLeak {
        let complaints = texts(&cost_complaints(cost(), 0, 0, self.loop_ps().unwrap_or(1)));
        let noticed = complaints.iter().any(|complaint| complaint.contains(expected));
        PlantedLeak { kind, expected, complaints, noticed }
    }

    /// Creates a file in a folder that is watched like those of the user.
    fn planted_file(&self) -> std::io::Result<PlantedLeak> {
        let folder = self.planted_folder().with_extension("watched");
        fs::create_dir(&folder)?;
        let watched = [WatchedFolder::Whole(folder.clone())];
        let before = FolderContents::of(&watched);
        let made = fs::write(folder.join("leaked"), "leaked");
        let complaints = texts(&before.differences(&FolderContents::of(&watched)));
        fs::remove_dir_all(&folder)?;
        made?;
        let noticed = complaints.iter().any(|complaint| complaint.contains("leaked was made"));
        Ok(PlantedLeak { kind: "file of the user", expected: "was made", complaints, noticed })
    }

    /// Presents a secret as something that a guest left behind.
    fn planted_secret(&self) -> PlantedLeak {
        let left = format!("before {} after", self.secret()).into_bytes();
        let noticed = self.has_secret(&left, "");
        let complaints =
            if noticed { vec!["the guest has seen a secret of the host".to_owned()] } else { vec![] };
        PlantedLeak { kind: "secret in the hands of a guest", expected: "a secret", complaints, noticed }
    }
}

fn texts(complaints: &[Complaint]) -> Vec<String> {
    complaints.iter().map(Complaint::to_string).collect()
}
