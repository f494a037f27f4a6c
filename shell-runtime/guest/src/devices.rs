//! The devices that shell programs expect; the guest's files have no `/dev`.

use crate::host;

/// Bytes of one read of `/dev/zero` or `/dev/urandom`. Reads are finite, because bashkit reads files as a whole.
const DEVICE_BYTES: usize = 8_192;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Random,
}

impl Device {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/dev/null" => Some(Self::Null),
            "/dev/zero" => Some(Self::Zero),
            "/dev/random" | "/dev/urandom" => Some(Self::Random),
            _ => None,
        }
    }

    /// Returns the bytes of one read.
    pub(crate) fn read(self) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Zero => vec![0; DEVICE_BYTES],
            Self::Random => {
                let mut bytes = vec![0; DEVICE_BYTES];
                host::fill_random(&mut bytes);
                bytes
            }
        }
    }
}
