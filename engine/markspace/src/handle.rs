//! The handle of a space: its state behind one lock, with policies, sinks and hooks around it.
//!
//! Every decision is made under the lock, in microseconds, so that all operations have one order; tools, policies, sinks and
//! hooks run outside of it. Nothing reaches the state without passing the checks: commands go through `attempt.rs`, reads
//! through `read_api.rs`.

use std::sync::{Arc, MutexGuard};

use crate::capability::{Authority, Capability, Issuer};
use crate::command::RecordedCommand;
use crate::envelope::SpaceRules;
use crate::log::{EntryLog, MemoryMedium};
use crate::machine::Machine;
use crate::model::Mark;
use crate::policy::ContentPolicy;
use crate::refusal::Refusal;
use crate::snapshot::Snapshotter;
use crate::telemetry::Sink;
use crate::time::{SpaceClock, Tick};
use crate::watch::Watches;
use hyperspace_core::Mutex;

type Hook = Box<dyn Fn(&Mark) + Send + Sync>;

/// A record of how a stored space was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceOpening {
    /// Number of entries of the journal at that time.
    pub entries: u64,
    /// Number of entries that were folded one by one; the others came with a snapshot.
    pub folded: u64,
    /// The reason why an existing snapshot was set aside and the whole journal folded.
    pub set_aside: Option<String>,
}

/// A space of marks.
///
/// ```
/// use std::sync::Arc;
/// use hyperspace_core::{MarkKind, ScopeName};
/// use hyperspace_markspace::{Authority, CapabilitySpec, Draft, Grant, LogicalClock, MarkSpace, Query, SpaceRules, ScopeDef};
///
/// let authority = Authority::new();
/// let space = MarkSpace::in_memory(&authority, Arc::new(LogicalClock::default()), SpaceRules::default());
/// let lab = ScopeName::new("lab").unwrap();
/// space.define(&authority, ScopeDef::new(lab.clone())).unwrap();
/// let grants = vec![Grant { scope: lab.clone(), kinds: vec![MarkKind::Warning] }];
/// let agent = authority.issue("ada", CapabilitySpec::new(grants));
/// let mark = space.write_mark(&agent, &lab, Draft::warning("heat", "too hot", None)).unwrap();
/// let found = space.read(&agent, &Query::new(lab).about("heat")).unwrap();
/// assert_eq!(found[0].mark.seq(), mark);
/// ```
///
/// Its state cannot be reached without the checks:
///
/// ```compile_fail,E0616
/// fn shortcut(space: &hyperspace_markspace::MarkSpace) {
///     space.inner.lock();
/// }
/// ```
///
/// ```compile_fail,E0603
/// use hyperspace_markspace::machine::Machine;
/// ```
///
/// An accepted mark can neither be made up nor changed:
///
/// ```compile_fail,E0451
/// fn forge(mark: hyperspace_markspace::Mark) -> hyperspace_markspace::Mark {
///     hyperspace_markspace::Mark { author: "somebody else".into(), ..mark }
/// }
/// ```
///
/// ```compile_fail,E0616
/// fn change(mark: &mut hyperspace_markspace::Mark) {
///     mark.author = "somebody else".into();
/// }
/// ```
///
/// ```compile_fail,E0277
/// // It cannot be read from a file.
/// let forged: hyperspace_markspace::Mark = serde_json::from_str("{}").unwrap();
/// ```
pub struct MarkSpace {
    pub(crate) inner: Mutex<SpaceState>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) policies: Vec<Box<dyn ContentPolicy>>,
    pub(crate) clock: Arc<dyn SpaceClock>,
    pub(crate) sinks: Vec<Box<dyn Sink>>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) log: Option<Arc<EntryLog>>,
    kept: Option<MemoryMedium>,
    opened: Option<SpaceOpening>,
}

pub(crate) struct SpaceState {
    pub(crate) machine: Machine,
    pub(crate) watches: Watches,
    /// Pass of each capability, by serial number.
    pub(crate) passes: Vec<Option<u32>>,
    pub(crate) capabilities: Vec<(Capability, u32)>,
    pub(crate) attempts: u64,
    /// Takes snapshots if the space is stored.
    pub(crate) snapshotter: Option<Snapshotter>,
}

