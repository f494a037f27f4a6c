//! Templates and forks: the common part of many runs is done once, and each run starts from the state after it.
//!
//! A [`Setup`](crate::Setup) is the common part (files, imports, a call), an [`Item`](crate::Item) one run after it. A
//! [`Template`] runs the set-up once and keeps the state after it; [`Template::fork`] starts from there, [`Template::fresh`]
//! does the set-up again. Both give the same report, bit for bit; `instances/` says why.

mod cache;
mod handle;

pub(crate) use self::cache::TemplateCache;
pub use self::handle::Template;
