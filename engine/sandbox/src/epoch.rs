//! The default start of a guest's clock.

/// 2026-01-01T00:00:00Z in milliseconds since the Unix epoch, the default start of a guest's clock.
pub const EPOCH_MS: u64 = 1_767_225_600_000;
