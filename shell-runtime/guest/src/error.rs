//! Errors of files, in the words that a shell prints.

use std::io;

use crate::host;

/// The reason why an access to a file failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileError {
    NotFound,
    Exists,
    NotAFolder,
    IsAFolder,
    NotEmpty,
    /// The mount or its policy refuses it, for this reason.
    Refused(String),
    Full,
    Busy,
    OtherMount,
    BadPath,
}

impl FileError {
    /// Makes an error of an error number of WASI. A refusal gets the reason of the last one.
    pub(crate) fn of(errno: u16) -> Self {
        match errno {
            2 => Self::Refused(host::last_refusal()),
            10 => Self::Busy,
            20 => Self::Exists,
            22 | 33 | 51 => Self::Full,
            31 => Self::IsAFolder,
            44 => Self::NotFound,
            54 => Self::NotAFolder,
            55 => Self::NotEmpty,
            75 => Self::OtherMount,
            _ => Self::BadPath,
        }
    }
}

impl From<wasi::Errno> for FileError {
    fn from(errno: wasi::Errno) -> Self {
        Self::of(errno.raw())
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("No such file or directory"),
            Self::Exists => f.write_str("File exists"),
            Self::NotAFolder => f.write_str("Not a directory"),
            Self::IsAFolder => f.write_str("Is a directory"),
            Self::NotEmpty => f.write_str("Directory not empty"),
            Self::Refused(why) => write!(f, "Permission denied ({why})"),
            Self::Full => f.write_str("No space left on device"),
            Self::Busy => f.write_str("Device or resource busy"),
            Self::OtherMount => f.write_str("Invalid cross-device link"),
            Self::BadPath => f.write_str("Invalid argument"),
        }
    }
}

impl From<FileError> for bashkit::Error {
    fn from(error: FileError) -> Self {
        use io::ErrorKind;
        let kind = match error {
            FileError::NotFound => ErrorKind::NotFound,
            FileError::Exists => ErrorKind::AlreadyExists,
            FileError::NotAFolder => ErrorKind::NotADirectory,
            FileError::IsAFolder => ErrorKind::IsADirectory,
            FileError::NotEmpty => ErrorKind::DirectoryNotEmpty,
            FileError::Refused(_) => ErrorKind::PermissionDenied,
            FileError::Full => ErrorKind::StorageFull,
            FileError::Busy => ErrorKind::ResourceBusy,
            FileError::OtherMount => ErrorKind::CrossesDevices,
            FileError::BadPath => ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error.to_string()).into()
    }
}
