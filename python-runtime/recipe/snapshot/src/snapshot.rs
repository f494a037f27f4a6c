//! `snapshot IN.wasm ROOT OUT.wasm`: initialise the interpreter with ROOT as its `/`, write the module as it then stands.
//! `snapshot --digest FILE`: print the BLAKE3 digest of a file. `snapshot --memory-digest FILE`: print that of the memory that a new
//! instance of a module has, and its length.

use std::path::PathBuf;

use anyhow::{Result, bail};
use hyperspace_python_snapshot::{Guest, engine, linker, memory, on_large_stack};
use wasmtime::error::Context;
use wasmtime::{Instance, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

struct Live {
    store: Store<Guest>,
    instance: Instance,
}

impl InstanceState for Live {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        match self.instance.get_global(&mut self.store, name).map(|global| global.get(&mut self.store)) {
            Some(Val::I32(value)) => SnapshotVal::I32(value),
            Some(Val::I64(value)) => SnapshotVal::I64(value),
            Some(Val::F32(bits)) => SnapshotVal::F32(bits),
            Some(Val::F64(bits)) => SnapshotVal::F64(bits),
            other => panic!("the global {name} cannot be recorded: {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        match self.instance.get_memory(&mut self.store, name) {
            Some(memory) => contents(memory.data(&self.store)),
            None => panic!("the memory {name} is not exported"),
        }
    }
}

fn take(wasm: &[u8], root: PathBuf) -> Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    wizer.init_func("hyperspace_init");
    let (context, instrumented) = wizer.instrument(wasm)?;
    let engine = engine(wasm, false)?;
    let module = Module::new(&engine, &instrumented)?;
    let mut store = Store::new(&engine, Guest::new(&root, false)?);
    let instance = linker(&engine)?.instantiate(&mut store, &module)?;
    for name in ["_initialize", "hyperspace_init"] {
        let function = instance.get_typed_func::<(), ()>(&mut store, name)?;
        function.call(&mut store, ()).with_context(|| format!("in {name}"))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(wizer.snapshot(&context, &mut Live { store, instance }))?)
}

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from).peekable();
    if args.next_if(|arg| arg.as_os_str() == "--digest").is_some() {
        let Some(file) = args.next() else { bail!("usage: snapshot --digest FILE") };
        println!("{}", blake3::hash(&std::fs::read(file)?).to_hex());
        return Ok(());
    }
    if args.next_if(|arg| arg.as_os_str() == "--memory-digest").is_some() {
        let Some(file) = args.next() else { bail!("usage: snapshot --memory-digest FILE") };
        println!("{}", memory::described(&std::fs::read(file)?)?);
        return Ok(());
    }
    let (Some(input), Some(root), Some(output)) = (args.next(), args.next(), args.next()) else {
        bail!("usage: snapshot IN.wasm ROOT OUT.wasm");
    };
    let wasm = std::fs::read(input)?;
    let snapshot = on_large_stack(move || take(&wasm, root))?;
    std::fs::write(output, snapshot)?;
    Ok(())
}
