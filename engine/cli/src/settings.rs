//! Settings from flags, `HYPERSPACE_*`, and the file `hyperspace.toml`, in this order, then defaults.
//!
//! clap reads flags and variables; this module reads the file. Unknown keys are refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hyperspace_llm::ModelConfig;
use serde::Deserialize;

use crate::ambient;
use crate::exit::usage_error;
use crate::folder;

/// The file that is read when it is in the working directory.
const FILE: &str = "hyperspace.toml";
/// The store when nothing says otherwise.
const STORE: &str = ".hyperspace";

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Settings {
    /// Folder of the store.
    pub(crate) store: Option<PathBuf>,
    /// Guests that run at the same time.
    pub(crate) workers: Option<usize>,
    /// Folder for compiled interpreters.
    pub(crate) cache_dir: Option<PathBuf>,
    /// Defaults of `evolve`.
    pub(crate) evolve: EvolveSettings,
    /// Models, by name.
    pub(crate) models: BTreeMap<String, ModelConfig>,
}

/// The section `[evolve]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct EvolveSettings {
    pub(crate) task: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) generations: Option<u64>,
    pub(crate) candidates: Option<u64>,
    pub(crate) seed: Option<u64>,
    pub(crate) selection: Option<String>,
    pub(crate) arm: Option<String>,
    pub(crate) parity: Option<bool>,
    pub(crate) visible: Option<Vec<String>>,
    pub(crate) edit_scope: Option<Vec<String>>,
    pub(crate) meta_fuel: Option<u64>,
    pub(crate) case_fuel: Option<u64>,
    pub(crate) models: Option<Vec<String>>,
    pub(crate) eval_model: Option<String>,
    pub(crate) rounds: Option<Vec<u64>>,
    pub(crate) temperature: Option<f64>,
    pub(crate) budget: Option<Vec<String>>,
}

impl Settings {
    /// Reads the file that was named, or `hyperspace.toml` if there is one.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => {
                let path = ambient::current_dir()?.join(FILE);
                if !path.exists() {
                    return Ok(Self::default());
                }
                path
            }
        };
        let bytes = folder::read_file(&path)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| usage_error(format!("{}: it is not UTF-8", path.display())))?;
        toml::from_str(&text).map_err(|error| usage_error(format!("{}: {error}", path.display())))
    }

    /// The store.
    pub(crate) fn store(&self, flag: Option<PathBuf>) -> PathBuf {
        flag.or_else(|| self.store.clone()).unwrap_or_else(|| PathBuf::from(STORE))
    }

    /// Workers: at least 1, all processors unless told otherwise.
    pub(crate) fn workers(&self, flag: Option<usize>) -> Result<usize> {
        let workers = flag.or(self.workers).unwrap_or_else(ambient::processors);
        match workers {
            1..=1_024 => Ok(workers),
            _ => Err(usage_error(format!("--workers is {workers}; expected 1 to 1024"))),
        }
    }

    /// The folder for compiled interpreters.
    pub(crate) fn cache_dir(&self, flag: Option<PathBuf>) -> Option<PathBuf> {
        flag.or_else(|| self.cache_dir.clone()).or_else(ambient::cache_dir)
    }
}
