// Written by recipe/science/manifest.py.
pub(crate) const MODULE_BYTES: usize = 30648751;
pub(crate) const MODULE_BLAKE3: &str = "50f7fb021b2e21b0e36132822f6ec980c66596d7d13b134abba08f378490fe24";
pub(crate) const LIBRARY_BYTES: usize = 3427314;
pub(crate) const LIBRARY_BLAKE3: &str = "2dc5dbce5e9be06874b5cb381ef986b37ac40373dbcd900915277a46dc8d9997";
