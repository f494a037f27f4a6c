//! Runtimes: an interpreter for WebAssembly, its library, and the guest contract that it speaks.
//!
//! A runtime is a value, chosen in [`SandboxConfig`](crate::SandboxConfig). Sandboxes with different runtimes can coexist in one
//! process and share one cache folder, because everything in it is named by digest. The digest of a runtime is part of
//! [`Sandbox::runtime_digest`](crate::Sandbox::runtime_digest).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};

use crate::artifact_cache::{ArtifactId, load_or_make};
use crate::error::SandboxError;
use crate::guest;
use crate::library::{LibraryFile, read_shared};
use crate::mount::Mount;
use crate::runtime_name::RuntimeName;

/// A file of a runtime, named by its BLAKE3 digest.
#[derive(Clone)]
pub struct RuntimeArtifact {
    digest: Cow<'static, str>,
    content: ArtifactContent,
}

#[derive(Clone)]
enum ArtifactContent {
    Bytes(Arc<[u8]>),
    /// Compressed within this program, and unpacked to this many bytes.
    Packed {
        len: usize,
        unpack: fn() -> Vec<u8>,
    },
}

impl RuntimeArtifact {
    /// Creates an artifact from bytes in memory.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = blake3::hash(&bytes).to_hex().to_string();
        Self { digest: digest.into(), content: ArtifactContent::Bytes(bytes) }
    }

    const fn packed(digest: &'static str, len: usize, unpack: fn() -> Vec<u8>) -> Self {
        Self { digest: Cow::Borrowed(digest), content: ArtifactContent::Packed { len, unpack } }
    }

    /// Returns the digest, 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> usize {
        match &self.content {
            ArtifactContent::Bytes(bytes) => bytes.len(),
            ArtifactContent::Packed { len, .. } => *len,
        }
    }

    /// Returns the bytes; packed ones are unpacked by every call.
    fn load(&self) -> Cow<'_, [u8]> {
        match &self.content {
            ArtifactContent::Bytes(bytes) => Cow::Borrowed(bytes),
            ArtifactContent::Packed { unpack, .. } => Cow::Owned(unpack()),
        }
    }

    /// Returns the bytes; packed ones are taken from the cache folder if they are there.
    pub(crate) fn load_shared(&self, cache_dir: Option<&Path>) -> Arc<[u8]> {
        let (bytes, unpack) = match &self.content {
            ArtifactContent::Bytes(bytes) => return Arc::clone(bytes),
            ArtifactContent::Packed { len, unpack } => (*len, unpack),
        };
        let id = ArtifactId { digest: &self.digest, bytes };
        let read = |content: &mut dyn Read| read_shared(content, bytes);
        let Ok(content) = load_or_make(cache_dir, id, read, || Ok::<_, Infallible>(unpack().into()));
        content
    }
}

impl fmt::Debug for RuntimeArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RuntimeArtifact").field(&self.digest).finish()
    }
}

/// An interpreter, its library, and the version of its guest contract. See the crate `hyperspace-python` for the contract.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The name; `None` for a runtime that does not come with this crate, and for the shell.
    name: Option<RuntimeName>,
    module: RuntimeArtifact,
    /// The module's initial memory: digest and length in bytes. `None` for a module that does not come with this crate.
    memory: Option<(&'static str, usize)>,
    library: BTreeMap<RelPath, RuntimeArtifact>,
    abi_version: u32,
    /// True if the module is not known to keep all of its state in linear memory, so it is checked when it is loaded.
    unchecked: bool,
    /// True for the shell, which may ask the host more about files.
    shell: bool,
    /// True if the module canonicalizes NaN itself where the bits can be observed, so the compiler need not do so everywhere.
    canonical_nan: bool,
}

impl Default for Runtime {
    fn default() -> Self {
        Self::cpython()
    }
}

impl Runtime {
    /// Returns the default runtime: CPython for WASI with its standard library.
    #[must_use]
    pub fn cpython() -> Self {
        use hyperspace_python as python;
        let module =
            RuntimeArtifact::packed(python::module_digest(), python::MODULE_BYTES, python::module_wasm);
        let memory = Some((python::memory_digest(), python::MEMORY_BYTES));
        Self { module, memory, library: Self::standard_library(), ..Self::own(Some(RuntimeName::Plain)) }
    }

