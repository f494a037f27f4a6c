// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69181212;
pub(crate) const MODULE_BLAKE3: &str = "bc0189698606cd6801a7fe5726da4dd234c5485cd43335e9dfa1078870093e4d";
pub(crate) const MEMORY_BYTES: usize = 50266112;
pub(crate) const MEMORY_BLAKE3: &str = "21aa8dbec1f9482d62faec0078115ae8bd91d32f2dcd34497bd1741c25f6bfb5";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