impl std::fmt::Debug for MarkSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarkSpace").field("durable", &self.log.is_some()).finish_non_exhaustive()
    }
}

impl MarkSpace {
    /// Returns a space that lives in memory only and keeps no journal.
    #[must_use]
    pub fn in_memory(authority: &Authority, clock: Arc<dyn SpaceClock>, rules: SpaceRules) -> Self {
        Self::around(authority, clock, Machine::new(rules), None)
    }

    /// Returns a space in memory that keeps its journal, for replay.
    #[must_use]
    pub fn recorded(authority: &Authority, clock: Arc<dyn SpaceClock>, rules: SpaceRules) -> Self {
        let kept = MemoryMedium::default();
        let log = EntryLog::new(Box::new(kept.clone()), 0);
        let mut space = Self::around(authority, clock, Machine::new(rules), Some(log));
        space.kept = Some(kept);
        space
    }

    pub(crate) fn around(
        authority: &Authority,
        clock: Arc<dyn SpaceClock>,
        machine: Machine,
        log: Option<Arc<EntryLog>>,
    ) -> Self {
        let watches = Watches::default();
        let inner = SpaceState {
            machine,
            watches,
            passes: vec![],
            capabilities: vec![],
            attempts: 0,
            snapshotter: None,
        };
        Self {
            inner: Mutex::new(inner),
            issuer: Arc::clone(authority.issuer()),
            policies: vec![],
            clock,
            sinks: vec![],
            hooks: vec![],
            log,
            kept: None,
            opened: None,
        }
    }

    /// Returns the same space, taking snapshots for the journal from which it was opened.
    pub(crate) fn with_snapshots(mut self, snapshotter: Snapshotter, opened: SpaceOpening) -> Self {
        self.lock().snapshotter = Some(snapshotter);
        self.opened = Some(opened);
        self
    }

    pub(crate) fn hurry(&self) {
        if let Some(snapshotter) = &mut self.lock().snapshotter {
            snapshotter.hurry();
        }
    }

    /// Returns how the space was opened; `None` if it is not in a store.
    #[must_use]
    pub fn opened(&self) -> Option<&SpaceOpening> {
        self.opened.as_ref()
    }

    /// Adds a content policy after the existing ones.
    pub fn add_policy(&mut self, policy: Box<dyn ContentPolicy>) {
        self.policies.push(policy);
    }

    /// Adds a telemetry sink.
    pub fn add_sink(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(sink);
    }

    /// Adds a function that is called with every accepted mark. Panics in it are caught.
    pub fn add_hook(&mut self, hook: impl Fn(&Mark) + Send + Sync + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Waits until everything accepted so far is on the device.
    ///
    /// # Errors
    ///
    /// [`Refusal::Journal`] when it could not be written.
    pub fn flush(&self) -> Result<(), Refusal> {
        self.log.as_ref().map_or(Ok(()), |log| log.flush())
    }

    /// Returns the journal of a space created by [`MarkSpace::recorded`]; empty for others.
    #[must_use]
    pub fn journal(&self) -> Vec<RecordedCommand> {
        let Some(kept) = &self.kept else { return vec![] };
        if self.flush().is_err() {
            return vec![];
        }
        kept.entries()
    }

    /// Returns whether the state is exactly the fold over these entries.
    #[must_use]
    pub fn is_fold_of(&self, entries: &[RecordedCommand]) -> bool {
        let inner = self.lock();
        let mut other = Machine::new(inner.machine.rules);
        for entry in entries {
            other.apply(entry.at, &entry.command);
        }
        other == inner.machine
    }

    /// Returns the number of marks ever accepted.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.lock().machine.marks.len()
    }

    /// Returns whether no mark was ever accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, SpaceState> {
        // The state is changed by a function that does not panic on any input; a panic elsewhere leaves it sound.
        self.inner.lock()
    }

    /// Returns the current time according to the clock.
    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }

    pub(crate) fn observed(&self) -> bool {
        !self.sinks.is_empty()
    }
}
