//! `canonical IN.wasm OUT.wasm`: write the module with its NaN made canonical where their bits can be seen.
//! `canonical --scramble IN.wasm OUT.wasm`: and with every other NaN as no processor gives it, for the tests of that.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hyperspace_canonical_nan::{canonical, scramble, verify};

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).peekable();
    let scrambled = args.next_if(|arg| arg == "--scramble").is_some();
    let (Some(input), Some(output)) = (args.next().map(PathBuf::from), args.next().map(PathBuf::from)) else {
        bail!("usage: canonical [--scramble] IN.wasm OUT.wasm");
    };
    let wasm = std::fs::read(&input).with_context(|| input.display().to_string())?;
    let done = if scrambled { scramble(&wasm)? } else { canonical(&wasm)? };
    eprintln!("canonical: {} operations can give NaN, {} values are made canonical", done.computed, done.made);
    if !scrambled {
        verify(&done.wasm)?;
    }
    std::fs::write(&output, done.wasm).with_context(|| output.display().to_string())
}
