//! The statistical envelope: compares an agent with its own past.
//!
//! Per agent and kind, marks are counted in each window in which the agent was active at all. Absent kinds count as zero, so even a
//! kind never seen before has a baseline (zero). The first windows set mean and deviation by median and MAD; each later count is added
//! by Welford's update. The value compared is the count over the last *sliding* window, in tenths, so that a burst across a window's
//! edge is one burst. An anomalous window never becomes part of the baseline.
//!
//! The arithmetic uses only addition, multiplication, division and square root of doubles, which IEEE 754 defines to the bit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::marks::{AgentIx, SubjectIx};
use crate::scopes::ScopeIx;
use crate::time::{HOUR, MINUTE, Tick};
use hyperspace_core::MarkKind;

const SLICES: u64 = 10;
/// Factor from MAD to standard deviation, for normally distributed counts.
const MAD_SCALE: f64 = 1.4826;

/// Thresholds for judging agents, fixed when the space is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceRules {
    /// Window of the envelope in ticks; at least 10.
    pub window: u64,
    /// Deviations above the mean that are still normal, in tenths.
    pub deviations_tenths: u32,
    /// Number of active windows before anything is judged.
    pub windows_min: u32,
    /// Number of marks in a window before its mix of kinds is judged.
    pub shift_min: u32,
    /// Number of agents on one topic in one window that is worth a remark.
    pub concentration: u32,
    /// Number of restrictions of an agent after which it is closed out of all scopes.
    pub escalation: u32,
}

impl Default for SpaceRules {
    /// Returns 5 minutes, 3.5 deviations, 10 windows, 10 marks, 3 agents, 3 restrictions.
    fn default() -> Self {
        Self {
            window: 5 * MINUTE,
            deviations_tenths: 35,
            windows_min: 10,
            shift_min: 10,
            concentration: 3,
            escalation: 3,
        }
    }
}

/// Mean and deviation of counts, updated one count at a time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Detector {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Detector {
    /// Creates a detector from the first windows with robust statistics: the median, and the MAD as deviation.
    #[must_use]
    pub fn from_first(counts: &[u32]) -> Self {
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            let half = values.len() / 2;
            match values.len() {
                0 => 0.0,
                n if n % 2 == 1 => values[half],
                _ => f64::midpoint(values[half - 1], values[half]),
            }
        };
        let mean = median(counts.iter().map(|&c| f64::from(c)).collect());
        let deviation = MAD_SCALE * median(counts.iter().map(|&c| (f64::from(c) - mean).abs()).collect());
        let count = counts.len() as f64;
        Self { count, mean, squares: deviation * deviation * (count - 1.0).max(0.0) }
    }

    fn seeded(mean: f64, windows: u32) -> Self {
        let count = f64::from(windows.max(2));
        Self { count, mean, squares: 0.25 * mean * mean * (count - 1.0) }
    }

    /// Adds a count by Welford's update.
    pub fn feed(&mut self, value: u32) {
        self.count += 1.0;
        let before = f64::from(value) - self.mean;
        self.mean += before / self.count;
        self.squares += before * (f64::from(value) - self.mean);
    }

    /// Returns the largest normal count. The deviation is at least that of a Poisson process, and at least one mark.
    #[must_use]
    pub fn limit(&self, deviations_tenths: u32) -> f64 {
        let sample = if self.count > 1.0 { (self.squares / (self.count - 1.0)).sqrt() } else { 0.0 };
        let deviation = sample.max(self.mean.sqrt()).max(1.0);
        self.mean + deviation * f64::from(deviations_tenths) / 10.0
    }
}

/// The judgement of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EnvelopeFinding {
    Normal,
    /// The attempt is worth a remark.
    Flagged(String),
    /// The agent has just left its envelope, for this reason.
    Tripped(String),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Profile {
    slice: u64,
    slices: [[u32; 5]; SLICES as usize],
    window: u64,
    in_window: [u32; 5],
    first: Vec<[u32; 5]>,
    detectors: Option<[Detector; 5]>,
    totals: [u64; 5],
    remarked: bool,
    anomalous: bool,
    restricted: Option<String>,
}

impl Profile {
    fn roll(&mut self, now: Tick, rules: &SpaceRules) {
        let slice = now.0 / (rules.window / SLICES).max(1);
        for passed in self.slice + 1..=slice.min(self.slice + SLICES) {
            self.slices[(passed % SLICES) as usize] = [0; 5];
        }
        self.slice = slice;
        let window = now.0 / rules.window.max(1);
        if window != self.window {
            self.close(rules);
            self.window = window;
        }
    }

