// Written by recipe/manifest.py.
pub(crate) const MODULE_BYTES: usize = 10784476;
pub(crate) const MODULE_BLAKE3: &str = "561d3efd9781cc8c75a2abc8d954f09e4279dc102996342f91ddbacd08886ed6";
pub(crate) const MEMORY_BYTES: usize = 9633792;
pub(crate) const MEMORY_BLAKE3: &str = "bd6f48d7e3fc330ca8acd8640ae4b34dec37b881f9ea9f2cd6d7e804805e95fd";
