// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69812177;
pub(crate) const MODULE_BLAKE3: &str = "c6bbe30c8a76fbf53895a5a025fd8d0cf75a606c50f383e9ab59512f914ded80";
pub(crate) const MEMORY_BYTES: usize = 50921472;
pub(crate) const MEMORY_BLAKE3: &str = "7c8cec1d4de0a87e78e3ca249c901108b3de9413dc49fd2dc36b16ce7be8b5fd";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
