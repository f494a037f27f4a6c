//! Opens files only if they are what they seem: regular files under their own name, and not links, pipes or devices.
//!
//! A folder prepared by somebody else may contain a link in place of a file that this program writes. Writing through the link would
//! change an unrelated file of the user.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Opens a file for reading.
///
/// # Errors
///
/// The errors of opening; kind `InvalidInput` when it is a link, a folder, a pipe or a device.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    let named = regular(path)?;
    same(OpenOptions::new().read(true).open(path)?, &named)
}

/// Opens a file for reading and writing, and creates it if it does not exist. Existing content is kept.
///
/// # Errors
///
/// The errors of opening; kind `InvalidInput` when it is a link, a folder, a pipe or a device, or has another hard link.
pub fn open_to_write(path: &Path) -> io::Result<File> {
    let created = OpenOptions::new().read(true).write(true).create_new(true).open(path);
    match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let named = with_one_name(path)?;
    same(OpenOptions::new().read(true).write(true).open(path)?, &named)
}

/// Checks a file that another part of the program opens by name. A file that does not exist is accepted.
///
/// # Errors
///
/// Kind `InvalidInput` when it is a link, a folder, a pipe or a device, or has another hard link.
pub fn check_to_write(path: &Path) -> io::Result<()> {
    match with_one_name(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the metadata of a regular file without other names. Links are not followed.
fn with_one_name(path: &Path) -> io::Result<Metadata> {
    let named = regular(path)?;
    if named.nlink() > 1 {
        return Err(refusal("it is a hard link; expected a file with one name"));
    }
    Ok(named)
}

/// Returns the metadata of a regular file. Links are not followed.
fn regular(path: &Path) -> io::Result<Metadata> {
    let named = fs::symlink_metadata(path)?;
    let kind = named.file_type();
    if kind.is_file() {
        return Ok(named);
    }
    let found = match () {
        () if kind.is_symlink() => "a link",
        () if kind.is_dir() => "a folder",
        () => "a pipe, a socket or a device",
    };
    Err(refusal(&format!("it is {found}; expected a file")))
}

/// Returns the opened file if it is the one that was inspected.
fn same(file: File, named: &Metadata) -> io::Result<File> {
    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) == (named.dev(), named.ino()) {
        return Ok(file);
    }
    Err(refusal("it was replaced while it was opened"))
}

fn refusal(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_folders_are_refused_and_what_they_point_to_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "mine").unwrap();
        symlink(at("victim"), at("link")).unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        fs::hard_link(at("victim"), at("other-name")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for name in ["link", "dangling", "folder", "other-name"] {
            let error = open_to_write(&at(name)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}: {error}");
            check_to_write(&at(name)).unwrap_err();
        }
        for name in ["link", "dangling", "folder"] {
            assert_eq!(open_to_read(&at(name)).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
        }
        assert!(!at("nothing").exists());
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "mine");
        open_to_write(&at("new")).unwrap();
        open_to_write(&at("new")).unwrap();
        open_to_read(&at("new")).unwrap();
        check_to_write(&at("absent")).unwrap();
        assert_eq!(open_to_read(&at("absent")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
