//! `edgeward train`, `calibrate` and `assess`: from a labelled stream to a model file, and what that is worth.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use edgeward_lab::assess::assess as evaluate;
use edgeward_lab::calibrate::{Promise, calibrate as calibrate_card};
use edgeward_lab::dataset::{Builder, Dataset};
use edgeward_lab::event::Split;
use edgeward_lab::learn::learn;
use edgeward_lab::model::{Card, ModelFile, PREVALENCE, SETTINGS};
use edgeward_lab::population::Everybody;
use edgeward_lab::report::html;
use edgeward_lab::scorecard::Constraints;
use hmac_sha256::Hash;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Done;
use crate::failure::{Failure, Status, report};
use crate::input::{Line, MAX_LINE, Source, parse};
use crate::output::Output;
use crate::stream::Progress;

/// Families that only some attackers master: they clone the browser next door or hold what was on the device.
const ADVANCED: &str = "veryTargeted,aiAgent,aitm,clone,cookieTheft";

/// Learn the points of a model from a labelled stream
///
/// Points are learned from the rows of the split `train`: a standard scorecard against all but the advanced families,
/// and a hardened one against all. `calibrate` then sets probabilities, levels and bands; without these an edge has levels only and defers what is between them. A request without a profile gets
/// the history of the benign sign-ins before it. The same events give the same bytes, and the model states which they
/// were: `trainingDigest` is the SHA-256 of the stream's lines, each with its line feed.
#[derive(Args)]
#[command(
    after_help = "Example:\n  edgeward train --events events.jsonl --id learned-1 --out points.json\n  \
    edgeward calibrate --events events.jsonl --model points.json --out model.json"
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
    /// Families that the standard scorecard does without
    #[arg(long, value_delimiter = ',', default_value = ADVANCED)]
    advanced: Vec<String>,
}

/// Set a model's probabilities, levels and bands on a labelled stream
///
/// Looks at the rows of the split `calibrate` only, of principals that no point was learned from. The band of each
/// setting is an order statistic per family: with a probability of 95 % over the draw of these rows at most `alpha` of
/// each family is allowed and at most `beta` of the principals' own requests are stopped. A family with too few rows
/// closes the band, and the edge abstains.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 a model was written, 1 its edge abstains because a family has too few samples,\n\
    2 bad input.\n\nExample:\n  edgeward calibrate --events events.jsonl --model points.json --out model.json"
)]
pub struct CalibrateArguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Model whose points to calibrate
    #[arg(long)]
    model: PathBuf,
    /// Where to write the calibrated model; may be the same file
    #[arg(long)]
    out: PathBuf,
    /// Families that the standard band promises nothing about; the hardened band covers them too
    #[arg(long, value_delimiter = ',', default_value = ADVANCED)]
    advanced: Vec<String>,
    /// Calibrate on rows from this day on (UTC): the nearer to its use, the less a promise shifts
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Largest share of any family that may be allowed at the edge
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Largest share of the principals' own requests that may be stopped at the edge
    #[arg(long, default_value_t = 0.001)]
    beta: f64,
}

/// Measure what a model does on a labelled stream
///
/// Everything is measured on the split `test`; the report says what was held out, and how large each split is. How often
/// people are asked again is counted over the first twelve sign-ins of each principal of that split, those that lie
/// before its time too, against the split's attacks.
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
    /// Calibrate what is learned anew on rows from this day on (UTC): the nearer to its use, the less a promise shifts
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Families to learn and calibrate without, to see how well others generalise to them
    #[arg(long, value_delimiter = ',', default_value = ADVANCED)]
    hold_out: Vec<String>,
}

/// Runs `train`.
pub fn train(arguments: &TrainArguments) -> Done {
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let mut digest = Hash::new();
    let dataset = dataset(arguments.events.as_deref(), |line| {
        digest.update(line);
        digest.update(b"\n");
    })?;
    let everybody = dataset.everybody(&arguments.advanced);
    let dataset = weighed(&dataset, &everybody)?;
    let rows = dataset.part(Split::Train, &[]);
    let attacks = rows.iter().filter(|row| row.is_attack).count();
    if attacks == 0 || attacks == rows.len() {
        return Err(Failure::input("events", "have no benign rows or no attacks to learn from"));
    }
    let mut progress = Progress::new();
    let mut learn = |without: &[String], done: f64| {
        let rows = dataset.part(Split::Train, without);
        Card::uncalibrated(&learn(&constraints, &rows, |share| progress.share(done + share / 2.0)))
    };
    let cards = [learn(&arguments.advanced, 0.0), learn(&[], 0.5)];
    progress.clear();
    let model = ModelFile {
        id: arguments.id.clone(),
        origin: "learned".to_owned(),
        notes: vec![
            "Points are learned (edgeward train); one point is 1/64 bit of log-odds, positive is riskier."
                .to_owned(),
            format!("Learned from {} requests, {attacks} of them attacks.", rows.len()),
            "What is held of every signal, with reasons: lab/data/constraints.json.".to_owned(),
        ],
        evidence: serde_json::json!({ "learned": { "standardWithout": arguments.advanced } }),
        training_digest: Some(hexadecimal(&digest.finalize())),
        expires: None,
        everybody,
        cards: SETTINGS.into_iter().map(str::to_owned).zip(cards).collect(),
    };
    write(&arguments.out, &model.to_json())?;
    Ok(Status::Clean)
}

