//! Limits on linear memory, tables and instances, which wasmtime checks before anything grows.
//!
//! Attacks that end here: T-MEM-01, T-MEM-02, T-MEM-03, T-MEM-04, T-MEM-05, T-MEM-06, T-MEM-07, T-MEM-08, T-MEM-17,
//! T-MEM-19.

use wasmtime::ResourceLimiter;

use super::state::Host;

/// Maximum number of elements in the interpreter's function table, with room to spare.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 65_536;

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let desired = desired as u64;
        let kept = &mut self.kept;
        let own =
            desired <= kept.limits.memory_bytes && maximum.is_none_or(|maximum| desired <= maximum as u64);
        // Guests that work for this one count as well.
        let allowed = own && self.memory.resize(desired);
        if allowed {
            kept.memory_bytes_peak = kept.memory_bytes_peak.max(desired);
        } else {
            kept.growth_denied = true;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}
