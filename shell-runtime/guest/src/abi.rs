//! The entry points of the module: the guest contract of the interpreter, version 1.

use std::cell::RefCell;

use serde::Deserialize;

use crate::host;
use crate::session::ShellSession;

/// Version of the guest contract.
const ABI_VERSION: i32 = 1;
/// The job is not understood.
const NOT_UNDERSTOOD: i32 = 2;

thread_local! {
    static SESSION: RefCell<Option<ShellSession>> = const { RefCell::new(None) };
}

/// A job: a command for the shell. Without one, the shell is only started.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShellJob {
    /// The folder that the shell starts in and returns to; absolute.
    root: String,
    command: Option<String>,
    /// A session begins: what is random in it is drawn now.
    #[serde(default)]
    fresh: bool,
}

/// Returns the version of the guest contract.
#[unsafe(no_mangle)]
pub extern "C" fn hyperspace_abi() -> i32 {
    ABI_VERSION
}

/// Returns memory for a job of `len` bytes, or null when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn hyperspace_alloc(len: usize) -> *mut u8 {
    let mut bytes: Vec<u8> = Vec::new();
    if bytes.try_reserve_exact(len.max(1)).is_err() {
        return std::ptr::null_mut();
    }
    bytes.resize(len.max(1), 0);
    Box::into_raw(bytes.into_boxed_slice()).cast()
}

/// Does the job at `ptr`, which is freed. Returns 0 when a result was delivered, 2 when the job was not understood.
///
/// # Safety
///
/// `ptr` is what [`hyperspace_alloc`] returned for `len`, and has not been passed here before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hyperspace_run(ptr: *mut u8, len: usize) -> i32 {
    if ptr.is_null() {
        return NOT_UNDERSTOOD;
    }
    // SAFETY: the bytes were made by `hyperspace_alloc` with this length, and nobody else owns them.
    let job = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(ptr, len.max(1))) };
    let Ok(job) = serde_json::from_slice::<ShellJob>(&job[..len]) else { return NOT_UNDERSTOOD };
    let result = SESSION.with_borrow_mut(|session| {
        if session.is_none() {
            *session = ShellSession::start(&job.root).ok();
        }
        let shell = session.as_mut()?;
        if job.fresh {
            shell.seed();
        }
        Some(job.command.map_or(serde_json::Value::Null, |command| shell.run(&command)))
    });
    match result {
        Some(result) if host::deliver(&result) => 0,
        _ => NOT_UNDERSTOOD,
    }
}
