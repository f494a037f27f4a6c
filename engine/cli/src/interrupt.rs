//! The end of a run by Ctrl-C or a signal: immediate, but with a message. What was committed stays, as after a kill.

use std::io::Write;
use std::sync::Once;
use std::thread;

use hyperspace_core::Mutex;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::ambient;

/// The exit code is this plus the number of the signal, as in a shell.
const SIGNAL: i32 = 128;

/// The message about the run at work.
static STANDING: Mutex<String> = Mutex::new(String::new());
static STARTED: Once = Once::new();

/// Sets the message that is printed when a signal ends the process.
pub(crate) fn says(text: String) {
    *STANDING.lock() = text;
    STARTED.call_once(|| {
        // Without a handler, a signal ends the process as usual.
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let text = STANDING.lock().clone();
                let line = if ambient::stderr_is_drawable() { "\r\u{1b}[K" } else { "" };
                drop(write!(std::io::stderr(), "{line}{text}"));
                std::process::exit(SIGNAL + signal);
            }
        });
    });
}
