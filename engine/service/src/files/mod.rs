//! Files of the user: reads and writes folders through capability-based file access.
//!
//! Links are refused, sizes and depths are limited, and names must be valid in a tree. A folder that is written is complete or
//! absent.

mod new_folder;
mod notes;
mod packages;
mod read;
mod run_folders;
mod toml_text;

pub(crate) use self::new_folder::{NewFolder, write};
pub(crate) use self::notes::{keep_notes, load_notes};
pub(crate) use self::packages::read_packages;
pub(crate) use self::read::{OUTCOME, not_opened, read_beside, read_bounded, read_project, read_set};
pub use self::read::{read_file, read_settings, read_text};
pub(crate) use self::run_folders::agent_places;
pub use self::toml_text::parse_secret_toml;
pub(crate) use self::toml_text::parse_toml;