    /// Returns the runtime with numpy and scipy linked into CPython; numpy is already imported.
    #[must_use]
    pub fn science() -> Self {
        use hyperspace_python::science;
        let module =
            RuntimeArtifact::packed(science::module_digest(), science::MODULE_BYTES, science::module_wasm);
        let numpy =
            RuntimeArtifact::packed(science::library_digest(), science::LIBRARY_BYTES, science::library_zip);
        let mut library = Self::standard_library();
        library.extend(RelPath::new(science::LIBRARY_PATH).ok().map(|path| (path, numpy)));
        let memory = Some((science::memory_digest(), science::MEMORY_BYTES));
        Self { module, memory, library, canonical_nan: true, ..Self::own(Some(RuntimeName::Science)) }
    }

    /// Returns the Python runtime with that name.
    #[must_use]
    pub fn named(name: RuntimeName) -> Self {
        match name {
            RuntimeName::Plain => Self::cpython(),
            RuntimeName::Science => Self::science(),
        }
    }

    fn standard_library() -> BTreeMap<RelPath, RuntimeArtifact> {
        use hyperspace_python as python;
        let library =
            RuntimeArtifact::packed(python::stdlib_digest(), python::STDLIB_BYTES, python::stdlib_zip);
        RelPath::new(python::STDLIB_PATH).ok().map(|path| (path, library)).into_iter().collect()
    }

    /// Returns the common part of all runtimes of this crate.
    fn own(name: Option<RuntimeName>) -> Self {
        Self {
            name,
            module: RuntimeArtifact::new([].as_slice()),
            memory: None,
            library: BTreeMap::new(),
            abi_version: hyperspace_python::ABI_VERSION,
            unchecked: false,
            shell: false,
            canonical_nan: false,
        }
    }

    /// Creates a runtime from a WebAssembly module that implements the current guest contract, without a library.
    ///
    /// The module has to keep all of its state in linear memory, which [`Sandbox::new`](crate::Sandbox::new) checks.
    #[must_use]
    pub fn new(module: RuntimeArtifact) -> Self {
        Self { module, unchecked: true, ..Self::own(None) }
    }

    /// Returns the shell that comes with this crate. It implements the same contract and has no library.
    pub(crate) fn shell() -> Self {
        use hyperspace_shell as shell;
        let module = RuntimeArtifact::packed(shell::module_digest(), shell::MODULE_BYTES, shell::module_wasm);
        let memory = Some((shell::memory_digest(), shell::MEMORY_BYTES));
        Self { module, memory, shell: true, ..Self::own(None) }
    }

    /// Returns whether the module canonicalizes NaN itself. The module's build recipe guarantees that; no other module is trusted
    /// to.
    pub(crate) fn has_canonical_nan(&self) -> bool {
        self.canonical_nan
    }

    /// Returns whether this is the shell.
    pub(crate) fn is_shell(&self) -> bool {
        self.shell
    }

    /// Adds or replaces a library file; `path` is relative to `/usr` in the guest.
    #[must_use]
    pub fn with_library_file(mut self, path: RelPath, artifact: RuntimeArtifact) -> Self {
        self.name = None;
        self.library.insert(path, artifact);
        self
    }

    /// Declares the version of the guest contract that the module implements. Default: the current one,
    /// `hyperspace_python::ABI_VERSION`; a sandbox refuses any other.
    #[must_use]
    pub fn with_abi_version(mut self, abi_version: u32) -> Self {
        self.abi_version = abi_version;
        self
    }

    /// Returns its name if it comes with this crate and is unmodified.
    #[must_use]
    pub fn name(&self) -> Option<RuntimeName> {
        self.name
    }

    /// Returns the version of the guest contract.
    #[must_use]
    pub fn abi_version(&self) -> u32 {
        self.abi_version
    }

    /// Returns the digest of the module, 64 hexadecimal digits.
    #[must_use]
    pub fn module_digest(&self) -> &str {
        self.module.digest()
    }

