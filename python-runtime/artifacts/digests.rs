// Written by recipe/manifest.py.
pub(crate) const MODULE_BYTES: usize = 14408734;
pub(crate) const MODULE_BLAKE3: &str = "b40d9fcc0fae85bb68079b481387c72bf0ae9e076dee0cf4c16c34c975ff9b05";
pub(crate) const STDLIB_BYTES: usize = 9756624;
pub(crate) const STDLIB_BLAKE3: &str = "2ca070d1791fadb0f81f248de6ed844c4459be0d52bba4132d6e0682ee1e81f9";
