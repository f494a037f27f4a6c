// Written by recipe/manifest.py.
pub(crate) const MODULE_BYTES: usize = 10784476;
pub(crate) const MODULE_BLAKE3: &str = "561d3efd9781cc8c75a2abc8d954f09e4279dc102996342f91ddbacd08886ed6";
