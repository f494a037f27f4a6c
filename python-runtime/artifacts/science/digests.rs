// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69812177;
pub(crate) const MODULE_BLAKE3: &str = "c6bbe30c8a76fbf53895a5a025fd8d0cf75a606c50f383e9ab59512f914ded80";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
