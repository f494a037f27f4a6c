// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 50984228;
pub(crate) const MODULE_BLAKE3: &str = "769b51434cbba04b9fc3c54127534b6e79ebb5c2e1cbc279750cc4d60646d13c";
pub(crate) const LIBRARY_BYTES: usize = 7400165;
pub(crate) const LIBRARY_BLAKE3: &str = "aa5e5597cb533d1f9d79b52d67c025adcea452f3829702f235183801a3a89a42";
