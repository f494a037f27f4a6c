// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69273343;
pub(crate) const MODULE_BLAKE3: &str = "d1a6b6895bd6591582d01fd83a21ff37e6ee85fd8c4fc623cd6c97be88d55c11";
pub(crate) const MEMORY_BYTES: usize = 50266112;
pub(crate) const MEMORY_BLAKE3: &str = "44c762c9e8a5e285fb8e9f6f90a9c031f4dbbe76cc71699cba169cc532485220";
pub(crate) const LIBRARY_BYTES: usize = 13978946;
pub(crate) const LIBRARY_BLAKE3: &str = "5de6e93345f434174374704f5c2937d57d7da9e4f1deb0a8f14bdd27fcef5e30";
