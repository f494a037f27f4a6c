//! The devices that programs of a shell expect, without a `/dev`.

use crate::limits::DEVICE_BYTES;

use super::place::Place;

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

    /// What one read gives. There is no endless read here: a file is read whole.
    pub(super) fn read(self, place: &Place) -> Vec<u8> {
        match self {
            Self::Null => Vec::new(),
            Self::Zero => vec![0; DEVICE_BYTES],
            Self::Random => place.random_bytes(DEVICE_BYTES),
        }
    }
}
