//! One file per command, which turns arguments into a request, and the view into text or JSON.

mod agents;
mod ancestry;
mod attack;
mod calls;
mod chat;
mod compare;
mod completions;
mod continuous;
mod cost;
mod costs;
mod data;
mod diff;
mod doctor;
mod eval;
mod evolve;
mod exec;
mod export;
mod fold;
mod fsck;
mod import;
mod log;
mod marks;
mod mcp;
mod models;
mod needs;
mod new;
mod peer_transfer;
mod project;
mod replay;
mod report;
mod serve;
mod show;
mod slimming;
mod splits;
mod strategies;
mod stub_model;
mod study;
mod summary;
mod tasks;
mod transcript;
mod why;

use crate::args::{Cli, Command};
use crate::error::CliError;
use crate::session::CliSession;

/// The exit code of a command.
pub(crate) type Code = Result<u8, CliError>;

/// Runs a command and returns its exit code.
pub(crate) fn run(cli: Cli) -> Code {
    match cli.command {
        // These commands need no settings.
        Command::Completions { shell } => return completions::completions(shell, cli.common.json),
        Command::Man { dir } => return completions::man(&dir),
        _ => {}
    }
    let session = CliSession::new(cli.common, &cli.named, cli.verbose > 0)?;
    let ended = with_session(&session, cli.command);
    ended.map_err(|error| error.placed(&session))
}

fn with_session(session: &CliSession, command: Command) -> Code {
    match command {
        Command::Evolve(args) => evolve::evolve(session, *args),
        Command::Resume(args) => evolve::resume(session, args),
        Command::Replay(args) => replay::run(session, args),
        Command::Champion(args) => continuous::champion(session, &args),
        Command::Promote(args) => continuous::promote(session, args),
        Command::Rollback(args) => continuous::rollback(session, args),
        Command::Eval(args) => eval::run(session, args),
        Command::Data(args) => data::run(session, &args),
        Command::New(args) => new::run(session, &args),
        Command::Project(args) => project::run(session, &args),
        Command::Exec(args) => exec::run(session, args),
        Command::Call(args) => exec::call(session, args),
        Command::Log(args) => log::run(session, &args),
        Command::Compare(args) => compare::run(session, &args),
        Command::Marks(args) => marks::run(session, args),
        Command::Needs(args) => needs::run(session, args),
        Command::Show(args) => show::run(session, &args),
        Command::Strategies(args) => strategies::run(session, &args),
        Command::Study(args) => study::run(session, args),
        Command::Transfer(args) => peer_transfer::run(session, args),
        Command::Best(args) => ancestry::best(session, &args),
        Command::Lineage(args) => ancestry::lineage(session, &args),
        Command::Tree(args) => ancestry::tree(session, &args),
        Command::Transcript(args) => transcript::run(session, &args),
        Command::Report(args) => report::run(session, &args),
        Command::Why(args) => why::run(session, &args),
        Command::Costs(args) => costs::run(session, &args),
        Command::Diff(args) => diff::run(session, &args),
        Command::Export(args) => export::run(session, &args),
        Command::Import(args) => import::run(session, &args),
        Command::Fsck => fsck::run(session),
        Command::Doctor(args) => doctor::run(session, &args),
        Command::Attack(args) => attack::run(session, &args),
        Command::Mcp => mcp::run(session),
        Command::Serve(args) => serve::run(session, &args),
        Command::Tasks => tasks::run(session),
        Command::Agents => agents::run(session),
        Command::Models(args) => models::run(session, args),
        Command::Chat(args) => chat::run(session, args),
        Command::StubModel(args) => stub_model::run(session, &args),
        Command::Completions { shell } => completions::completions(shell, session.json),
        Command::Man { dir } => completions::man(&dir),
    }
}
