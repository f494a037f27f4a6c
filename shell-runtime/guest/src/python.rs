//! The program `python3`, which the host runs beside this guest, on the same files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bashkit::{Builtin, BuiltinContext, ExecResult, Result, async_trait};
use serde_json::{Value, json};

use crate::host;

/// Options of `python3` that have no effect here.
const IGNORED_OPTIONS: [&str; 10] = ["-B", "-E", "-I", "-O", "-OO", "-P", "-S", "-q", "-s", "-u"];
/// Bytes of standard input that one call of the host takes.
const INPUT_BYTES: usize = 512 << 10;

pub(crate) struct Python;

/// The program that a command line names.
#[derive(Debug, PartialEq, Eq)]
enum PythonSource<'a> {
    Version,
    Nothing,
    Source(&'a str),
    Module(&'a str),
    File(&'a str),
    Input,
}

/// Parses a command line into the program and its arguments.
fn parse_arguments(arguments: &[String]) -> std::result::Result<(PythonSource<'_>, &[String]), String> {
    let mut rest = arguments;
    while let [option, after @ ..] = rest {
        match option.as_str() {
            "-V" | "--version" => return Ok((PythonSource::Version, after)),
            "-c" | "-m" => {
                let [value, more @ ..] = after else {
                    return Err(format!("Argument expected for the {option} option"));
                };
                let wanted =
                    if option == "-c" { PythonSource::Source(value) } else { PythonSource::Module(value) };
                return Ok((wanted, more));
            }
            "-" => return Ok((PythonSource::Input, after)),
            "-W" | "-X" if !after.is_empty() => rest = &after[1..],
            "--" => {
                rest = after;
                break;
            }
            name if IGNORED_OPTIONS.contains(&name) => rest = after,
            name if name.starts_with('-') => return Err(format!("unknown option {name}")),
            _ => break,
        }
    }
    match rest {
        [file, after @ ..] => Ok((PythonSource::File(file), after)),
        [] => Ok((PythonSource::Nothing, rest)),
    }
}

/// Runs a program, whose description is `params`, with this standard input.
fn run(params: &Value, mut input: &[u8]) -> std::result::Result<ExecResult, String> {
    while !input.is_empty() {
        let (now, later) = input.split_at(input.len().min(INPUT_BYTES));
        host::ask("python.input", &json!({ "bytes": STANDARD.encode(now) }))?;
        input = later;
    }
    let answer = host::ask("python.run", params)?;
    let bytes = |name: &str| STANDARD.decode(answer[name].as_str().unwrap_or_default()).unwrap_or_default();
    let mut result = ExecResult::ok(bytes("stdout"));
    result.stderr = bytes("stderr").into();
    result.exit_code = answer["code"].as_i64().and_then(|code| i32::try_from(code).ok()).unwrap_or(1);
    Ok(result)
}

#[async_trait]
impl Builtin for Python {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let (source, arguments) = match parse_arguments(ctx.args) {
            Ok((PythonSource::Version, _)) => return Ok(ExecResult::ok("Python 3.13.5\n")),
            Ok((PythonSource::Nothing, _)) if ctx.stdin.is_none() => return Ok(ExecResult::ok("")),
            Ok(parsed) => parsed,
            Err(why) => return Ok(ExecResult::err(format!("python3: {why}\n"), 2)),
        };
        let stdin = ctx.stdin.map(|data| data.as_bytes()).unwrap_or_default();
        let (kind, text) = match source {
            PythonSource::File(file) => ("file", file),
            PythonSource::Module(module) => ("module", module),
            PythonSource::Source(text) => ("source", text),
            PythonSource::Version | PythonSource::Nothing | PythonSource::Input => ("input", ""),
        };
        let named =
            |name: &str| !name.is_empty() && !name.starts_with("_TTY_") && !name.contains(['=', '\0']);
        let env: std::collections::BTreeMap<_, _> =
            ctx.env.iter().filter(|(name, value)| named(name) && !value.contains('\0')).collect();
        let mut seed = [0; 8];
        host::fill_random(&mut seed);
        let params = json!({
            "kind": kind,
            "text": text,
            "arguments": arguments,
            "env": env,
            "cwd": ctx.cwd.to_string_lossy(),
            "seed": u64::from_le_bytes(seed),
        });
        Ok(run(&params, stdin).unwrap_or_else(|why| ExecResult::err(format!("python3: {why}\n"), 2)))
    }
}
