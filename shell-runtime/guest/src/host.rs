//! Calls to the host besides WASI: the door, and two questions about files.

use serde_json::Value;

#[link(wasm_import_module = "hyperspace")]
unsafe extern "C" {
    fn door(operation: i32, ptr: *mut u8, len: usize) -> i32;
    fn file_info(path: *const u8, len: usize, out: *mut u8) -> i32;
    fn refusal(ptr: *mut u8, len: usize) -> i32;
}

const SEND: i32 = 0;
const RECEIVE: i32 = 1;
const RESULT: i32 = 2;
/// Bytes that the host writes about a file: size and time of change as 64-bit numbers, kind, writable.
const INFO_BYTES: usize = 18;
/// Maximum bytes of a reason.
const REASON_BYTES_MAX: usize = 1_024;

/// Metadata of a file or folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileInfo {
    pub(crate) is_folder: bool,
    pub(crate) bytes: u64,
    /// Nanoseconds since the Unix epoch; it counts changes.
    pub(crate) changed_ns: u64,
    pub(crate) writable: bool,
}

/// Asks the host to do something, and returns its answer.
///
/// # Errors
///
/// The message of the host.
pub(crate) fn ask(operation: &str, params: &Value) -> Result<Value, String> {
    let mut frame = serde_json::json!({"op": operation, "params": params}).to_string().into_bytes();
    // SAFETY: the host reads `len` bytes from `ptr`, which are the frame's.
    let waiting = unsafe { door(SEND, frame.as_mut_ptr(), frame.len()) };
    let Ok(len) = usize::try_from(waiting) else {
        return Err("the request is too large".to_owned());
    };
    let mut answer = vec![0; len];
    // SAFETY: the host writes at most `len` bytes from `ptr` on, which are the buffer's.
    let received = unsafe { door(RECEIVE, answer.as_mut_ptr(), len) };
    answer.truncate(usize::try_from(received).unwrap_or(0));
    let mut answer: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
    match answer.get_mut("ok") {
        Some(value) => Ok(value.take()),
        None => Err(answer["error"]["message"].as_str().unwrap_or("the host gave no answer").to_owned()),
    }
}

/// Delivers the result of a job. Returns whether the host took it.
pub(crate) fn deliver(result: &Value) -> bool {
    let mut frame = serde_json::json!({ "ok": result }).to_string().into_bytes();
    // SAFETY: as in `ask`.
    unsafe { door(RESULT, frame.as_mut_ptr(), frame.len()) == 0 }
}

/// Returns the metadata of a path below the root folder, or the error number.
pub(crate) fn info(path: &str) -> Result<FileInfo, u16> {
    let mut out = [0; INFO_BYTES];
    // SAFETY: the host reads the path and writes `INFO_BYTES` bytes to `out`.
    let errno = unsafe { file_info(path.as_ptr(), path.len(), out.as_mut_ptr()) };
    if errno != 0 {
        return Err(u16::try_from(errno).unwrap_or(u16::MAX));
    }
    let number = |at: usize| out[at..at + 8].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    Ok(FileInfo {
        bytes: number(0),
        changed_ns: number(8),
        is_folder: out[16] != 0,
        writable: out[17] != 0,
    })
}

/// Returns the reason of the last refusal of a change.
pub(crate) fn last_refusal() -> String {
    let mut text = vec![0; REASON_BYTES_MAX];
    // SAFETY: the host writes at most `len` bytes from `ptr` on.
    let len = unsafe { refusal(text.as_mut_ptr(), text.len()) };
    text.truncate(usize::try_from(len).unwrap_or(0));
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes to standard output. The host bounds it and ends the run at its limit.
pub(crate) fn print(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let part = wasi::Ciovec { buf: bytes.as_ptr(), buf_len: bytes.len() };
        // SAFETY: the vector names the bytes of this slice.
        match unsafe { wasi::fd_write(1, &[part]) } {
            Ok(written) if written > 0 => bytes = &bytes[written.min(bytes.len())..],
            _ => return,
        }
    }
}

/// Fills bytes from the random stream of this guest.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    // SAFETY: the host writes `len` bytes from `ptr` on, which are the slice's.
    let filled = unsafe { wasi::random_get(bytes.as_mut_ptr(), bytes.len()) };
    debug_assert!(filled.is_ok(), "a request within the host's limit is always answered");
}