    /// Returns the digest of the library, 64 hexadecimal digits. For a library that is a single file at the path of CPython's, this
    /// is the digest of that file; for any other, the BLAKE3 digest of a line `PATH DIGEST` for each file, in order of paths.
    #[must_use]
    pub fn library_digest(&self) -> String {
        if let (1, Some((path, artifact))) = (self.library.len(), self.library.first_key_value())
            && path.as_str() == hyperspace_python::STDLIB_PATH
        {
            return artifact.digest().to_owned();
        }
        let lines = self.library.iter().map(|(path, artifact)| format!("{path} {}\n", artifact.digest()));
        blake3::hash(lines.collect::<String>().as_bytes()).to_hex().to_string()
    }

    /// Returns the bytes of the module, which are unpacked by every call.
    pub(crate) fn load_module(&self) -> Cow<'_, [u8]> {
        self.module.load()
    }

    /// Returns the id of the module's initial memory, if it is known.
    pub(crate) fn memory_id(&self) -> Option<ArtifactId<'static>> {
        self.memory.map(|(digest, bytes)| ArtifactId { digest, bytes })
    }

    /// Returns whether the module must be checked for state outside of linear memory.
    pub(crate) fn is_unchecked(&self) -> bool {
        self.unchecked
    }

    /// Returns the mount of the library, whose files are loaded when they are needed.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Interpreter`] when a file of the library lies below another one.
    pub(crate) fn library(&self, cache_dir: Option<&Path>) -> Result<Mount, SandboxError> {
        let broken = |error: &dyn fmt::Display| SandboxError::Interpreter(error.to_string());
        let mut tree = FileSet::new();
        for path in self.library.keys() {
            tree.insert(path.clone(), []).map_err(|e| broken(&e))?;
        }
        // The process may change its current folder before a file is needed.
        let cache_dir = cache_dir.and_then(|folder| std::path::absolute(folder).ok());
        let file = |artifact: &RuntimeArtifact| LibraryFile::new(artifact.clone(), cache_dir.clone());
        let files = self.library.iter().map(|(path, artifact)| (path.clone(), Arc::new(file(artifact))));
        Ok(Mount::library(RelPath::new(guest::USR).map_err(|e| broken(&e))?, files.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &[u8]) -> (RelPath, RuntimeArtifact) {
        (RelPath::new(path).unwrap(), RuntimeArtifact::new(content))
    }

    fn library(files: &[(&str, &[u8])]) -> String {
        let runtime = Runtime::new(RuntimeArtifact::new(b"".as_slice()));
        let add = |runtime: Runtime, (path, artifact)| runtime.with_library_file(path, artifact);
        files.iter().map(|(path, content)| file(path, content)).fold(runtime, add).library_digest()
    }

    #[test]
    fn a_library_has_the_digest_of_its_one_file_or_of_its_list() {
        assert_eq!(Runtime::cpython().library_digest(), hyperspace_python::stdlib_digest());
        assert_eq!(Runtime::cpython().module_digest(), hyperspace_python::module_digest());
        let one = ("lib/a", b"1".as_slice());
        let two = ("lib/b", b"2".as_slice());
        let digests = [library(&[]), library(&[one]), library(&[two]), library(&[one, two])];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{index}");
        }
        assert_eq!(library(&[two, one]), digests[3], "the order of calls does not matter");
    }

    #[test]
    fn nan_are_canonical_by_the_module_where_the_compiler_does_not_make_them_so() {
        let all = [Runtime::cpython(), Runtime::science(), Runtime::shell()];
        let by_module = all.map(|runtime| {
            let module = runtime.load_module();
            let said = wasmparser::Parser::new(0).parse_all(&module).any(|payload| {
                matches!(payload, Ok(wasmparser::Payload::CustomSection(section)) if section.name() == "canonical-nan")
            });
            assert_eq!(runtime.has_canonical_nan(), said);
            said
        });
        assert_eq!(by_module, [false, true, false]);
        let other = Runtime::new(RuntimeArtifact::new(hyperspace_python::science::module_wasm()));
        assert!(!other.has_canonical_nan(), "what is not known is not believed");
    }

    #[test]
    fn a_library_that_is_no_tree_is_refused() {
        let (outer, inner) = (file("lib", b"1"), file("lib/a", b"2"));
        let runtime =
            Runtime::cpython().with_library_file(outer.0, outer.1).with_library_file(inner.0, inner.1);
        assert!(runtime.library(None).is_err());
    }
}
