//! Results of WASI functions: error numbers for the guest, and traps.

use crate::abi::{AbiError, Errno};
use crate::host::Stop;

/// The result of a WASI function.
pub(super) type WasiResult<T = ()> = Result<T, AbiError>;

impl From<Stop> for AbiError {
    fn from(stop: Stop) -> Self {
        Self::Trap(wasmtime::Error::from(stop))
    }
}

/// Converts a length to preview 1's; `EOVERFLOW` beyond 32 bits.
pub(super) fn size(len: usize) -> WasiResult<u32> {
    u32::try_from(len).map_err(|_| Errno::Overflow.into())
}