/// Runs `calibrate`.
pub fn calibrate(arguments: &CalibrateArguments) -> Done {
    let shares = [("--alpha", arguments.alpha), ("--beta", arguments.beta)];
    for (name, share) in shares {
        if !(share > 0.0 && share < 0.5) {
            return Err(Failure::input(name, format_args!("{share} is not between 0 and 0.5")));
        }
    }
    let mut model = model(&arguments.model)?;
    let dataset = dataset(arguments.events.as_deref(), |_| {})?;
    let dataset = weighed(&dataset, &model.everybody)?;
    let promise = Promise { alpha: arguments.alpha, beta: arguments.beta, ..Promise::default() };
    let mut status = Status::Clean;
    let mut samples = serde_json::Map::new();
    for (name, card) in &mut model.cards {
        let without = if name == SETTINGS[0] { arguments.advanced.as_slice() } else { &[] };
        let rows = dataset.calibration(without, milliseconds(arguments.since));
        let found = calibrate_card(card, &rows, promise);
        for (family, needed) in &found.too_few {
            let family = dataset.name(*family).unwrap_or_default();
            report(
                family,
                format_args!("too few samples to calibrate on: {needed} are needed; the edge abstains"),
            );
            status = Status::Findings;
        }
        let families =
            found.families.iter().filter_map(|(family, n)| Some((dataset.name(*family)?.to_owned(), *n)));
        samples.insert(name.clone(), families.collect());
    }
    let evidence = serde_json::json!({
        "alpha": promise.alpha, "beta": promise.beta, "delta": promise.delta,
        "prevalence": PREVALENCE, "samples": samples,
    });
    if let Some(evidence_of) = model.evidence.as_object_mut() {
        evidence_of.insert("calibrated".to_owned(), evidence);
    } else {
        model.evidence = serde_json::json!({ "calibrated": evidence });
    }
    write(&arguments.out, &model.to_json())?;
    Ok(status)
}

/// Midnight UTC; without a day, before everything.
fn milliseconds(day: Option<Date>) -> i64 {
    let midnight = day.and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    midnight.map_or(i64::MIN, |midnight| midnight.as_millisecond())
}

fn model(path: &Path) -> Result<ModelFile, Failure> {
    let text = fs::read_to_string(path).map_err(|why| Failure::io(path, why))?;
    ModelFile::read(&text).map_err(|why| Failure::input(&path.display().to_string(), why))
}

/// Runs `assess`.
pub fn assess(arguments: &AssessArguments) -> Done {
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let model = model(&arguments.model)?;
    let dataset = dataset(arguments.events.as_deref(), |_| {})?;
    let mut progress = Progress::new();
    let since = milliseconds(arguments.since);
    let measured =
        evaluate(&dataset, &constraints, &model, &arguments.hold_out, since, |share| progress.share(share));
    progress.clear();
    if let Some(path) = &arguments.html {
        write(path, &html(&measured))?;
    }
    let mut output = Output::new();
    output.line(&measured)?;
    output.flush()?;
    Ok(Status::Clean)
}

fn weighed(dataset: &Dataset, everybody: &Everybody) -> Result<Dataset, Failure> {
    Ok(dataset.weighed(&everybody.population().map_err(|why| Failure::input("model", why))?))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|why| Failure::io(path, why))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a whole stream and shows each line. One that can not be read ends it: what is learned from half a stream is
/// worth nothing.
fn dataset(events: Option<&Path>, mut each: impl FnMut(&[u8])) -> Result<Dataset, Failure> {
    let mut source = Source::open(events)?;
    let mut builder = Builder::default();
    let mut progress = Progress::new();
    loop {
        let why = match source.next_line()? {
            None => break,
            Some(Line::TooLong) => Some(format!("the line is longer than {MAX_LINE} bytes, the limit")),
            Some(Line::Bytes(line)) => {
                each(line);
                let is_blank = line.trim_ascii().is_empty();
                if is_blank { None } else { parse(line).and_then(|event| builder.add(event)).err() }
            }
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