    fn close(&mut self, rules: &SpaceRules) {
        let counts = std::mem::take(&mut self.in_window);
        let skip = std::mem::take(&mut self.anomalous);
        self.remarked = false;
        if skip || counts == [0; 5] {
            return;
        }
        for (total, &count) in self.totals.iter_mut().zip(&counts) {
            *total += u64::from(count);
        }
        if let Some(detectors) = &mut self.detectors {
            detectors.iter_mut().zip(counts).for_each(|(detector, count)| detector.feed(count));
            return;
        }
        self.first.push(counts);
        if self.first.len() >= rules.windows_min as usize {
            let of_kind = |kind: usize| self.first.iter().map(|w| w[kind]).collect::<Vec<_>>();
            self.detectors = Some(std::array::from_fn(|kind| Detector::from_first(&of_kind(kind))));
            self.first = vec![];
        }
    }

    fn judge(&mut self, kind: MarkKind, rules: &SpaceRules) -> EnvelopeFinding {
        let Some(detectors) = &self.detectors else { return EnvelopeFinding::Normal };
        let recent: u32 = self.slices.iter().map(|slice| slice[kind as usize]).sum();
        let limit = detectors[kind as usize].limit(rules.deviations_tenths);
        if f64::from(recent) > limit {
            self.anomalous = true;
            let cause = format!("{recent} marks of kind {kind:?} in a window, at most {limit:.1} are usual");
            self.restricted = Some(cause.clone());
            return EnvelopeFinding::Tripped(cause);
        }
        let (now, before) = (self.in_window.iter().sum::<u32>(), self.totals.iter().sum::<u64>());
        if now < rules.shift_min || before == 0 || self.remarked {
            return EnvelopeFinding::Normal;
        }
        let share = |part: f64, whole: f64| part / whole;
        for (kind, (&count, &total)) in MarkKind::ALL.iter().zip(self.in_window.iter().zip(&self.totals)) {
            let shift = share(f64::from(count), f64::from(now)) - share(total as f64, before as f64);
            if shift.abs() > 0.5 {
                self.remarked = true;
                return EnvelopeFinding::Flagged(format!(
                    "the share of kind {kind:?} shifted by {shift:+.2}"
                ));
            }
        }
        EnvelopeFinding::Normal
    }
}

/// A topic in a scope.
pub(crate) type TopicKey = (ScopeIx, SubjectIx);

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Envelope {
    profiles: Vec<Profile>,
    topics: BTreeMap<TopicKey, BTreeSet<AgentIx>>,
    topics_window: u64,
}

impl Envelope {
    fn profile(&mut self, agent: AgentIx) -> &mut Profile {
        let at = agent as usize;
        if self.profiles.len() <= at {
            self.profiles.resize_with(at + 1, Profile::default);
        }
        &mut self.profiles[at]
    }

    /// Returns the cause for which an agent is restricted, if it is.
    pub(crate) fn restricted(&self, agent: AgentIx) -> Option<&str> {
        self.profiles.get(agent as usize)?.restricted.as_deref()
    }

    /// Returns whether there is a baseline to judge an agent by.
    pub(crate) fn is_ready(&self, agent: AgentIx) -> bool {
        self.profiles.get(agent as usize).is_some_and(|profile| profile.detectors.is_some())
    }

    /// Counts an attempt and judges it.
    pub(crate) fn attempt(
        &mut self,
        agent: AgentIx,
        kind: MarkKind,
        now: Tick,
        rules: &SpaceRules,
    ) -> EnvelopeFinding {
        let profile = self.profile(agent);
        profile.roll(now, rules);
        let slice = (profile.slice % SLICES) as usize;
        profile.slices[slice][kind as usize] = profile.slices[slice][kind as usize].saturating_add(1);
        profile.in_window[kind as usize] = profile.in_window[kind as usize].saturating_add(1);
        if profile.restricted.is_some() {
            profile.anomalous = true;
            return EnvelopeFinding::Normal;
        }
        profile.judge(kind, rules)
    }

    /// Returns whether this agent is the one that makes a topic concentrated; true at most once per topic and window.
    pub(crate) fn concentrates(
        &mut self,
        agent: AgentIx,
        topic: TopicKey,
        now: Tick,
        rules: &SpaceRules,
    ) -> bool {
        let window = now.0 / rules.window.max(1);
        if window != self.topics_window {
            self.topics.clear();
            self.topics_window = window;
        }
        let agents = self.topics.entry(topic).or_default();
        agents.insert(agent) && agents.len() == rules.concentration as usize
    }

    /// Lifts the restriction. Counts since then are discarded; the baseline stays.
    pub(crate) fn reset(&mut self, agent: AgentIx) {
        let profile = self.profile(agent);
        profile.restricted = None;
        profile.slices = Default::default();
        profile.in_window = [0; 5];
    }

    /// Sets a baseline from expected rates, as if it had been learnt.
    pub(crate) fn seed(&mut self, agent: AgentIx, per_hour: [u32; 5], rules: &SpaceRules) {
        let per_window = |rate: u32| f64::from(rate) * rules.window as f64 / HOUR as f64;
        let windows = rules.windows_min;
        self.profile(agent).detectors =
            Some(per_hour.map(|rate| Detector::seeded(per_window(rate), windows)));
    }
}
