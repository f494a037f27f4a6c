//! The randomness of a command's thread.
//!
//! bashkit draws from the package `getrandom`. In a build that replaces this package (`[patch.crates-io]` in the root of this
//! repository), a thread draws from the source that it set. A build that depends on this crate from elsewhere uses the
//! original package unless its own workspace replaces it, too. Before any command runs on a thread, it is checked there that
//! bytes drawn from `getrandom` are those of a known source.
//!
//! Invariant: no command of bashkit runs on a thread that can reach the operating system's randomness.

use hyperspace_randomness::set_source;

use super::error::ShellError;

/// The bytes of the known source; never zeros, which an implementation that does nothing would leave.
const KNOWN: [u8; 32] = *b"hyperspace: not from the system!";

// T-SH-01.
/// Sets the source of this thread's randomness, for the rest of its life.
///
/// # Errors
///
/// [`ShellError::Irreproducible`] if `getrandom` does not draw from it.
pub(super) fn set_checked_source(source: impl FnMut(&mut [u8]) + 'static) -> Result<(), ShellError> {
    check(|bytes| getrandom::fill(bytes).is_ok())?;
    set_source(source);
    Ok(())
}

/// Checks that `draw` is answered by this thread's source. Leaves a known source behind.
fn check(draw: impl Fn(&mut [u8]) -> bool) -> Result<(), ShellError> {
    set_source(|bytes| {
        for (byte, known) in bytes.iter_mut().zip(KNOWN.iter().cycle()) {
            *byte = *known;
        }
    });
    let mut bytes = [0; KNOWN.len()];
    if draw(&mut bytes) && bytes == KNOWN { Ok(()) } else { Err(ShellError::Irreproducible) }
}

/// Checks that the shell can run in this build: that bashkit's package `getrandom` is the one of this repository.
///
/// [`Shell::run`](crate::Shell::run) makes the same check before each command; this function lets a program refuse earlier.
///
/// # Errors
///
/// [`ShellError::Irreproducible`], whose message names the lines to add to `Cargo.toml`; [`ShellError::Lost`] if no thread can be
/// started.
pub fn check_shell() -> Result<(), ShellError> {
    let thread = std::thread::Builder::new().name("shell".to_owned());
    let thread = thread.spawn(|| set_checked_source(|_| ()));
    let thread = thread.map_err(|error| ShellError::Lost(error.to_string()))?;
    thread.join().unwrap_or_else(|_| Err(ShellError::Lost("the thread of the check panicked".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_draws_from_the_threads_source() {
        check_shell().unwrap();
        let drawn = std::thread::spawn(|| {
            set_checked_source(|bytes| bytes.fill(7)).unwrap();
            let mut bytes = [0; 40];
            getrandom::fill(&mut bytes).map(|()| bytes)
        });
        assert_eq!(drawn.join().unwrap(), Ok([7; 40]));
    }

    #[test]
    fn another_package_is_refused() {
        let refused = |draw: fn(&mut [u8]) -> bool| std::thread::spawn(move || check(draw)).join().unwrap();
        let system = |bytes: &mut [u8]| {
            bytes.copy_from_slice(&[0x5a; KNOWN.len()]);
            true
        };
        for draw in [system, |_: &mut [u8]| true, |_: &mut [u8]| false] {
            let error = refused(draw).unwrap_err();
            assert!(error.to_string().contains("[patch.crates-io]\ngetrandom = { git"), "{error}");
        }
        // One that falls back to the system only after some bytes.
        let short = |bytes: &mut [u8]| {
            let (front, back) = bytes.split_at_mut(KNOWN.len() - 1);
            back.fill(1);
            getrandom::fill(front).is_ok()
        };
        assert!(refused(short).is_err());
    }
}
