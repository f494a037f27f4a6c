//! Results of WASI functions: error numbers for the guest, and traps.

use crate::host::Stop;
use crate::wasi_abi::types::{Errno, Error};

/// The result of a WASI function.
pub(super) type WasiResult<T = ()> = Result<T, Error>;

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::trap(wasmtime::Error::from(stop))
    }
}

/// A length as preview 1 has it; `EOVERFLOW` beyond 32 bits.
pub(super) fn size(len: usize) -> WasiResult<u32> {
    u32::try_from(len).map_err(|_| Errno::Overflow.into())
}
