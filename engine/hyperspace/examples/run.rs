//! Starts a run, prints its events, cancels it, resumes it and replays it. Arguments: folders for the store and the cache.

use hyperspace::{Engine, ReplayRequest, ResumeRequest, RunEvent, RunRequest};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut folders = std::env::args().skip(1);
    let store = folders.next().unwrap_or_else(|| "example-run".to_owned());
    let cache = folders.next().unwrap_or_else(|| "example-cache".to_owned());
    println!("root {}", run(&store, &cache)?);
    Ok(())
}

pub(crate) fn run(store: &str, cache: &str) -> Result<String, Box<dyn std::error::Error>> {
    let engine = Engine::builder().store(store).cache_dir(cache).workers(2).build()?;
    let request = RunRequest::new().task("bin-packing").generations(4).candidates(2).seed(7);
    let mut run = engine.start_blocking(request)?;
    let id = run.id();
    while let Some(event) = run.next_blocking()? {
        println!("{event:?}");
        if matches!(event, RunEvent::GenerationCommitted { generation: 2, .. }) {
            break;
        }
    }
    run.cancel();

    let mut run = engine.resume_blocking(ResumeRequest::new().run(id))?;
    println!("resumed {id} after generation {}", run.first_generation());
    while let Some(event) = run.next_blocking()? {
        println!("{event:?}");
    }
    let end = run.finish_blocking()?;
    let replay = engine.replay(ReplayRequest::new().hash(id)).finish_blocking()?;
    let verdict = if replay.failure().is_none() { "no difference" } else { "it differs" };
    println!("best {} after {} generations; replay: {verdict}", end.best.score, end.generations);
    Ok(end.root.to_string())
}
