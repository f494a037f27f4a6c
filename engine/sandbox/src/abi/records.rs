//! Records of preview 1, with the offset of every field. Fields are read and written in order, and padding is left untouched.

use super::errno::{AbiError, Errno};
use super::memory::{BadPointer, FromGuest, GuestMemory, GuestPtr, Layout, ToGuest};
use super::names::{Clockid, Eventrwflags, Eventtype, Fdflags, Filetype, Rights, Subclockflags};

/// Defines a record with its size and the offsets of its fields: `load` for a record that is read, `store` for one that is written.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $size:literal bytes { $($field:ident: $type:ty = $offset:literal),* $(,)? } load) => {
        record!($(#[$doc])* $name, $size bytes { $($field: $type = $offset),* });

        impl FromGuest for $name {
            fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
                Ok(Self { $($field: <$type as FromGuest>::load(memory, field(at, $offset)?)?),* })
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $size:literal bytes { $($field:ident: $type:ty = $offset:literal),* $(,)? } store) => {
        record!($(#[$doc])* $name, $size bytes { $($field: $type = $offset),* });

        impl ToGuest for $name {
            fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
                $(self.$field.store(memory, field(at, $offset)?)?;)*
                Ok(())
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $size:literal bytes { $($field:ident: $type:ty = $offset:literal),* }) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type),*
        }

        impl Layout for $name {
            const SIZE: u32 = $size;
        }
    };
}

/// Returns the address of a field.
fn field(at: u32, offset: u32) -> Result<u32, BadPointer> {
    at.checked_add(offset).ok_or_else(|| BadPointer::beyond(at))
}

record! {
    /// A buffer to read into or to write from.
    Iovec, 8 bytes { start: GuestPtr<u8> = 0, len: u32 = 4 } load
}

record! {
    /// State of a descriptor.
    Fdstat, 24 bytes { filetype: Filetype = 0, flags: Fdflags = 2, rights: Rights = 8, inherited_rights: Rights = 16 } store
}

record! {
    /// Metadata of a file. Times are nanoseconds since the Unix epoch.
    Filestat, 64 bytes {
        device: u64 = 0, inode: u64 = 8, filetype: Filetype = 16, links: u64 = 24, size: u64 = 32,
        accessed_ns: u64 = 40, modified_ns: u64 = 48, changed_ns: u64 = 56,
    } store
}

record! {
    /// A preopened folder; its kind is 0.
    Prestat, 8 bytes { kind: u8 = 0, name_len: u32 = 4 } store
}

record! {
    /// An event that occurred.
    Event, 32 bytes {
        userdata: u64 = 0, error: Errno = 8, kind: Eventtype = 10, bytes: u64 = 16, flags: Eventrwflags = 24,
    } store
}

record! {
    /// A subscription to a clock. Its precision, at offset 16, is not used.
    SubscriptionClock, 32 bytes { id: Clockid = 0, timeout_ns: u64 = 8, flags: Subclockflags = 24 } load
}

/// A subscription to an event.
#[derive(Clone)]
pub(crate) struct Subscription {
    /// A number chosen by the guest, which comes back with the event.
    pub(crate) userdata: u64,
    /// The event.
    pub(crate) kind: SubscriptionKind,
}

/// The event of a subscription.
#[derive(Clone)]
pub(crate) enum SubscriptionKind {
    /// A point in time.
    Clock(SubscriptionClock),
    /// Bytes to read from this descriptor.
    FdRead(u32),
    /// Room to write to this descriptor.
    FdWrite(u32),
}

impl Layout for Subscription {
    const SIZE: u32 = 48;
}

impl FromGuest for Subscription {
    fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
        let userdata = u64::load(memory, at)?;
        let kind = Eventtype::load(memory, field(at, 8)?)?;
        let place = field(at, 16)?;
        let kind = match kind {
            Eventtype::Clock => SubscriptionKind::Clock(SubscriptionClock::load(memory, place)?),
            Eventtype::FdRead => SubscriptionKind::FdRead(u32::load(memory, place)?),
            Eventtype::FdWrite => SubscriptionKind::FdWrite(u32::load(memory, place)?),
        };
        Ok(Self { userdata, kind })
    }
}
