//! `edgeward train` and `edgeward assess`: from a labelled stream to a model file, and what that is worth.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use edgeward_lab::assess::assess as evaluate;
use edgeward_lab::calibrate::{Platt, Promise, thresholds};
use edgeward_lab::dataset::{Builder, Dataset};
use edgeward_lab::event::Split;
use edgeward_lab::learn::learn;
use edgeward_lab::model::{Learned, PREVALENCE, read};
use edgeward_lab::report::html;
use edgeward_lab::scorecard::Constraints;

use crate::Done;
use crate::failure::{Failure, Status, report};
use crate::input::{Line, MAX_LINE, Source, parse};
use crate::output::Output;
use crate::stream::Progress;

/// Families that only some attackers master: they clone the browser next door or hold what was on the device.
const ADVANCED: &str = "veryTargeted,aiAgent,aitm,clone,cookieTheft";

/// Learn a model from a labelled stream
///
/// Points are learned from the rows of the split `train`, probabilities and thresholds are set on `calibrate`, and
/// `test` is not looked at. A request without a profile gets the history of the benign sign-ins before it. The same
/// events give the same bytes.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 a model was written, 1 its edge abstains because a family has too few samples,\n\
    2 bad input.\n\nExample:\n  edgeward simulate --seed 1 | edgeward train --id learned-1 --out model.json"
)]
pub struct TrainArguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Where to write the model
    #[arg(long)]
    out: PathBuf,
    /// Name of the model, stated in every decision
    #[arg(long)]
    id: String,
    /// Families that the standard band promises nothing about; the hardened band covers them too
    #[arg(long, value_delimiter = ',', default_value = ADVANCED)]
    advanced: Vec<String>,
    /// Largest share of any family that may be allowed at the edge
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Largest share of the principals' own requests that may be stopped at the edge
    #[arg(long, default_value_t = 0.001)]
    beta: f64,
}

/// Measure what a model does on a labelled stream
///
/// Everything is measured on the split `test`; the report says what was held out.
#[derive(Args)]
#[command(
    after_help = "Example:\n  edgeward assess --events events.jsonl --model model.json --html report.html"
)]
pub struct AssessArguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Model to assess
    #[arg(long)]
    model: PathBuf,
    /// Write the report as a page with plots, too
    #[arg(long)]
    html: Option<PathBuf>,
    /// Families to learn and calibrate without, to see how well others generalise to them
    #[arg(long, value_delimiter = ',', default_value = ADVANCED)]
    hold_out: Vec<String>,
}

/// Runs `train`.
pub fn train(arguments: &TrainArguments) -> Done {
    let shares = [("--alpha", arguments.alpha), ("--beta", arguments.beta)];
    for (name, share) in shares {
        if !(share > 0.0 && share < 0.5) {
            return Err(Failure::input(name, format_args!("{share} is not between 0 and 0.5")));
        }
    }
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let dataset = dataset(arguments.events.as_deref())?;
    let rows = dataset.part(Split::Train, &[]);
    let attacks = rows.iter().filter(|row| row.is_attack).count();
    if attacks == 0 || attacks == rows.len() {
        return Err(Failure::input("events", "have no benign rows or no attacks to learn from"));
    }
    let mut progress = Progress::new();
    let card = learn(&constraints, &rows, |share| progress.share(share));
    progress.clear();
    let promise = Promise { alpha: arguments.alpha, beta: arguments.beta, ..Promise::default() };
    let set = |without: &[String]| thresholds(&card, &dataset.part(Split::Calibrate, without), promise);
    let learned = Learned {
        id: arguments.id.clone(),
        platt: Platt::fit(&card, &dataset.part(Split::Calibrate, &[]), PREVALENCE),
        bands: [set(&arguments.advanced), set(&[])],
        learned_from: format!("Learned from {} requests, {attacks} of them attacks.", rows.len()),
        card,
        promise,
    };
    let mut status = Status::Clean;
    for (family, needed) in learned.bands.iter().flat_map(|band| &band.too_few) {
        let name = dataset.name(*family).unwrap_or_default();
        report(name, format_args!("too few samples to calibrate on: {needed} are needed; the edge abstains"));
        status = Status::Findings;
    }
    write(&arguments.out, &learned.to_json(&dataset))?;
    Ok(status)
}

/// Runs `assess`.
pub fn assess(arguments: &AssessArguments) -> Done {
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let name = arguments.model.display().to_string();
    let text = fs::read_to_string(&arguments.model).map_err(|why| Failure::io(&arguments.model, why))?;
    let model = read(&text).map_err(|why| Failure::input(&name, why))?;
    let dataset = dataset(arguments.events.as_deref())?;
    let mut progress = Progress::new();
    let measured =
        evaluate(&dataset, &constraints, &model, &arguments.hold_out, |share| progress.share(share));
    progress.clear();
    if let Some(path) = &arguments.html {
        write(path, &html(&measured))?;
    }
    let mut output = Output::new();
    output.line(&measured)?;
    output.flush()?;
    Ok(Status::Clean)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|why| Failure::io(path, why))
}

/// Reads a whole stream. A line that can not be read ends it: what is learned from half a stream is worth nothing.
fn dataset(events: Option<&Path>) -> Result<Dataset, Failure> {
    let mut source = Source::open(events)?;
    let mut builder = Builder::default();
    let mut progress = Progress::new();
    loop {
        let why = match source.next_line()? {
            None => break,
            Some(Line::TooLong) => Some(format!("the line is longer than {MAX_LINE} bytes, the limit")),
            Some(Line::Bytes(line)) if line.trim_ascii().is_empty() => None,
            Some(Line::Bytes(line)) => parse(line).and_then(|event| builder.add(event)).err(),
        };
        if let Some(why) = why {
            let place = format!("{}:{}", source.name(), source.line_number());
            return Err(Failure::input(&place, why));
        }
        progress.at(source.line_number());
    }
    progress.clear();
    Ok(builder.finish())
}
