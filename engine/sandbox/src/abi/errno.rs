//! Error numbers, and the error of a host call.

use super::memory::{BadPointer, GuestMemory, Layout, ToGuest};

/// The error numbers of preview 1, in the order of their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
#[expect(dead_code, reason = "the standard has more errors than this host")]
#[rustfmt::skip]
pub(crate) enum Errno {
        Success, TooBig, Acces, Addrinuse, Addrnotavail, Afnosupport, Again, Already, Badf, Badmsg, Busy, Canceled, Child,
        Connaborted, Connrefused, Connreset, Deadlk, Destaddrreq, Dom, Dquot, Exist, Fault, Fbig, Hostunreach, Idrm,
        Ilseq, Inprogress, Intr, Inval, Io, Isconn, Isdir, Loop, Mfile, Mlink, Msgsize, Multihop, Nametoolong, Netdown,
        Netreset, Netunreach, Nfile, Nobufs, Nodev, Noent, Noexec, Nolck, Nolink, Nomem, Nomsg, Noprotoopt, Nospc,
        Nosys, Notconn, Notdir, Notempty, Notrecoverable, Notsock, Notsup, Notty, Nxio, Overflow, Ownerdead, Perm,
        Pipe, Proto, Protonosupport, Prototype, Range, Rofs, Spipe, Srch, Stale, Timedout, Txtbsy, Xdev, Notcapable,
}

impl Layout for Errno {
    const SIZE: u32 = 2;
}

impl ToGuest for Errno {
    fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
        (*self as u16).store(memory, at)
    }
}

/// The error of a host call.
#[derive(Debug)]
pub(crate) enum AbiError {
    /// The call returns this number to the guest.
    Errno(Errno),
    /// The call ends the run with this trap.
    Trap(wasmtime::Error),
}

impl AbiError {
    /// Returns the number for the guest.
    ///
    /// # Errors
    ///
    /// The error that ends the run.
    pub(crate) fn errno(self) -> wasmtime::Result<Errno> {
        match self {
            Self::Errno(errno) => Ok(errno),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<Errno> for AbiError {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<BadPointer> for AbiError {
    fn from(pointer: BadPointer) -> Self {
        Self::Trap(wasmtime::Error::new(pointer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard() {
        let numbers = [
            (Errno::Success, 0),
            (Errno::Acces, 2),
            (Errno::Badf, 8),
            (Errno::Exist, 20),
            (Errno::Fbig, 22),
            (Errno::Ilseq, 25),
            (Errno::Inval, 28),
            (Errno::Isdir, 31),
            (Errno::Nametoolong, 37),
            (Errno::Noent, 44),
            (Errno::Nospc, 51),
            (Errno::Notdir, 54),
            (Errno::Notempty, 55),
            (Errno::Notsup, 58),
            (Errno::Overflow, 61),
            (Errno::Perm, 63),
            (Errno::Spipe, 70),
            (Errno::Notcapable, 76),
        ];
        for (errno, number) in numbers {
            assert_eq!(errno as u16, number, "{errno:?}");
        }
    }
}
