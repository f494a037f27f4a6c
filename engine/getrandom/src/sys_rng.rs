//! The generator for the crate `rand`.

use rand_core::{TryCryptoRng, TryRng};

use crate::Error;

/// [`fill`](crate::fill) as a generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SysRng;

impl TryRng for SysRng {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32, Error> {
        crate::u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Error> {
        crate::u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        crate::fill(bytes)
    }
}

impl TryCryptoRng for SysRng {}
