// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 69181781;
pub(crate) const MODULE_BLAKE3: &str = "fb09d59136e4decdbcfa4f59602a8027fbdc72755faed7599f3df94e648d2b07";
pub(crate) const MEMORY_BYTES: usize = 50266112;
pub(crate) const MEMORY_BLAKE3: &str = "9f4ed9c6edae7f61d419cd29ea3d5bbdf93a8c1f55a3ef675fe74ec1f0e56e17";
pub(crate) const LIBRARY_BYTES: usize = 13978776;
pub(crate) const LIBRARY_BLAKE3: &str = "57060f5185454d853725694178734c9681f9f6d7de3089ee1d5d105e0dea3272";
