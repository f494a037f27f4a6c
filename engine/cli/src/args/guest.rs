//! Flags of `exec`, `call`, `attack`, `chat`, `serve` and `stub-model`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use hyperspace_sandbox::{Limits, RuntimeName};
use hyperspace_service::ExecutionRequest;

use super::values;

const LIMITS: &str = "Limits";

pub(super) const EXEC_EXAMPLES: &str = "Examples:\n  \
    hyperspace exec program.py one two\n  \
    hyperspace exec -c 'import sys; print(sys.version)'\n  \
    hyperspace exec --mount helper.py --memory-bytes 64MB program.py\n  \
    hyperspace exec --mount ./lib -m lib_tests.run\n  \
    echo text | hyperspace exec --stdin --fuel 2s program.py";

pub(super) const CALL_EXAMPLES: &str = "Examples:\n  \
    hyperspace call candidate.py solve 7 '[1, 2]' text\n  \
    hyperspace call --json --fuel 2s ./package main '{\"n\": 3}'";

pub(super) const CHAT_EXAMPLES: &str = "Examples:\n  \
    hyperspace chat --model gpt-4.1 'Say hello'";

pub(super) const DOCTOR_EXAMPLES: &str = "Examples:\n  \
    hyperspace doctor\n  \
    hyperspace doctor --model gpt-4.1            talk to the model, and print settings that work";

pub(super) const STUB_EXAMPLES: &str = "Examples:\n  \
    hyperspace stub-model --script script.toml --port 8123\n  \
    hyperspace stub-model --dialect ollama       answers as that server does, whatever is asked";

/// Limits of a guest, and what it is given.
#[derive(Debug, Args)]
pub(crate) struct GuestArgs {
    /// Runtime: plain, or science, which has numpy and scipy. Default: science if a package imports numpy or scipy, else plain
    #[arg(long, value_name = "NAME")]
    pub(crate) runtime: Option<RuntimeName>,
    /// A folder that the program can read, at /NAME, or a file, in /files; modules in them can be imported
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) mount: Vec<PathBuf>,
    /// A folder or a wheel of pure Python that the program can import
    #[arg(long, value_name = "DIR|WHEEL", value_hint = ValueHint::AnyPath)]
    pub(crate) packages: Vec<PathBuf>,
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
}

impl GuestArgs {
    /// Returns a request with these flags.
    pub(crate) fn apply(self, request: ExecutionRequest) -> ExecutionRequest {
        let limits = Limits::default()
            .with_fuel(self.fuel)
            .with_memory_bytes(self.memory_bytes)
            .with_output_bytes(self.output_bytes)
            .with_file_bytes(self.file_bytes)
            .with_files(self.files)
            .with_descriptors(self.descriptors)
            .with_wall_clock_ms(self.wall_clock_ms);
        let request = match self.runtime {
            Some(runtime) => request.runtime(runtime),
            None => request,
        };
        let request = request.env(self.env).limits(limits).seed(self.seed);
        let request = self.packages.into_iter().fold(request, ExecutionRequest::package);
        self.mount.into_iter().fold(request, ExecutionRequest::mount)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// The program: a Python file, a folder with a __main__.py, or - for standard input
    #[arg(value_hint = ValueHint::AnyPath, required_unless_present_any = ["code", "module"])]
    pub(crate) file: Option<PathBuf>,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    /// Run this text instead of a file; everything after it is the program's
    #[arg(short, long, num_args = 1.., allow_hyphen_values = true, value_names = ["CODE", "ARG"], conflicts_with = "module")]
    pub(crate) code: Option<Vec<String>>,
    /// Run a module of this folder, of the mounts or of the guest's library instead of a file; everything after it is the program's
    #[arg(short, long, num_args = 1.., allow_hyphen_values = true, value_names = ["MODULE", "ARG"])]
    pub(crate) module: Option<Vec<String>>,
    /// Pass standard input to the program
    #[arg(long)]
    pub(crate) stdin: bool,
    #[command(flatten)]
    pub(crate) guest: GuestArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// A Python file, or a folder with a package
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) file: PathBuf,
    /// The function
    pub(crate) function: String,
    /// Its arguments, as JSON; what does not look like JSON is a text, and what begins like a flag follows --
    #[arg(allow_negative_numbers = true)]
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) guest: GuestArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Attack {
    /// Ids of attacks, or the beginning of one: T-CPU, T-FS-01 [default: all]
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Runtime of the guests: plain, or science, which has numpy and scipy
    #[arg(long, value_name = "NAME", default_value = "plain")]
    pub(crate) runtime: RuntimeName,
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
    /// openai, responses, azure, anthropic, gemini, deepseek, kimi, mistral, openrouter, vllm, llama-cpp, ollama, qwen, glm, minimax, grok,
    /// gpt-oss, sglang, lm-studio, litellm, bedrock or vertex.
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}

/// Flags of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port; port 0 takes a free one
    ///
    /// An address that other machines reach needs --tokens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// File of tokens with scopes and budgets; without one, everybody on this machine may ask
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tokens: Option<PathBuf>,
    /// Task of requests that name none, and of GEPA's paths
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// Certificate chain, as PEM; connections are encrypted
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate, as PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

pub(super) const SERVE_EXAMPLES: &str = "Examples:\n  \
    hyperspace serve\n  \
    hyperspace serve --listen 0.0.0.0:8443 --tokens tokens.toml --tls-cert chain.pem --tls-key key.pem\n  \
    curl -d '{\"code\": \"print(6 * 7)\"}' -H 'content-type: application/json' http://127.0.0.1:8080/v1/execute";

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Check this model instead: a real conversation of two turns with a tool
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}
