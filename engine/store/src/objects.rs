//! Objects: content stored under its digest, compressed where that pays, and verified on every read.

use hyperspace_core::digest::hex;
use hyperspace_core::{BlobId, FileSet, Record, RecordId, Tree, TreeId, canon};

use crate::backend::ObjectRow;
use crate::error::StoreError;
use crate::store::Store;

/// Content below this size in bytes is stored uncompressed.
const COMPRESS_FROM_BYTES: usize = 512;
/// Compression level: level 3 shrinks agents' code to a third, and no level that a generation can wait for shrinks it further.
const COMPRESSION_LEVEL: i32 = 3;
/// Limits the size of an object that is written, in bytes. A batch with a larger one is refused.
pub const OBJECT_BYTES_MAX: usize = 256 << 20;
/// Size of the largest object that is read, in bytes: earlier versions wrote such objects. Data that claims to
/// decompress to more is damaged.
pub(crate) const OBJECT_BYTES_READ_MAX: usize = 1 << 30;

const PLAIN: i64 = 0;
const ZSTD: i64 = 1;
const RECORD_PREFIX: &str = "record:";

/// Returns the digest of content of this kind.
pub(crate) fn digest_of(kind: &str, bytes: &[u8]) -> Option<[u8; 32]> {
    match kind {
        "blob" => Some(*BlobId::of(bytes).as_bytes()),
        "tree" => Some(*TreeId::of_bytes(bytes).as_bytes()),
        _ if kind.starts_with(RECORD_PREFIX) => Some(*RecordId::of_bytes(bytes).as_bytes()),
        _ => None,
    }
}

/// Returns the kind under which records of a kind are stored.
pub(crate) fn record_kind(kind: &str) -> String {
    format!("{RECORD_PREFIX}{kind}")
}

impl ObjectRow {
    /// Returns the row to write for this content.
    pub(crate) fn encode(id: &[u8; 32], kind: String, bytes: Vec<u8>) -> Self {
        if bytes.len() >= COMPRESS_FROM_BYTES
            && let Ok(small) = zstd::bulk::compress(&bytes, COMPRESSION_LEVEL)
            && small.len() < bytes.len()
        {
            return Self { id: id.to_vec(), kind, codec: ZSTD, data: small };
        }
        Self { id: id.to_vec(), kind, codec: PLAIN, data: bytes }
    }

    /// Returns kind and identifier for messages.
    pub(crate) fn name(&self) -> String {
        let kind: String = self.kind.chars().filter(|c| !c.is_control()).take(40).collect();
        format!("{} {}", kind.strip_prefix(RECORD_PREFIX).unwrap_or(&kind), hex(&self.id))
    }

    /// Returns the content if it matches the identifier.
    pub(crate) fn verify(self) -> Result<Vec<u8>, StoreError> {
        let name = self.name();
        let damaged = |why: String| StoreError::Damaged { object: name.clone(), why };
        let bytes = match self.codec {
            PLAIN => self.data,
            ZSTD => decompress(&self.data).map_err(damaged)?,
            other => return Err(damaged(format!("unknown codec {other}"))),
        };
        let digest = digest_of(&self.kind, &bytes).ok_or_else(|| damaged("unknown kind".to_owned()))?;
        if digest[..] != self.id[..] {
            return Err(damaged(format!("its content has the digest {}", hex(&digest))));
        }
        if let Some(kind) = self.kind.strip_prefix(RECORD_PREFIX) {
            let stored = canon::decode(&bytes).map_err(|e| damaged(e.to_string()))?;
            if stored["kind"] != kind {
                return Err(damaged(format!("it is a record of kind {}", stored["kind"])));
            }
        }
        Ok(bytes)
    }
}

fn decompress(data: &[u8]) -> Result<Vec<u8>, String> {
    let size = zstd::zstd_safe::get_frame_content_size(data).ok().flatten().unwrap_or(u64::MAX);
    let size = usize::try_from(size).ok().filter(|&size| size <= OBJECT_BYTES_READ_MAX);
    let size = size.ok_or_else(|| "its compressed frame has no plausible size".to_owned())?;
    zstd::bulk::decompress(data, size).map_err(|e| format!("it does not decompress: {e}"))
}

impl Store {
    /// Reads and verifies one object, which must be of this kind; `record` stands for records of any kind.
    fn read_object(&self, kind: &str, id: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
        let name = || format!("{kind} {}", hex(id));
        let row = self.backend().object(id).map_err(|error| match error {
            StoreError::Damaged { why, .. } => StoreError::Damaged { object: name(), why },
            other => other,
        })?;
        let Some(row) = row else { return Err(StoreError::Missing { object: name() }) };
        if row.id != id[..] {
            let why = format!("the object {} was returned for it", hex(&row.id));
            return Err(StoreError::Damaged { object: name(), why });
        }
        let found = row.kind.clone();
        let bytes = row.verify()?;
        if found == kind || (kind == "record" && found.starts_with(RECORD_PREFIX)) {
            return Ok(bytes);
        }
        Err(StoreError::Damaged { object: name(), why: format!("it is stored as a {found}") })
    }
}

impl Store {
    /// Returns the content of a blob.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] or [`StoreError::Damaged`], both with the identifier.
    pub fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, StoreError> {
        self.read_object("blob", id.as_bytes())
    }

    /// Returns a tree.
    ///
    /// # Errors
    ///
    /// As [`Store::get_blob`].
    pub fn get_tree(&self, id: &TreeId) -> Result<Tree, StoreError> {
        let bytes = self.read_object("tree", id.as_bytes())?;
        Tree::decode(&bytes)
            .map_err(|e| StoreError::Damaged { object: format!("tree {id}"), why: e.to_string() })
    }

    /// Returns the files of a tree, each of them verified.
    ///
    /// # Errors
    ///
    /// As [`Store::get_blob`].
    pub fn get_files(&self, id: &TreeId) -> Result<FileSet, StoreError> {
        let tree = self.get_tree(id)?;
        let mut files = FileSet::new();
        for (path, blob) in tree.iter() {
            files.insert(path.clone(), self.get_blob(blob)?).expect("a tree has no conflicting paths");
        }
        Ok(files)
    }

    /// Returns a record.
    ///
    /// # Errors
    ///
    /// As [`Store::get_blob`].
    pub fn get_record(&self, id: &RecordId) -> Result<Record, StoreError> {
        let bytes = self.read_object("record", id.as_bytes())?;
        let mut value = canon::decode(&bytes)
            .map_err(|e| StoreError::Damaged { object: format!("record {id}"), why: e.to_string() })?;
        let kind = value["kind"].as_str().unwrap_or_default().to_owned();
        Ok(Record { kind, body: value["body"].take() })
    }
}
