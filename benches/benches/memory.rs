//! Private memory of a live idle instance: Python has started, and its program waits for the answer to a host call.
//!
//! First a few such instances are held at once, then many. The cost of one is the difference, which leaves out what the process
//! needs once. Private dirty pages are counted: memory that is not shared and that the machine must keep.

use hyperspace_benches::{BenchError, Promise, heading, memory_kib, only_checked, private_kib_with, sandbox};
use hyperspace_sandbox::{Job, Limits, Sandbox};

const FEW: u32 = 16;
const MANY: u32 = 144;
const MOST_MIB: f64 = 1.0;
/// Nothing is imported but what every guest has.
const PROGRAM: &str =
    "import _hyperspace\n_hyperspace.send(b'{\"op\": \"wait\", \"params\": {}}')\nprint(1)\n";

/// Private dirty KiB of this process while `count` guests wait.
async fn with_live(sandbox: &Sandbox, count: u32) -> Result<f64, BenchError> {
    let start = |door| {
        let limits = Limits::default().with_wall_clock_ms(600_000);
        let (sandbox, job) =
            (sandbox.clone(), Job::source("wait.py", PROGRAM).limits(limits).door(&["wait"], door));
        async move { sandbox.run(job).await }
    };
    private_kib_with(count, start).await
}

fn main() -> Result<(), BenchError> {
    let sandbox = sandbox(MANY)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| BenchError::Machine { what: format!("tasks: {error}") })?;
    if only_checked() {
        return runtime.block_on(with_live(&sandbox, 1)).map(drop);
    }
    let loaded = memory_kib("self", "Private_Dirty")?;
    let few = runtime.block_on(with_live(&sandbox, FEW))?;
    let many = runtime.block_on(with_live(&sandbox, MANY))?;
    let after = memory_kib("self", "Private_Dirty")?;
    let each_mib = (many - few) / f64::from(MANY - FEW) / 1024.0;
    println!("{}", heading("memory: private dirty memory of instances that wait in their first host call"));
    println!("interpreter loaded        {:>8.1} MiB", loaded / 1024.0);
    println!("{FEW:>3} live instances        {:>8.1} MiB", few / 1024.0);
    println!("{MANY:>3} live instances        {:>8.1} MiB", many / 1024.0);
    println!("all ended, slots kept     {:>8.1} MiB", after / 1024.0);
    println!("one more live instance    {each_mib:>8.3} MiB");
    let what = "private memory of a live idle instance".to_owned();
    println!("{}", Promise { what, most: MOST_MIB, found: each_mib, unit: " MiB" });
    Ok(())
}
