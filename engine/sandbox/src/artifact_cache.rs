//! On-disk artifacts of an interpreter, kept beside its compiled module because making them took most of a start: its initial memory
//! and the files of its library.
//!
//! A file is named by its digest. It is read once into memory and used only if its bytes have that digest, so it does not matter who
//! could have written it; a file with any other content is made again and replaced.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::path::Path;

use crate::cache_folder::write_entry;

/// Bytes read at a time, few enough to be hashed while they are still in the processor's cache.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// The identity of an artifact, by which it is found and verified.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArtifactId<'a> {
    /// BLAKE3, 64 hexadecimal digits.
    pub(crate) digest: &'a str,
    /// Its length.
    pub(crate) bytes: usize,
}

/// Returns an artifact: from the folder by `read` if it is intact there, otherwise by `make`. `read` is handed exactly as many bytes
/// as the artifact has.
pub(crate) fn load_or_make<T: Deref<Target = [u8]>, E>(
    folder: Option<&Path>,
    id: ArtifactId<'_>,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    make: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let Some(folder) = folder else { return make() };
    let path = folder.join(format!("{}.artifact", id.digest));
    match load(&path, id, read) {
        Ok(Some(content)) => return Ok(content),
        Ok(None) => {}
        Err(error) => tracing::warn!(path = %path.display(), %error, "artifact not usable; making it again"),
    }
    let content = make()?;
    if let Err(error) = write_entry(folder, &path, |file| file.write_all(&content)) {
        tracing::warn!(path = %path.display(), %error, "artifact not kept");
    }
    Ok(content)
}

fn load<T>(
    path: &Path,
    id: ArtifactId<'_>,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
) -> io::Result<Option<T>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let damaged = || io::Error::other("damaged");
    if file.metadata()?.len() != id.bytes as u64 {
        return Err(damaged());
    }
    // If the file grows meanwhile, the rest is not read; if it shrinks, the content ends early.
    let mut reader = HashingReader { content: file.take(id.bytes as u64), hasher: blake3::Hasher::new() };
    let content = read(&mut reader)?;
    if reader.content.limit() == 0 && reader.hasher.finalize().to_hex().as_str() == id.digest {
        Ok(Some(content))
    } else {
        Err(damaged())
    }
}

/// Hashes data as it is read, in pieces of at most [`CHUNK_BYTES`].
struct HashingReader<R> {
    content: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = buffer.len().min(CHUNK_BYTES);
        let read = self.content.read(&mut buffer[..part])?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::fs;

    use super::*;

    const CONTENT: &[u8] = b"what an artifact holds";

    fn digest() -> String {
        blake3::hash(CONTENT).to_hex().to_string()
    }

    /// Returns what was loaded, and whether it had to be made.
    fn load_it(folder: &Path) -> (Vec<u8>, bool) {
        let mut made = false;
        let content = load_or_make(
            Some(folder),
            ArtifactId { digest: &digest(), bytes: CONTENT.len() },
            |content| {
                let mut bytes = vec![0; CONTENT.len()];
                content.read_exact(&mut bytes).map(|()| bytes)
            },
            || {
                made = true;
                Ok::<_, Infallible>(CONTENT.to_vec())
            },
        );
        (content.unwrap(), made)
    }

    #[test]
    fn an_artifact_is_made_once() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("new/cache");
        assert_eq!(load_it(&folder), (CONTENT.to_vec(), true));
        assert_eq!(load_it(&folder), (CONTENT.to_vec(), false));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn what_is_not_the_artifact_is_made_again_and_replaced() {
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
            assert_eq!(load_it(folder), (CONTENT.to_vec(), true), "{bytes:?}");
            assert_eq!(fs::read(&path).unwrap(), CONTENT);
        }
    }

    #[test]
    fn bytes_that_nobody_read_are_not_vouched_for() {
        let scratch = tempfile::tempdir().unwrap();
        load_it(scratch.path());
        let (digest, mut made) = (digest(), false);
        let id = ArtifactId { digest: &digest, bytes: CONTENT.len() };
        let content = load_or_make(
            Some(scratch.path()),
            id,
            |content| {
                let mut bytes = vec![0; CONTENT.len() - 1];
                content.read_exact(&mut bytes).map(|()| bytes)
            },
            || {
                made = true;
                Ok::<_, Infallible>(CONTENT.to_vec())
            },
        );
        assert_eq!((content.unwrap(), made), (CONTENT.to_vec(), true));
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_no_reason_to_fail() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(load_it(&file.join("below")), (CONTENT.to_vec(), true));
        fs::create_dir(scratch.path().join(format!("{}.artifact", digest()))).unwrap();
        assert_eq!(load_it(scratch.path()), (CONTENT.to_vec(), true));
    }
}
