//! The `edgeward` command: the engine at a prompt, over files and pipes.
//!
//! Every command reads a file or standard input and writes JSON lines in input order. What is wrong with an input
//! goes to standard error as `name:line: path: reason, column`, as far as it has these, and the rest of the input is
//! still answered.

mod assess;
mod bundle;
mod calibrate;
mod classify;
mod destination;
mod documents;
mod evaluate;
mod failure;
mod import;
mod input;
mod laboratory;
mod lint;
mod load;
mod output;
mod simulate;
mod stream;
mod train;
mod whatif;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Status};

#[derive(Parser)]
#[command(
    version,
    about = "Decides at the edge whether a request may go on",
    after_help = "Exit status: 0 all well, 1 findings, 2 bad input (named on standard error with its line and path).\n\
                  A FILE to read may be `-`: standard input, which is read as well where FILE is left out."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Classify(classify::Arguments),
    Evaluate(evaluate::Arguments),
    Whatif(whatif::Arguments),
    Lint(lint::Arguments),
    Bundle(bundle::Arguments),
    Import(import::Arguments),
    Simulate(simulate::Arguments),
    Train(train::Arguments),
    Calibrate(calibrate::Arguments),
    Assess(assess::Arguments),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Classify(arguments) => classify::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Whatif(arguments) => whatif::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Bundle(arguments) => bundle::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Assess(arguments) => assess::run(&arguments),
    };
    match done {
        Ok(status) => status.into(),
        // Whoever read the output has seen enough (`| head -1`).
        Err(failure) if failure.is_closed_pipe() => Status::Clean.into(),
        Err(failure) => {
            failure.report();
            Status::BadInput.into()
        }
    }
}

/// What `run` of every command answers.
type Done = Result<Status, Failure>;
