//! Enumerations and flags of preview 1, in the order of their numbers.

use super::arguments::Parameter;
use super::errno::{AbiError, Errno};
use super::memory::{BadPointer, FromGuest, GuestMemory, Layout, ToGuest};

/// Defines an enumeration with the numbers 0, 1, … of an integer type, which is also its layout.
macro_rules! numbered {
    ($(#[$attribute:meta])* $name:ident: $repr:ty { $($case:ident),* $(,)? }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr($repr)]
        pub(crate) enum $name { $($case),* }

        impl Layout for $name {
            const SIZE: u32 = <$repr as Layout>::SIZE;
        }

        impl FromGuest for $name {
            fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
                Self::try_from(<$repr as FromGuest>::load(memory, at)?).map_err(AbiError::from)
            }
        }

        impl ToGuest for $name {
            fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
                (*self as $repr).store(memory, at)
            }
        }

        impl TryFrom<$repr> for $name {
            type Error = Errno;

            fn try_from(number: $repr) -> Result<Self, Errno> {
                [$(Self::$case),*].into_iter().find(|case| *case as $repr == number).ok_or(Errno::Inval)
            }
        }

        impl Parameter for $name {
            type Wasm = i32;

            fn from_wasm(value: i32) -> Result<Self, AbiError> {
                let number = <$repr>::try_from(value).map_err(|_| Errno::Overflow)?;
                Self::try_from(number).map_err(AbiError::from)
            }
        }
    };
}

/// Defines flags of an integer type, which is also their layout. An unknown flag is `EINVAL`.
macro_rules! flags {
    ($(#[$attribute:meta])* $name:ident: $repr:ty, $wasm:ty { $($flag:ident = $bit:literal),* $(,)? }) => {
        bitflags::bitflags! {
            $(#[$attribute])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub(crate) struct $name: $repr {
                $(const $flag = 1 << $bit;)*
            }
        }

        impl Layout for $name {
            const SIZE: u32 = <$repr as Layout>::SIZE;
        }

        impl FromGuest for $name {
            fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
                Self::from_bits(<$repr as FromGuest>::load(memory, at)?).ok_or(Errno::Inval.into())
            }
        }

        impl ToGuest for $name {
            fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
                self.bits().store(memory, at)
            }
        }

        impl Parameter for $name {
            type Wasm = $wasm;

            fn from_wasm(value: $wasm) -> Result<Self, AbiError> {
                let bits = <$repr>::try_from(value).map_err(|_| Errno::Overflow)?;
                Self::from_bits(bits).ok_or(Errno::Inval.into())
            }
        }
    };
}

numbered! {
    /// Clocks.
    Clockid: u32 { Realtime, Monotonic, ProcessCputimeId, ThreadCputimeId }
}

numbered! {
    /// Origins of a seek.
    Whence: u8 { Set, Cur, End }
}

numbered! {
    /// Types of files.
    Filetype: u8 {
        Unknown, BlockDevice, CharacterDevice, Directory, RegularFile, SocketDgram, SocketStream, SymbolicLink,
    }
}

numbered! {
    /// Advice on the use of a file.
    Advice: u8 { Normal, Sequential, Random, Willneed, Dontneed, Noreuse }
}

numbered! {
    /// Types of events.
    Eventtype: u8 { Clock, FdRead, FdWrite }
}

numbered! {
    /// Signals.
    Signal: u8 {
        None, Hup, Int, Quit, Ill, Trap, Abrt, Bus, Fpe, Kill, Usr1, Segv, Usr2, Pipe, Alrm, Term, Chld, Cont, Stop,
        Tstp, Ttin, Ttou, Urg, Xcpu, Xfsz, Vtalrm, Prof, Winch, Poll, Pwr, Sys,
    }
}

flags! {
    /// Rights of descriptors.
    Rights: u64, i64 {
        FD_DATASYNC = 0, FD_READ = 1, FD_SEEK = 2, FD_FDSTAT_SET_FLAGS = 3, FD_SYNC = 4, FD_TELL = 5, FD_WRITE = 6,
        FD_ADVISE = 7, FD_ALLOCATE = 8, PATH_CREATE_DIRECTORY = 9, PATH_CREATE_FILE = 10, PATH_LINK_SOURCE = 11,
        PATH_LINK_TARGET = 12, PATH_OPEN = 13, FD_READDIR = 14, PATH_READLINK = 15, PATH_RENAME_SOURCE = 16,
        PATH_RENAME_TARGET = 17, PATH_FILESTAT_GET = 18, PATH_FILESTAT_SET_SIZE = 19, PATH_FILESTAT_SET_TIMES = 20,
        FD_FILESTAT_GET = 21, FD_FILESTAT_SET_SIZE = 22, FD_FILESTAT_SET_TIMES = 23, PATH_SYMLINK = 24,
        PATH_REMOVE_DIRECTORY = 25, PATH_UNLINK_FILE = 26, POLL_FD_READWRITE = 27, SOCK_SHUTDOWN = 28,
        SOCK_ACCEPT = 29,
    }
}

flags! {
    /// Flags of descriptors.
    Fdflags: u16, i32 { APPEND = 0, DSYNC = 1, NONBLOCK = 2, RSYNC = 3, SYNC = 4 }
}

flags! {
    /// File times that a call sets.
    Fstflags: u16, i32 { ATIM = 0, ATIM_NOW = 1, MTIM = 2, MTIM_NOW = 3 }
}

flags! {
    /// Bits that say whether a path follows links.
    Lookupflags: u32, i32 { SYMLINK_FOLLOW = 0 }
}

flags! {
    /// Flags of opening a file.
    Oflags: u16, i32 { CREAT = 0, DIRECTORY = 1, EXCL = 2, TRUNC = 3 }
}

flags! {
    /// State of the peer of a descriptor.
    Eventrwflags: u16, i32 { FD_READWRITE_HANGUP = 0 }
}

flags! {
    /// Flags of a subscription to a clock.
    Subclockflags: u16, i32 { ABSTIME = 0 }
}

flags! {
    /// Flags of receiving from a socket.
    Riflags: u16, i32 { PEEK = 0, WAITALL = 1 }
}

flags! {
    /// Flags of a message from a socket.
    Roflags: u16, i32 { DATA_TRUNCATED = 0 }
}

flags! {
    /// Directions in which a socket is shut down.
    Sdflags: u8, i32 { RD = 0, WR = 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_a_type_does_not_have_are_refused() {
        let check = |error: AbiError, errno: Errno| {
            assert!(matches!(&error, AbiError::Errno(found) if *found == errno), "{error:?}");
        };
        assert_eq!(Whence::from_wasm(2).unwrap(), Whence::End);
        check(Whence::from_wasm(3).unwrap_err(), Errno::Inval);
        check(Whence::from_wasm(-1).unwrap_err(), Errno::Overflow);
        check(Whence::from_wasm(256).unwrap_err(), Errno::Overflow);
        assert_eq!(Fdflags::from_wasm(5).unwrap(), Fdflags::APPEND | Fdflags::NONBLOCK);
        check(Fdflags::from_wasm(32).unwrap_err(), Errno::Inval);
        check(Fdflags::from_wasm(1 << 16).unwrap_err(), Errno::Overflow);
        assert_eq!(Rights::from_wasm((1 << 30) - 1).unwrap(), Rights::all());
        check(Rights::from_wasm(1 << 30).unwrap_err(), Errno::Inval);
        check(Rights::from_wasm(-1).unwrap_err(), Errno::Overflow);
    }
}
