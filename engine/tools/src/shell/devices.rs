//! The devices that shell programs expect; the guest's files have no `/dev`.

use crate::limits::DEVICE_BYTES;

use super::context::ShellContext;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Null,
    Zero,
    Random,
}

impl Device {
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/dev/null" => Some(Self::Null),
            "/dev/zero" => Some(Self::Zero),
            "/dev/random" | "/dev/urandom" => Some(Self::Random),
            _ => None,
        }
    }

    /// Returns the bytes of one read. Reads are finite, because bashkit reads files as a whole.
    pub(super) fn read(self, context: &ShellContext) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Zero => vec![0; DEVICE_BYTES],
            Self::Random => context.random_bytes(DEVICE_BYTES),
        }
    }
}
