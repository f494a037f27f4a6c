// Written by recipe/manifest.py.
pub(crate) const MODULE_BYTES: usize = 14440361;
pub(crate) const MODULE_BLAKE3: &str = "0890ff4b40b42ac048b68eed38d5c05507f08a429844d2edb28c198dcae69963";
pub(crate) const STDLIB_BYTES: usize = 9756624;
pub(crate) const STDLIB_BLAKE3: &str = "2ca070d1791fadb0f81f248de6ed844c4459be0d52bba4132d6e0682ee1e81f9";
