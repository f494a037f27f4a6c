//! Flags of `exec`, `attack`, `chat` and `stub-model`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

const LIMITS: &str = "Limits";

pub(super) const EXEC_EXAMPLES: &str = "Examples:\n  \
    hyperspace exec program.py one two\n  \
    echo text | hyperspace exec --stdin --fuel 1000000000 program.py";

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The program
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    /// Fuel: about one unit per WebAssembly instruction
    #[arg(long, default_value_t = 20_000_000_000, help_heading = LIMITS)]
    pub(crate) fuel: u64,
    /// Memory in bytes
    #[arg(long, default_value_t = 256 << 20, help_heading = LIMITS)]
    pub(crate) memory_bytes: u64,
    /// Bytes of standard output and standard error together
    #[arg(long, default_value_t = 1 << 20, help_heading = LIMITS)]
    pub(crate) output_bytes: u64,
    /// Bytes of all files that the program writes
    #[arg(long, default_value_t = 16 << 20, help_heading = LIMITS)]
    pub(crate) file_bytes: u64,
    /// Files that the program makes
    #[arg(long, default_value_t = 1_024, help_heading = LIMITS)]
    pub(crate) files: u64,
    /// Open descriptors
    #[arg(long, default_value_t = 64, help_heading = LIMITS)]
    pub(crate) descriptors: u64,
    /// Real time in milliseconds, as a backstop
    #[arg(long, default_value_t = 120_000, help_heading = LIMITS)]
    pub(crate) wall_clock_ms: u64,
    /// Seed of the program's randomness
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// An environment variable of the program; there are no others
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// Pass standard input to the program
    #[arg(long)]
    pub(crate) stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Attack {
    /// Ids of attacks, or the beginning of one: T-CPU, T-FS-01 [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// A section [models.NAME] of the settings, or a model that a provider is known for
    #[arg(long)]
    pub(crate) model: String,
    /// The message
    pub(crate) message: String,
    /// Longest answer in tokens
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    pub(crate) max_tokens: u64,
    /// Attempts in all, when the provider fails
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) attempts: u32,
}

#[derive(Debug, Args)]
pub(crate) struct StubModel {
    /// The script, a TOML file; engine/llm/README.md describes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) script: PathBuf,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}
