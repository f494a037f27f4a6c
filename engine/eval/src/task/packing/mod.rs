//! Cases of bin packing: from data files, and from seeds.

mod file;
mod generate;

pub(crate) use self::file::parse;
