// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 70096102;
pub(crate) const MODULE_BLAKE3: &str = "6ad32c4da97fbd432b4af935113b9cfd5f4437f8fea00bd8aa7248043a4ded0b";
pub(crate) const MEMORY_BYTES: usize = 50921472;
pub(crate) const MEMORY_BLAKE3: &str = "d0fd0bea81066d51948ab99dd2e37c3b30c365b34d4a987cfb0eacfec17b5fb9";
pub(crate) const LIBRARY_BYTES: usize = 13962632;
pub(crate) const LIBRARY_BLAKE3: &str = "d767d853cc96f02d485ffe4c1c4400ab273dd7458032d152979360c1a360cb69";
