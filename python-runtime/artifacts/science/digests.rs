// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69810681;
pub(crate) const MODULE_BLAKE3: &str = "72bb0eaaf48f56542d92b08aa3ebe4bdcbd3b4b0f3b1d65ee6b360ca29ee7b78";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
