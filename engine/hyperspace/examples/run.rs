//! Starts a run, prints its events, cancels it, resumes it and replays it. Arguments: folders for the store and the cache.

use hyperspace::{Engine, ReplayRequest, ResumeRequest, RunEvent, RunRequest};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut folders = std::env::args().skip(1);
    let store = folders.next().unwrap_or_else(|| "example-run".to_owned());
    let cache = folders.next().unwrap_or_else(|| "example-cache".to_owned());
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
    println!("cancelled {id}");

    let mut run = engine.resume_blocking(ResumeRequest::new().run(id))?;
    println!("resumed after generation {}", run.first_generation());
    while let Some(event) = run.next_blocking()? {
        println!("{event:?}");
    }
    let end = run.finish_blocking()?;
    println!("root {} after {} generations, best {}", end.root, end.generations, end.best.score);

    let replay = engine.replay(ReplayRequest::new().hash(id)).finish_blocking()?;
    println!("{}", if replay.failure().is_none() { "replayed without a difference" } else { "it differs" });
    Ok(())
}
