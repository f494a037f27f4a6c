// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 70081145;
pub(crate) const MODULE_BLAKE3: &str = "3d0c21624357734ca1a17963246d4a60f089d3e3d0df4dcc94fb2fe22c151e4a";
pub(crate) const MEMORY_BYTES: usize = 50921472;
pub(crate) const MEMORY_BLAKE3: &str = "96bc78b8eaef1d7de39534f2c5da171ccaa4b68574285b9e09f00e8c112169b3";
pub(crate) const LIBRARY_BYTES: usize = 13962632;
pub(crate) const LIBRARY_BLAKE3: &str = "d767d853cc96f02d485ffe4c1c4400ab273dd7458032d152979360c1a360cb69";
