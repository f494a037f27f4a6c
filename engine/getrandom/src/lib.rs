//! A replacement for the package `getrandom`: the operating system's randomness, except on threads with a source of their own.
//!
//! bashkit takes `$SRANDOM`, `uuidgen`, `openssl rand`, `dd` from `/dev/urandom` and names of temporary files from this package,
//! and offers no other source. A script can assemble the name of such a variable at run time, so a list of refused words does
//! not keep randomness out; this package does.
//!
//! Invariants: a thread that called [`hyperspace_randomness::set_source`] never receives a byte from the operating system, whichever
//! code asks. On every other thread, the behaviour is that of the original. The interface is the part of version 0.4 that the
//! dependencies of this workspace use.

use std::fmt;

use hyperspace_randomness::FillOutcome;

#[cfg(feature = "sys_rng")]
mod sys_rng;

#[cfg(feature = "sys_rng")]
pub use rand_core;
#[cfg(feature = "sys_rng")]
pub use sys_rng::SysRng;

/// Random bytes are not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The source of this thread asked for random bytes itself.
    Circular,
    /// The operating system failed, with its error number if it has one.
    System(Option<i32>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Circular => f.write_str("the source of this thread's random bytes asks for random bytes"),
            Self::System(Some(code)) => {
                write!(f, "the operating system returned no random bytes: error {code}")
            }
            Self::System(None) => f.write_str("the operating system returned no random bytes"),
        }
    }
}

impl std::error::Error for Error {}

/// Fills `bytes` from the source of this thread, or, if it has none, from the operating system.
///
/// # Errors
///
/// [`Error`]. `bytes` are unchanged, or undefined if the operating system failed.
pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    match hyperspace_randomness::fill(bytes) {
        FillOutcome::Filled => Ok(()),
        FillOutcome::Circular => Err(Error::Circular),
        FillOutcome::NoSource => {
            system::getrandom(bytes).map_err(|error| Error::System(error.raw_os_error()))
        }
    }
}

/// Returns a random number of 32 bits.
///
/// # Errors
///
/// Same as [`fill`].
pub fn u32() -> Result<u32, Error> {
    let mut bytes = [0; 4];
    fill(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

/// Returns a random number of 64 bits.
///
/// # Errors
///
/// Same as [`fill`].
pub fn u64() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use hyperspace_randomness::set_source;

    use super::*;

    #[test]
    fn a_thread_with_a_source_gets_nothing_else_and_others_do() {
        let repeats = || {
            std::thread::spawn(|| {
                let mut next = 0;
                set_source(move |bytes| {
                    for byte in bytes {
                        *byte = next;
                        next += 1;
                    }
                });
                let mut bytes = [0; 3];
                fill(&mut bytes).map(|()| (bytes, u32().map(u32::to_ne_bytes), u64().map(u64::to_ne_bytes)))
            })
            .join()
        };
        let expected = ([0, 1, 2], Ok([3, 4, 5, 6]), Ok([7, 8, 9, 10, 11, 12, 13, 14]));
        assert_eq!(repeats().unwrap(), Ok(expected));
        let (mut one, mut other) = ([0; 16], [0; 16]);
        fill(&mut one).unwrap();
        fill(&mut other).unwrap();
        assert_ne!(one, other);
    }

    #[test]
    fn a_source_cannot_ask_for_itself() {
        let asked = std::thread::spawn(|| {
            set_source(|bytes| bytes.fill(u8::from(fill(&mut [0]) == Err(Error::Circular))));
            let mut byte = [0];
            fill(&mut byte).map(|()| byte)
        });
        assert_eq!(asked.join().unwrap(), Ok([1]));
    }
}
