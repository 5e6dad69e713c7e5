//! `edgeward import`: other systems' logs, as requests.

mod authentication;
mod commas;
mod entra_events;
mod entra_signins;
mod history;
mod labelled;
pub mod moment;
mod rba_csv;
mod row;
mod rows;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use edgeward::Request;

use crate::Done;
use crate::failure::{Status, report};
use crate::output::Output;
use entra_events::RiskState;
use history::History;
use row::Row;

/// Turn other systems' logs into requests for `evaluate` and events for `train`
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    from: From,
}

#[derive(Subcommand)]
enum From {
    EntraSignins(EntraSignins),
    RbaCsv(rba_csv::Arguments),
}

/// Read Microsoft Entra sign-in logs as Log Analytics keeps them (SigninLogs)
///
/// Rows are JSON lines, one JSON array, comma-separated values as the portals of Log Analytics and of Entra (in English)
/// download them, or what Graph (`value`), an Event Hub (`records`) and the Log Analytics API
/// (`tables`) wrap them in; with the columns of the table (dynamic columns as objects or as JSON text), as a
/// diagnostic setting streams them (`properties`), or as Graph lists them (camel case). What a row does not state stays unknown in the request; what can not be read is named on standard error and stays
/// unknown too. Results of Conditional Access are left out: they are what `evaluate` is to find.
///
/// With `--events` rows become labelled events for `train`, `calibrate` and `assess`, ordered by time and split as
/// `import rba-csv` splits them. The label is the column `RiskState`: `confirmedCompromised` is an attack, of the family
/// of this name; a sign-in that succeeded is benign where the state is `none`, `dismissed` or `confirmedSafe`. All other
/// rows are left out and counted. The more of your incidents are confirmed in Entra, the more there is to learn from:
/// a band takes some 300 attacks to calibrate.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 every row was read, 1 some values were not, 2 some rows were not.\n\n\
    Examples:\n  \
    edgeward import entra-signins signins.jsonl > requests.jsonl\n  \
    edgeward import entra-signins --profile signins.jsonl | edgeward evaluate --bundle bundle.json\n  \
    edgeward import entra-signins --events signins.jsonl | edgeward train --id learned-own --out points.json"
)]
struct EntraSignins {
    /// Give each request the history its user has in the rows before it in time, and hourly counters
    ///
    /// Travel, new countries and unfamiliar features are seen only against a history. The whole input is held in
    /// memory.
    #[arg(long, conflicts_with = "events")]
    profile: bool,
    /// Write labelled events with hourly counters
    ///
    /// The whole input is held in memory. `train` gives each event its history itself.
    #[arg(long)]
    events: bool,
    /// Beginning of the period that is split; the time of the first row if left out
    #[arg(long, requires = "events", value_parser = moment::argument)]
    from: Option<i64>,
    /// End of the period that is split; past the last row if left out
    #[arg(long, requires = "events", value_parser = moment::argument)]
    to: Option<i64>,
    /// Rows to read; standard input if left out
    file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    match &arguments.from {
        From::EntraSignins(options) => entra_signins(options),
        From::RbaCsv(options) => rba_csv::run(options),
    }
}

/// A row as far as it could be read.
struct SignIn {
    request: Request<'static>,
    /// Distinguishes a sign-in from a row that repeats it.
    id: Option<String>,
    /// How it ended, where the row says so.
    outcome: Option<Outcome>,
    /// Who was behind it, where that is asked for and the row says so.
    state: Option<RiskState>,
}

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A token was issued.
    Success,
    /// The credentials were refused.
    Refused,
    /// Neither: more was asked of the person, or the attempt was dropped.
    Interrupted,
}

#[derive(Default)]
struct Tally {
    rows: usize,
    requests: usize,
    incomplete: usize,
}

impl Tally {
    fn status(&self) -> Status {
        if self.requests < self.rows {
            Status::BadInput
        } else if self.incomplete > 0 {
            Status::Findings
        } else {
            Status::Clean
        }
    }
}

fn entra_signins(options: &EntraSignins) -> Done {
    let mut output = Output::new();
    let mut tally = Tally::default();
    let mut kept = Vec::new();
    let name = rows::each_row(options.file.as_deref(), &mut |place, json, live| {
        tally.rows += 1;
        let read = json.and_then(Row::parse).and_then(|mut row| {
            let mut sign_in = entra_signins::read(&mut row)?;
            if options.events {
                sign_in.state = entra_events::state(&mut row, &sign_in)?;
            }
            Ok((sign_in, row.problems()))
        });
        match read {
            Err(why) => report(place, why),
            Ok((sign_in, problems)) => {
                tally.requests += 1;
                if let Some(problems) = problems {
                    tally.incomplete += 1;
                    report(place, problems);
                }
                if options.profile || options.events {
                    kept.push(sign_in);
                } else {
                    output.sparse_line(&sign_in.request)?;
                    if live {
                        output.flush()?;
                    }
                }
            }
        }
        Ok(())
    })?;
    if options.events {
        let Tally { rows, requests, incomplete } = tally;
        let mut tally = labelled::Tally { rows, incomplete, unread: rows - requests, ..Default::default() };
        entra_events::write(kept, [options.from, options.to], &mut tally, &mut output)?;
        output.flush()?;
        report(&name, &tally);
        return Ok(tally.status());
    }
    History::attach(&mut kept);
    for sign_in in &kept {
        output.sparse_line(&sign_in.request)?;
    }
    output.flush()?;
    let Tally { rows, requests, incomplete } = tally;
    report(
        &name,
        format_args!(
            "{rows} rows, {requests} requests, {incomplete} of them with unreadable values; {} not read",
            rows - requests
        ),
    );
    Ok(tally.status())
}
