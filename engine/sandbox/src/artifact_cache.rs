//! Unpacked artifacts of an interpreter, on disk beside its compiled module, because unpacking them was most of a start.
//!
//! A file is named by its digest: it is read once into memory, and used when its bytes have that digest. So it does not matter
//! who could have written it; any other content is unpacked again and replaced.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::cache_folder::write_entry;

/// Returns the artifact of that digest (64 hexadecimal digits) and length: from the folder when it is whole there, unpacked otherwise.
pub(crate) fn load_or_unpack(
    folder: Option<&Path>,
    digest: &str,
    bytes: usize,
    unpack: impl FnOnce() -> Vec<u8>,
) -> Vec<u8> {
    let Some(folder) = folder else { return unpack() };
    let path = folder.join(format!("{digest}.artifact"));
    match load(&path, digest, bytes) {
        Ok(Some(content)) => return content,
        Ok(None) => {}
        Err(error) => tracing::warn!(path = %path.display(), %error, "artifact not usable; unpacking again"),
    }
    let content = unpack();
    if let Err(error) = write_entry(folder, &path, |file| file.write_all(&content)) {
        tracing::warn!(path = %path.display(), %error, "unpacked artifact not kept");
    }
    content
}

fn load(path: &Path, digest: &str, bytes: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // One byte more than there should be, so that a longer file is another one, whatever it begins with.
    let mut content = Vec::with_capacity(bytes + 1);
    file.take(bytes as u64 + 1).read_to_end(&mut content)?;
    if blake3::hash(&content).to_hex().as_str() == digest {
        Ok(Some(content))
    } else {
        Err(io::Error::other("damaged"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &[u8] = b"what an artifact holds";

    fn digest() -> String {
        blake3::hash(CONTENT).to_hex().to_string()
    }

    fn read(folder: &Path) -> (Vec<u8>, bool) {
        let mut unpacked = false;
        let content = load_or_unpack(Some(folder), &digest(), CONTENT.len(), || {
            unpacked = true;
            CONTENT.to_vec()
        });
        (content, unpacked)
    }

    #[test]
    fn an_artifact_is_unpacked_once() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("new/cache");
        assert_eq!(read(&folder), (CONTENT.to_vec(), true));
        assert_eq!(read(&folder), (CONTENT.to_vec(), false));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn what_is_not_the_artifact_is_unpacked_again_and_replaced() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let path = folder.join(format!("{}.artifact", digest()));
        let longer = [CONTENT, b"!"].concat();
        let mut wrong = vec![Vec::new(), longer, CONTENT[1..].to_vec()];
        for at in 0..CONTENT.len() {
            let mut flipped = CONTENT.to_vec();
            flipped[at] ^= 1;
            wrong.push(flipped);
        }
        for bytes in wrong {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(read(folder), (CONTENT.to_vec(), true), "{bytes:?}");
            assert_eq!(fs::read(&path).unwrap(), CONTENT);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_no_reason_to_fail() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(read(&file.join("below")), (CONTENT.to_vec(), true));
        fs::create_dir(scratch.path().join(format!("{}.artifact", digest()))).unwrap();
        assert_eq!(read(scratch.path()), (CONTENT.to_vec(), true));
    }
}
