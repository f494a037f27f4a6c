//! The command line: arguments, terminal, files of the user, exit codes. Everything else is in the libraries.

mod ambient;
mod args;
mod commands;
mod exit;
mod folder;
mod models;
mod output;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    ambient::start_log(cli.verbose);
    match commands::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => exit::report(&error),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        crate::args::Cli::command().debug_assert();
    }
}
