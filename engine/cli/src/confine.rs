//! Hardens the process of a command before it starts a thread: which files and whether the network remain in reach.

use std::path::Path;

use hyperspace_service::{Confinement, Engine, Hardening, NetworkUse, Settings, harden};

use crate::ambient;
use crate::args::{HardenMode, NamedFiles};
use crate::error::CliError;

/// Hardens the process, unless `mode` says otherwise or the command is a test of the suite by leaks, which it would prevent.
pub(crate) fn confine(
    mode: HardenMode,
    named: &NamedFiles,
    settings: &Settings,
    engine: &Engine,
) -> Result<(), CliError> {
    if mode == HardenMode::Off || named.plants_leaks() {
        return Ok(());
    }
    let confinement = confinement(named, settings, engine)?;
    let hardening =
        harden(&confinement).map_err(|error| CliError::Ambient(format!("--harden: {error}")))?;
    match mode {
        HardenMode::Required => required(&hardening, named),
        _ => Ok(()),
    }
}

/// Refuses to go on without a measure that this command could have.
fn required(hardening: &Hardening, named: &NamedFiles) -> Result<(), CliError> {
    let expected = |measure: &&hyperspace_service::HardeningMeasure| {
        measure.measure != "no sockets" && !(named.is("attack") && measure.measure == "closed to other processes")
    };
    let missing: Vec<String> = hardening
        .missing()
        .filter(expected)
        .map(|measure| format!("{} ({})", measure.measure, measure.seen))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(CliError::Ambient(format!("--harden required: not in force here: {}", missing.join(", ")))),
    }
}

/// Returns what the command needs.
fn confinement(named: &NamedFiles, settings: &Settings, engine: &Engine) -> Result<Confinement, CliError> {
    let mut confinement = Confinement::default().readable(ambient::current_dir()?);
    for folder in ambient::certificate_places().into_iter().chain(named.existing().iter().cloned()) {
        confinement = confinement.readable(folder);
    }
    let run = &settings.run;
    for path in [&run.task, &run.agent].into_iter().flatten() {
        confinement = confinement.readable(path);
    }
    for file in settings.models.values().filter_map(|model| model.api_key_file.as_ref()) {
        confinement = confinement.readable(file);
    }
    // A rule needs what it is about. A folder that cannot be made is told by what needs it.
    let store = engine.store_folder();
    if named.makes_store() {
        make(store, 0o777);
    }
    confinement = confinement.writable(store);
    if let Some(cache) = engine.cache_folder() {
        make(cache, 0o700);
        confinement = confinement.writable(cache);
    }
    for place in named.places() {
        confinement = confinement.writable(place);
    }
    if named.is("attack") {
        confinement = confinement.writable(ambient::temporary_dir()).measured();
        for folder in ambient::folders_of_the_user() {
            confinement = confinement.readable(folder);
        }
        confinement = confinement.readable(ambient::own_program()?);
    }
    let network = named.needs_network() || (named.uses_settings() && !settings.models.is_empty());
    Ok(confinement.network(if network { NetworkUse::Internet } else { NetworkUse::Nothing }))
}

/// Makes the folder of the store or of the cache, as the engine would; the cache is for its user alone.
fn make(folder: &Path, mode: u32) {
    use std::os::unix::fs::DirBuilderExt;
    drop(std::fs::DirBuilder::new().recursive(true).mode(mode).create(folder));
}
