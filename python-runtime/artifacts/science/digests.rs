// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 68908569;
pub(crate) const MODULE_BLAKE3: &str = "9100f5e3f6ab90b2a7f39ac2a712420221eea2c3ae2daa856bbf0b55ffa88a58";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
