//! The operating system's randomness, except on threads that have to repeat.
//!
//! bashkit takes `$SRANDOM`, `uuidgen`, `openssl rand`, `dd` from `/dev/urandom` and names of temporary files from the
//! package `getrandom`, and offers no way to replace that. A script can put the name of such a variable together at run
//! time, so no list of refused words keeps it away; this package does, as the workspace puts it in the other one's place.
//!
//! Invariants: a thread that called [`draw_from`] never gets a byte of the operating system again, whoever asks on it; on
//! every other thread, all is as it was. It has the part of the interface of version 0.4 that the dependencies use.

use std::cell::RefCell;
use std::fmt;

#[cfg(feature = "sys_rng")]
mod sys_rng;

#[cfg(feature = "sys_rng")]
pub use rand_core;
#[cfg(feature = "sys_rng")]
pub use sys_rng::SysRng;

/// Where the random bytes of a thread come from.
type Source = Box<dyn FnMut(&mut [u8])>;

thread_local! {
    static SOURCE: RefCell<Option<Source>> = const { RefCell::new(None) };
}

/// Why there are no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The source of this thread asked for randomness itself.
    Circular,
    /// The operating system has none; its number for that, if it has one.
    System(Option<i32>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Circular => f.write_str("the source of this thread's randomness asks for randomness"),
            Self::System(Some(code)) => write!(f, "the operating system has no random bytes: error {code}"),
            Self::System(None) => f.write_str("the operating system has no random bytes"),
        }
    }
}

impl std::error::Error for Error {}

// T-SH-01.
/// From now on, this thread gets its random bytes from `source`. It cannot be taken back: let the thread end.
pub fn draw_from(source: impl FnMut(&mut [u8]) + 'static) {
    SOURCE.with(|of_thread| {
        // Replaced while it is asked, it would be the circle that `fill` refuses.
        if let Ok(mut of_thread) = of_thread.try_borrow_mut() {
            *of_thread = Some(Box::new(source));
        }
    });
}

/// Fills `bytes` with randomness of the operating system, or of the source of this thread.
///
/// # Errors
///
/// [`Error`], and `bytes` are as they were, or undefined when the operating system failed.
pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    SOURCE.with(|source| {
        let mut source = source.try_borrow_mut().map_err(|_| Error::Circular)?;
        match source.as_mut() {
            Some(source) => {
                source(bytes);
                Ok(())
            }
            None => system::getrandom(bytes).map_err(|error| Error::System(error.raw_os_error())),
        }
    })
}

/// A random number of 32 bits.
///
/// # Errors
///
/// As [`fill`].
pub fn u32() -> Result<u32, Error> {
    let mut bytes = [0; 4];
    fill(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

/// A random number of 64 bits.
///
/// # Errors
///
/// As [`fill`].
pub fn u64() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_with_a_source_gets_nothing_else_and_others_do() {
        let repeats = || {
            std::thread::spawn(|| {
                let mut next = 0;
                draw_from(move |bytes| {
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
            draw_from(|bytes| bytes.fill(u8::from(fill(&mut [0]) == Err(Error::Circular))));
            let mut byte = [0];
            fill(&mut byte).map(|()| byte)
        });
        assert_eq!(asked.join().unwrap(), Ok([1]));
    }
}
