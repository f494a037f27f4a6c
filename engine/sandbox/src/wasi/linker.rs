//! Makes the functions of WASI preview 1 importable by guests.
//!
//! The signatures are those of the standard; instantiation compares them with a module's imports. No call waits for anything, so
//! none is asynchronous.

use wasmtime::{Caller, Extern, Linker};

use crate::abi::{
    AbiError, Advice, CallResults, Clockid, Event, Fdflags, Fstflags, GuestMemory, GuestPtr, Iovec,
    Lookupflags, Oflags, Parameter, Riflags, Rights, Sdflags, Signal, Subscription, Whence,
};
use crate::host::Host;

const MODULE: &str = "wasi_snapshot_preview1";

/// Defines each function with its parameters and with names for the addresses of its results.
macro_rules! define {
    ($linker:ident: $($name:ident($($arg:ident: $type:ty),*) -> ($($place:ident),*);)*) => {
        $(
            $linker.func_wrap(
                MODULE,
                stringify!($name),
                |mut caller: Caller<'_, Host> $(, $arg: <$type as Parameter>::Wasm)* $(, $place: i32)*| {
                    call(&mut caller, |host, memory| {
                        let result = host.$name(memory $(, <$type as Parameter>::from_wasm($arg)?)*)?;
                        Ok(CallResults::store(result, memory, [$($place),*])?)
                    })
                },
            )?;
        )*
    };
}

/// Runs a call and returns its error number, 0 for success.
fn call(
    caller: &mut Caller<'_, Host>,
    function: impl FnOnce(&mut Host, &mut GuestMemory<'_>) -> Result<(), AbiError>,
) -> wasmtime::Result<i32> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(wasmtime::Error::msg("the guest exports no memory"));
    };
    let (bytes, host) = memory.data_and_store_mut(caller);
    match function(host, &mut GuestMemory::new(bytes)) {
        Ok(()) => Ok(0),
        Err(error) => Ok(error.errno()? as i32),
    }
}

/// Adds every function of WASI preview 1 to `linker`.
pub(crate) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    define! { linker:
        args_get(pointers: GuestPtr<GuestPtr<u8>>, texts: GuestPtr<u8>) -> ();
        args_sizes_get() -> (count, bytes);
        clock_res_get(id: Clockid) -> (resolution);
        clock_time_get(id: Clockid, precision: u64) -> (time);
        environ_get(pointers: GuestPtr<GuestPtr<u8>>, texts: GuestPtr<u8>) -> ();
        environ_sizes_get() -> (count, bytes);
        fd_advise(fd: u32, offset: u64, len: u64, advice: Advice) -> ();
        fd_allocate(fd: u32, offset: u64, len: u64) -> ();
        fd_close(fd: u32) -> ();
        fd_datasync(fd: u32) -> ();
        fd_fdstat_get(fd: u32) -> (stat);
        fd_fdstat_set_flags(fd: u32, flags: Fdflags) -> ();
        fd_fdstat_set_rights(fd: u32, rights: Rights, inherited: Rights) -> ();
        fd_filestat_get(fd: u32) -> (stat);
        fd_filestat_set_size(fd: u32, size: u64) -> ();
        fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, times: Fstflags) -> ();
        fd_pread(fd: u32, iovecs: GuestPtr<Iovec>, count: u32, offset: u64) -> (moved);
        fd_prestat_dir_name(fd: u32, path: GuestPtr<u8>, len: u32) -> ();
        fd_prestat_get(fd: u32) -> (stat);
        fd_pwrite(fd: u32, iovecs: GuestPtr<Iovec>, count: u32, offset: u64) -> (moved);
        fd_read(fd: u32, iovecs: GuestPtr<Iovec>, count: u32) -> (moved);
        fd_readdir(fd: u32, buffer: GuestPtr<u8>, len: u32, cookie: u64) -> (used);
        fd_renumber(from: u32, to: u32) -> ();
        fd_seek(fd: u32, offset: i64, whence: Whence) -> (position);
        fd_sync(fd: u32) -> ();
        fd_tell(fd: u32) -> (position);
        fd_write(fd: u32, iovecs: GuestPtr<Iovec>, count: u32) -> (moved);
        path_create_directory(fd: u32, path: GuestPtr<u8>, len: u32) -> ();
        path_filestat_get(fd: u32, flags: Lookupflags, path: GuestPtr<u8>, len: u32) -> (stat);
        path_filestat_set_times(
            fd: u32, flags: Lookupflags, path: GuestPtr<u8>, len: u32, accessed: u64, modified: u64, times: Fstflags
        ) -> ();
        path_link(
            from: u32, flags: Lookupflags, old: GuestPtr<u8>, old_len: u32, to: u32, new: GuestPtr<u8>, new_len: u32
        ) -> ();
        path_open(
            fd: u32, lookup: Lookupflags, path: GuestPtr<u8>, len: u32, open: Oflags, rights: Rights, inherited: Rights,
            flags: Fdflags
        ) -> (opened);
        path_readlink(fd: u32, path: GuestPtr<u8>, len: u32, buffer: GuestPtr<u8>, room: u32) -> (used);
        path_remove_directory(fd: u32, path: GuestPtr<u8>, len: u32) -> ();
        path_rename(
            from: u32, old: GuestPtr<u8>, old_len: u32, to: u32, new: GuestPtr<u8>, new_len: u32
        ) -> ();
        path_symlink(old: GuestPtr<u8>, old_len: u32, fd: u32, new: GuestPtr<u8>, new_len: u32) -> ();
        path_unlink_file(fd: u32, path: GuestPtr<u8>, len: u32) -> ();
        poll_oneoff(subscriptions: GuestPtr<Subscription>, events: GuestPtr<Event>, count: u32) -> (occurred);
        proc_raise(signal: Signal) -> ();
        random_get(buffer: GuestPtr<u8>, len: u32) -> ();
        sched_yield() -> ();
        sock_accept(fd: u32, flags: Fdflags) -> (accepted);
        sock_recv(fd: u32, iovecs: GuestPtr<Iovec>, count: u32, flags: Riflags) -> (moved, flags_out);
        sock_send(fd: u32, iovecs: GuestPtr<Iovec>, count: u32, flags: u16) -> (moved);
        sock_shutdown(fd: u32, directions: Sdflags) -> ();
    }
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |caller: Caller<'_, Host>, status: i32| -> wasmtime::Result<()> {
            Err(caller.data().exit(status.cast_unsigned()))
        },
    )?;
    Ok(())
}
