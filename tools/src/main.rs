//! The `preau` command: server, importers, demo, reports.
//!
//! Invariant: what a command refuses is one sentence on standard error and a documented exit code; nothing is
//! half-written.

#[allow(dead_code, reason = "benchmarks will ask for more of it")]
mod academy;
mod admin;
mod audit;
mod backup;
mod bench;
mod beside;
mod booking;
mod bulk;
mod cli;
mod demo;
mod demo_clock;
mod demo_command;
mod doctor;
mod erase;
mod export;
mod failed;
mod import;
mod import_command;
mod incident;
mod keys;
mod logs;
mod matrix;
mod models;
mod named;
#[allow(dead_code, reason = "the plan says more than the import asks")]
mod onde;
mod opened;
mod operator;
mod retention;
mod rules;
mod serve;
mod settings;
mod source;
mod trace;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use cli::{Admin, Audit, Cli, Command, Config, Import, Log};

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("PREAU_LOG")
                .unwrap_or_else(|_| "warn,preau=info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed::report(&error),
    }
}

fn run(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the runtime cannot be started")?;
    runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve::serve(serve).await,
            Command::Demo(demo) => demo_command::demo(demo).await,
            Command::Admin(Admin::Create(create)) => admin::create(create).await,
            Command::Import(Import::Onde(onde)) => import_command::onde(onde).await,
            Command::Rules(rules) => rules::print(rules).await,
            Command::Booking(booking) => booking::print(booking).await,
            Command::Trace(trace) => trace::print(trace).await,
            Command::Incident(incident) => incident::print(incident).await,
            Command::Person(cli::Person::Erase(erase)) => erase::person(erase).await,
            Command::Person(cli::Person::Export(export)) => export::person(export).await,
            Command::Message(cli::Message::Erase(erase)) => erase::message(erase).await,
            Command::Keys(keys::arguments::Keys::EndMonth(end)) => keys::end_month(end).await,
            Command::Keys(keys::arguments::Keys::Rotate(rotate)) => keys::rotate(&rotate),
            Command::Keys(keys::arguments::Keys::RotateMaster(rotate)) => keys::rotate_master(&rotate),
            Command::Retention(args) => retention::retention(args).await,
            Command::Log(Log::Tail(tail)) => logs::tail(tail).await,
            Command::Log(Log::Stats(stats)) => logs::stats(stats).await,
            Command::Models(models) => models::print(models).await,
            Command::Snapshot(args) => models::snapshot(&args).await,
            Command::Backup(args) => backup::backup(args).await,
            Command::Restore(args) => backup::restore::restore(args),
            Command::Doctor(args) => doctor::examine(args).await,
            Command::Audit(Audit::Checkpoint(args)) => audit::checkpoint(args).await,
            Command::Audit(Audit::Key(args)) => audit::key(args).await,
            Command::Audit(Audit::Export(args)) => audit::export(args).await,
            Command::Audit(Audit::Verify(args)) => audit::verify(args),
            Command::Bench(bench) => bench::bench(bench).await,
            Command::Config(Config::Explain(explain)) => {
                let variable = |name: &str| std::env::var(name).ok();
                let settings = settings::Settings::gather(&explain.flags, &explain.serving, variable)?;
                say(&settings.explain())
            }
        }
    })
}

/// Prints to standard output. A reader that went away (`| head`) is no error.
fn say(text: &str) -> Result<()> {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        Ok(()) | Err(_) => Ok(()),
    }
}
