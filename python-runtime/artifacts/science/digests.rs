// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69181156;
pub(crate) const MODULE_BLAKE3: &str = "6d5a5ca79f716bb3a18e27ce8d502ebd13543e2fe7fc2bfa4c5df625aeedf6de";
pub(crate) const MEMORY_BYTES: usize = 50266112;
pub(crate) const MEMORY_BLAKE3: &str = "21aa8dbec1f9482d62faec0078115ae8bd91d32f2dcd34497bd1741c25f6bfb5";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
