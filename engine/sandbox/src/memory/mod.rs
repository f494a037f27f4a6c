//! Linear memory: the interpreter's initial image, states kept as differences from it, and how they get into an instance.
//!
//! The interpreter is compiled without its data (`module_image.rs`). The data are a sealed file in memory (`initial.rs`) that each
//! instance maps copy-on-write (`linear_memory.rs`). A kept state consists of the pages in which it differs (`image.rs`), which are
//! found with the help of `/proc/self/pagemap` (`pagemap.rs`, `pagemap_scan.rs`).

mod image;
mod initial;
mod invariants;
mod linear_memory;
mod module_image;
mod pagemap;
mod pagemap_scan;
mod view;

pub(crate) use self::image::{MemoryImage, PrivatePages};
pub(crate) use self::initial::load_initial_memory;
pub(crate) use self::invariants::check_state_is_in_memory;
pub(crate) use self::linear_memory::{CowMemoryCreator, MemoryFile};
pub(crate) use self::module_image::code_of;
pub(crate) use self::pagemap::{PAGE, lists_private_pages, open_pagemap, private_pages};
pub(crate) use self::view::ImageView;
