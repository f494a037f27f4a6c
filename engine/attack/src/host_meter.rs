//! Measures the cost of an attack for the host: processor time and the peak of resident memory of this process.
//!
//! Linux reports both under `/proc/self`; elsewhere nothing is measured, and [`HostMeter::is_complete`] says so.

use std::fs;

/// Nanoseconds per clock tick in `/proc/self/stat`, which is a hundredth of a second on every Linux.
const TICK_NS: u64 = 10_000_000;

/// A measurement in progress.
#[derive(Debug)]
pub(crate) struct HostMeter {
    cpu_ns: Option<u64>,
    resident_bytes: Option<u64>,
}

/// The measured cost of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HostCost {
    /// Processor time of all threads, including those that have ended.
    pub(crate) cpu_ns: Option<u64>,
    /// Number of bytes by which the peak exceeds the resident memory at the beginning.
    pub(crate) resident_bytes: Option<u64>,
}

impl HostMeter {
    /// Starts a measurement.
    pub(crate) fn start() -> Self {
        // Resets the peak to the present resident memory.
        let resident_bytes = match fs::write("/proc/self/clear_refs", "5") {
            Ok(()) => status_bytes("VmRSS"),
            Err(_) => None,
        };
        Self { cpu_ns: cpu_ns(), resident_bytes }
    }

    /// Ends the measurement.
    pub(crate) fn stop(self) -> HostCost {
        let peak = status_bytes("VmHWM");
        let difference = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
        HostCost {
            cpu_ns: difference(self.cpu_ns, cpu_ns()),
            resident_bytes: difference(self.resident_bytes, peak),
        }
    }
}

impl HostCost {
    /// Returns the larger cost of each kind.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns.max(other.cpu_ns),
            resident_bytes: self.resident_bytes.max(other.resident_bytes),
        }
    }
}

/// Returns the processor time of this process in user and system mode.
fn cpu_ns() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some((ticks(11)? + ticks(12)?) * TICK_NS)
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_seen() {
        if !std::path::Path::new("/proc/self/stat").exists() {
            println!("SKIPPED work_and_memory_are_seen: this system does not report it");
            return;
        }
        let meter = HostMeter::start();
        let bytes = std::hint::black_box(vec![1_u8; 64 << 20]);
        let mut sum = 0_u64;
        for round in 0..40_u64 {
            sum = sum.wrapping_add(bytes.iter().map(|byte| u64::from(*byte) ^ round).sum::<u64>());
        }
        std::hint::black_box(sum);
        let cost = meter.stop();
        assert!(cost.cpu_ns.is_some_and(|ns| ns >= TICK_NS), "{cost:?}");
        assert!(cost.resident_bytes.is_none_or(|bytes| bytes >= 60 << 20), "{cost:?}");
    }
}
