//! `edgeward simulate`: a labelled stream to learn from and to measure by.

use clap::Args;
use edgeward_lab::simulate::{Options, simulate};

use crate::Done;
use crate::failure::Status;
use crate::output::Output;
use crate::stream::Progress;

/// Write a labelled stream of sign-ins and session requests, people and attackers
///
/// Lines are {"request","label","family","split"} in order of time. The same seed and sizes give the same bytes on
/// every machine. Networks and addresses are reserved ones, and nobody in it exists.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward simulate --seed 1 > events.jsonl")]
pub struct Arguments {
    /// Names the stream
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// People; four sign-ins each in the mean
    #[arg(long, default_value_t = 44_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    users: u32,
    /// Attempts of each of the twelve families of attackers
    #[arg(long, default_value_t = 7_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    attacks: u32,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let Arguments { seed, users, attacks } = *arguments;
    let mut output = Output::new();
    let mut progress = Progress::beside_output();
    simulate(
        Options { seed, users, attacks },
        |share| progress.share(share),
        |event| output.sparse_line(event),
    )?;
    progress.clear();
    output.flush()?;
    Ok(Status::Clean)
}
