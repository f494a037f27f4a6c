//! Templates and forks: work shared by many runs is done once, and each run starts from the state after it.
//!
//! A [`Setup`](crate::Setup) is the shared part (files, imports, a call), an [`Item`](crate::Item) one run after it. A
//! [`Template`] runs the set-up once and keeps the state after it; [`Template::fork`] starts from there, and
//! [`Template::fresh`] runs the set-up again. Both give the same report, bit for bit; `instances/` says why.

mod cache;
mod handle;

pub(crate) use self::cache::TemplateCache;
pub use self::handle::Template;
