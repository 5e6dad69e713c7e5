//! `edgeward assess`: what a model is worth.

use std::path::PathBuf;

use clap::Args;
use edgeward_lab::assess::assess;
use edgeward_lab::event::Split;
use edgeward_lab::report::html;
use edgeward_lab::scorecard::Constraints;
use jiff::civil::Date;

use crate::Done;
use crate::destination::Destination;
use crate::failure::{Failure, Status};
use crate::laboratory::{families, families_help, milliseconds, model, nothing_of, read_stream};
use crate::output::Output;
use crate::stream::Progress;

/// Measure what a model does on a labelled stream
///
/// Everything is measured on the split `test`; the report says what was held out, and how large each split is. How often
/// people are asked again is counted over the first twelve sign-ins of each principal of that split, those that lie
/// before its time too, against the split's attacks.
#[derive(Args)]
#[command(
    after_help = "Example:\n  edgeward assess --events events.jsonl --model model.json --html report.html"
)]
pub struct Arguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Model to assess
    #[arg(long)]
    model: PathBuf,
    /// Write the report as a page with plots, too
    #[arg(long)]
    html: Option<PathBuf>,
    /// Calibrate what is learned anew on rows from this day on (UTC): the nearer to its use, the less a promise shifts
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    #[arg(
        long,
        value_delimiter = ',',
        help = families_help("Families to learn and calibrate without, to see how well others generalise to them")
    )]
    hold_out: Option<Vec<String>>,
}

/// Runs `assess`.
pub fn run(arguments: &Arguments) -> Done {
    let page = arguments.html.as_deref().map(Destination::open).transpose()?;
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let model = model(&arguments.model)?;
    let dataset = read_stream(arguments.events.as_deref(), |_| {})?;
    let held_out = families(&dataset, "--hold-out", arguments.hold_out.as_deref())?;
    if dataset.part(Split::Test, &[]).is_empty() {
        return Err(nothing_of(arguments.events.as_deref(), Split::Test, None));
    }
    let mut progress = Progress::without_output();
    let since = milliseconds(arguments.since);
    let measured = assess(&dataset, &constraints, &model, &held_out, since, |share| progress.share(share));
    progress.clear();
    if let Some(page) = page {
        page.write(&html(&measured))?;
    }
    let mut output = Output::new();
    output.line(&measured)?;
    output.flush()?;
    Ok(Status::Clean)
}
