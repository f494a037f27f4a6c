//! Hardens the process of a command before it starts a thread: restricts the reachable files, and whether the network is
//! reachable.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use hyperspace_service::{
    Confinement, Engine, Hardening, NetworkUse, RunSettings, Settings, StudyRequest, harden, read_settings,
};

use crate::ambient;
use crate::args::{HardenMode, NamedFiles};
use crate::error::CliError;

/// Hardens the process, unless `mode` turns that off or the command is the test of the suite by leaks, which hardening would
/// prevent.
///
/// Returns the folders that were created so that rules can refer to them. They are removed together with the value if they are
/// still empty.
pub(crate) fn confine(
    mode: HardenMode,
    named: &NamedFiles,
    settings: &Settings,
    engine: &Engine,
) -> Result<MadeFolders, CliError> {
    if mode == HardenMode::Off || named.plants_leaks() {
        return Ok(MadeFolders::default());
    }
    let mut confinement = confinement(named, settings, engine)?;
    let made = match named.makes_store() {
        true => MadeFolders::make(engine.store_folder()),
        false => MadeFolders::default(),
    };
    if let Some(above) = made.above() {
        confinement = confinement.emptied(above);
    }
    confinement = confinement.writable(engine.store_folder());
    let hardening = harden(&confinement).map_err(|error| CliError::Ambient(format!("--harden: {error}")))?;
    match mode {
        HardenMode::Required => required(&hardening, named).map(|()| made),
        _ => Ok(made),
    }
}

/// Returns an error if a measure is missing that this command could have.
fn required(hardening: &Hardening, named: &NamedFiles) -> Result<(), CliError> {
    let expected = |measure: &&hyperspace_service::HardeningMeasure| {
        measure.measure != "no sockets"
            && !(named.is("attack") && measure.measure == "closed to other processes")
    };
    let missing: Vec<String> = hardening
        .missing()
        .filter(expected)
        .map(|measure| format!("{} ({})", measure.measure, measure.seen))
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => {
            Err(CliError::Ambient(format!("--harden required: not in force here: {}", missing.join(", "))))
        }
    }
}

/// Returns the confinement that the command needs.
fn confinement(named: &NamedFiles, settings: &Settings, engine: &Engine) -> Result<Confinement, CliError> {
    let mut confinement = Confinement::default().readable(ambient::current_dir()?);
    for folder in ambient::certificate_places().into_iter().chain(named.existing().iter().cloned()) {
        confinement = confinement.readable(folder);
    }
    let study = study(named);
    let asked = study.as_ref().map(StudyRequest::settings);
    let runs = || std::iter::once(&settings.run).chain(asked);
    for path in runs().flat_map(|run| [&run.task, &run.agent]).flatten() {
        confinement = confinement.readable(path);
    }
    if let Some(rows) = settings.continuous.rows.as_ref().filter(|_| named.is("evolve")) {
        confinement = confinement.readable(rows);
    }
    let tasks = runs().filter_map(|run| run.task.as_ref()).map(PathBuf::from);
    let tasks = tasks.chain(named.existing().iter().cloned());
    for project in tasks.filter_map(|task| engine.project_of_task(&task)) {
        confinement = confinement.readable(project);
    }
    for file in settings.models.values().filter_map(|model| model.api_key_file.as_ref()) {
        confinement = confinement.readable(file);
    }
    // A rule needs an existing path. If a folder cannot be created, the code that needs it reports that.
    if let Some(cache) = engine.cache_folder() {
        drop(DirBuilder::new().recursive(true).mode(0o700).create(cache));
        // Permissions cannot be changed later. If the folder has to stay open, that is reported where modules would be kept in
        // it.
        drop(hyperspace_service::close_cache_to_others(cache));
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
    let asks = |run: &RunSettings| run.models.is_some() || run.eval_model.is_some();
    let network = named.needs_network()
        || asked.is_some_and(asks)
        || (named.uses_settings() && !settings.models.is_empty());
    Ok(confinement.network(if network { NetworkUse::Internet } else { NetworkUse::Nothing }))
}

/// Returns the study that the command runs, if its file can be read; the command reports what is wrong with it.
fn study(named: &NamedFiles) -> Option<StudyRequest> {
    let file = named.existing().iter().find(|path| named.is("study") && path.is_file())?;
    StudyRequest::parse(file, &read_settings(file).ok()?).ok()
}

/// Folders that were created before the command had checked anything.
#[derive(Debug, Default)]
pub(crate) struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Creates a folder, including missing folders above it. If that fails, the code that needs the folder reports it.
    fn make(folder: &Path) -> Self {
        let missing = |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_err();
        let missing: Vec<PathBuf> = folder.ancestors().take_while(missing).map(Path::to_path_buf).collect();
        Self(missing.into_iter().rev().filter(|path| fs::create_dir(path).is_ok()).collect())
    }

    /// Returns the folder in which they were created.
    fn above(&self) -> Option<PathBuf> {
        let above = self.0.first()?.parent()?;
        Some(if above.as_os_str().is_empty() { PathBuf::from(".") } else { above.to_path_buf() })
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        // Folders with content stay.
        self.0.iter().rev().for_each(|path| drop(fs::remove_dir(path)));
    }
}
