// Written by recipe/manifest.py.
pub(crate) const MODULE_BYTES: usize = 14830148;
pub(crate) const MODULE_BLAKE3: &str = "03a1cccc78b941d0cce3152b40248ada58ef6613ffffd2bab01cdfdc4607637b";
pub(crate) const MEMORY_BYTES: usize = 27131904;
pub(crate) const MEMORY_BLAKE3: &str = "df40e96aea1c1ecf913082e1063a8cad57d2fda4437a69908ff9f8d3076c2f22";
pub(crate) const STDLIB_BYTES: usize = 9757598;
pub(crate) const STDLIB_BLAKE3: &str = "4c83b692702ffd2fba7cf74bf7b53a208efc94d1c2d8c2339668c76bab40f717";
