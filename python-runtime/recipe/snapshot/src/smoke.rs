//! `smoke MODULE.wasm ROOT [--fuel N] [--repeat N] JOB.json|-c SOURCE|FILE.py ...`: run jobs, one fresh instance each.
//!
//! The compiled module is kept beside MODULE.wasm. Prints, per job, the status, the result frames, fuel and time. Exit code 1 when a job did not deliver a value.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use hyperspace_python_snapshot::{Guest, engine, linker, on_large_stack};
use serde_json::{Value, json};
use wasmtime::{Engine, InstancePre, Module, Store};

struct Options {
    module: PathBuf,
    root: PathBuf,
    fuel: Option<u64>,
    repeat: usize,
    jobs: Vec<Value>,
}

fn parse() -> Result<Options> {
    let mut args = std::env::args().skip(1);
    let (Some(module), Some(root)) = (args.next(), args.next()) else {
        bail!("usage: smoke MODULE.wasm ROOT [--fuel N] [--repeat N] JOB.json | -c SOURCE | FILE.py ...");
    };
    let mut options =
        Options { module: module.into(), root: root.into(), fuel: None, repeat: 1, jobs: Vec::new() };
    while let Some(arg) = args.next() {
        let mut value = || args.next().context("a value is missing");
        match arg.as_str() {
            "--fuel" => options.fuel = Some(value()?.parse()?),
            "--repeat" => options.repeat = value()?.parse()?,
            "-c" => {
                options.jobs.push(json!({"path": ["/sdk"], "main": {"source": value()?, "name": "<string>"}}))
            }
            file if file.ends_with(".json") => {
                options
                    .jobs
                    .push(serde_json::from_slice(&std::fs::read(file)?).context("the job is not JSON")?);
            }
            file => {
                let source = std::fs::read_to_string(file)?;
                options.jobs.push(json!({"path": ["/sdk"], "main": {"source": source, "name": file}}));
            }
        }
    }
    Ok(options)
}

fn run(options: &Options, pre: &InstancePre<Guest>, job: &Value, quiet: bool) -> Result<bool> {
    let started = Instant::now();
    let mut store = Store::new(pre.module().engine(), Guest::new(&options.root, true)?);
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel)?;
    }
    let instance = pre.instantiate(&mut store)?;
    // wasmtime writes the snapshot's data when it makes an instance, and charges a unit per byte; the product maps them instead.
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel)?;
    }
    let alloc = instance.get_typed_func::<i32, i32>(&mut store, "hyperspace_alloc")?;
    let run = instance.get_typed_func::<(i32, i32), i32>(&mut store, "hyperspace_run")?;
    let memory = instance.get_memory(&mut store, "memory").context("no memory")?;
    let bytes = serde_json::to_vec(job)?;
    let len = i32::try_from(bytes.len())?;
    let ptr = alloc.call(&mut store, len)?;
    memory.write(&mut store, ptr as u32 as usize, &bytes)?;
    let outcome = run.call(&mut store, (ptr, len));
    let elapsed = started.elapsed();
    let fuel = options.fuel.map(|limit| limit - store.get_fuel().unwrap_or(0));
    if !quiet {
        for frame in &store.data().results {
            eprintln!("result {}", String::from_utf8_lossy(frame));
        }
        let pages = memory.size(&store);
        eprintln!(
            "{} in {:.3} ms, fuel {fuel:?}, memory {} KiB",
            describe(&outcome),
            elapsed.as_secs_f64() * 1e3,
            pages * 64
        );
    }
    Ok(matches!(outcome, Ok(0)))
}

fn describe(outcome: &wasmtime::Result<i32>) -> String {
    match outcome {
        Ok(status) => format!("status {status}"),
        Err(error) => format!("trap {error:?}"),
    }
}

/// Returns the compiled module: that beside MODULE.wasm, if it was made of these bytes.
fn compiled(engine: &Engine, wasm: &[u8], options: &Options) -> Result<Module> {
    let digest = blake3::hash(wasm).to_hex();
    let fuel = if options.fuel.is_some() { "fuel" } else { "plain" };
    let path = options.module.with_extension(format!("{}.{fuel}.cwasm", &digest[..16]));
    if path.exists() {
        // SAFETY: this program wrote the file into the work folder of the recipe, which is trusted as its other results are.
        return unsafe { Ok(Module::deserialize_file(engine, &path)?) };
    }
    let module = Module::new(engine, wasm)?;
    let unfinished = path.with_extension(std::process::id().to_string());
    std::fs::write(&unfinished, module.serialize()?)?;
    std::fs::rename(unfinished, path)?;
    Ok(module)
}

fn work(options: &Options) -> Result<bool> {
    let wasm = std::fs::read(&options.module).with_context(|| options.module.display().to_string())?;
    let engine = engine(&wasm, options.fuel.is_some())?;
    let started = Instant::now();
    let module = compiled(&engine, &wasm, options)?;
    eprintln!("compiled in {:.1} s", started.elapsed().as_secs_f64());
    let pre = linker(&engine)?.instantiate_pre(&module)?;
    let mut good = true;
    for job in &options.jobs {
        good &= run(options, &pre, job, false)?;
        let mut times: Vec<f64> = Vec::new();
        for _ in 1..options.repeat {
            let started = Instant::now();
            run(options, &pre, job, true)?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        if let Some(median) = times.get(times.len() / 2) {
            eprintln!("median of {} complete cycles {median:.3} ms", times.len());
        }
    }
    Ok(good)
}

fn main() -> Result<()> {
    let options = parse()?;
    let good = on_large_stack(move || work(&options))?;
    std::process::exit(i32::from(!good));
}
