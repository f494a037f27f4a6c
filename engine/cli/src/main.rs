//! The command line: arguments, terminal, exit codes. Everything else is in `hyperspace-service`.

mod ambient;
mod args;
mod commands;
mod confine;
mod error;
mod exit;
mod interrupt;
mod live;
mod output;
mod plot;
mod progress;
mod session;
mod setting_places;
mod style;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    ambient::start_log(cli.verbose);
    match commands::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => exit::report(&error),
    }
}
