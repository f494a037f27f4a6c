//! The shell's host calls besides WASI: the metadata of a file with whether it may be changed, and the reason of a refusal.
//!
//! Only the bundled shell can import these functions.
//!
//! Attacks that end here: T-SH-08, T-SH-35, T-SH-39, T-SH-40.

use wasmtime::{Caller, Extern, Linker, Memory};

use super::state::Host;
use crate::abi::Errno;
use crate::limits::{PATH_BYTES_MAX, price};

/// Number of bytes written about a file: size and change time as 64-bit numbers, whether it is a folder, whether it may be changed.
const INFO_BYTES: usize = 18;

/// Adds the functions to a linker.
pub(crate) fn add_file_calls_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "hyperspace",
        "file_info",
        |mut caller: Caller<'_, Host>, path: i32, len: i32, out: i32| {
            let memory = memory(&mut caller)?;
            file_info(&mut caller, &memory, (path, len), out)
        },
    )?;
    linker.func_wrap("hyperspace", "refusal", |mut caller: Caller<'_, Host>, ptr: i32, len: i32| {
        let memory = memory(&mut caller)?;
        refusal(&mut caller, &memory, ptr, len)
    })?;
    Ok(())
}

fn memory(caller: &mut Caller<'_, Host>) -> wasmtime::Result<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("the guest exports no memory")),
    }
}

fn outside<T>(_: T) -> wasmtime::Error {
    wasmtime::Trap::MemoryOutOfBounds.into()
}

/// Writes the metadata of a path below the root folder to `out`, and returns 0 or an error number of WASI.
fn file_info(
    caller: &mut Caller<'_, Host>,
    memory: &Memory,
    (path, len): (i32, i32),
    out: i32,
) -> wasmtime::Result<i32> {
    let errno = |errno: Errno| i32::from(errno as u16);
    let len = len.cast_unsigned();
    if len > PATH_BYTES_MAX {
        return Ok(errno(Errno::Nametoolong));
    }
    let mut bytes = vec![0; len as usize];
    memory.read(&mut *caller, path.cast_unsigned() as usize, &mut bytes).map_err(outside)?;
    let host = caller.data_mut();
    host.charge_bytes(bytes.len());
    let Ok(path) = String::from_utf8(bytes) else { return Ok(errno(Errno::Ilseq)) };
    host.charge(price::STEP * (1 + path.matches('/').count() as u64));
    let (stat, writable) = match host.kept.fs.stat_path(&path) {
        Ok(found) => found,
        Err(error) => return Ok(errno(error)),
    };
    let mut info = [0; INFO_BYTES];
    info[..8].copy_from_slice(&stat.size.to_le_bytes());
    info[8..16].copy_from_slice(&stat.time_ns.to_le_bytes());
    (info[16], info[17]) = (u8::from(stat.is_dir), u8::from(writable));
    memory.write(&mut *caller, out.cast_unsigned() as usize, &info).map_err(outside)?;
    Ok(0)
}

/// Writes the reason of the last refusal and returns its length; a longer reason is truncated.
fn refusal(caller: &mut Caller<'_, Host>, memory: &Memory, ptr: i32, len: i32) -> wasmtime::Result<i32> {
    let host = caller.data_mut();
    let mut reason = host.kept.fs.denial_reason().as_bytes().to_vec();
    reason.truncate(len.cast_unsigned() as usize);
    host.charge_bytes(reason.len());
    memory.write(&mut *caller, ptr.cast_unsigned() as usize, &reason).map_err(outside)?;
    i32::try_from(reason.len()).map_err(wasmtime::Error::from)
}
