//! Flags of `exec`, `attack`, `chat` and `stub-model`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::values;

const LIMITS: &str = "Limits";

pub(super) const EXEC_EXAMPLES: &str = "Examples:\n  \
    hyperspace exec program.py one two\n  \
    hyperspace exec -c 'import sys; print(sys.version)'\n  \
    hyperspace exec --mount ./lib --memory-bytes 64MB program.py\n  \
    echo text | hyperspace exec --stdin --fuel 2s program.py";

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The program: a Python file, or - for standard input
    #[arg(value_hint = ValueHint::FilePath, required_unless_present = "code")]
    pub(crate) file: Option<PathBuf>,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    /// Run this text instead of a file
    #[arg(short, long, value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// A folder that the program can read, at /NAME, and import from
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) mount: Vec<PathBuf>,
    /// Fuel: about one unit per WebAssembly instruction, and a billionth of a second of the guest's clock, as in 2e9 or 2s
    #[arg(long, default_value = "20000000000", value_parser = values::fuel, help_heading = LIMITS)]
    pub(crate) fuel: u64,
    /// Memory in bytes, as in 256MiB
    #[arg(long, default_value = "268435456", value_parser = values::bytes, help_heading = LIMITS)]
    pub(crate) memory_bytes: u64,
    /// Bytes of standard output and standard error together
    #[arg(long, default_value = "1048576", value_parser = values::bytes, help_heading = LIMITS)]
    pub(crate) output_bytes: u64,
    /// Bytes of all files that the program writes
    #[arg(long, default_value = "16777216", value_parser = values::bytes, help_heading = LIMITS)]
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
    /// Plant a leak of each kind instead, and show that each is noticed
    #[arg(long, conflicts_with = "ids")]
    pub(crate) self_test: bool,
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
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present = "dialect")]
    pub(crate) script: Option<PathBuf>,
    /// Server to imitate: what it refuses, in its words, and what it adds to answers
    ///
    /// openai, responses, azure, anthropic, gemini, deepseek, kimi, mistral, openrouter, vllm, llama-cpp or ollama.
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Check this model instead: a real conversation of two turns with a tool
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}
