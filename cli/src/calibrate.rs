//! `edgeward calibrate`: a model's probabilities, levels and bands.

use std::path::PathBuf;

use clap::Args;
use edgeward_lab::calibrate::{Promise, Thresholds, calibrate};
use edgeward_lab::dataset::Dataset;
use edgeward_lab::event::Split;
use edgeward_lab::model::{PREVALENCE, SETTINGS};
use jiff::civil::Date;

use crate::Done;
use crate::destination::Destination;
use crate::failure::{Failure, Status, report};
use crate::laboratory::{families, families_help, milliseconds, model, nothing_of, read_stream, weighed};

/// Set a model's probabilities, levels and bands on a labelled stream
///
/// Looks at the rows of the split `calibrate` only, of principals that no point was learned from. The band of each
/// setting is an order statistic per family: with a probability of 95 % over the draw of these rows at most `alpha` of
/// each family is allowed and at most `beta` of the principals' own requests are stopped. With too few rows of one family
/// nothing is allowed at the edge, and with too few benign rows nothing is stopped: for 1 % of each of seven families it
/// takes 492 rows of each, and for 0.1 % of people's requests 2995 of these.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 a model was written, 1 its edge allows or stops nothing because there are too few samples\n\
    (named on standard error), 2 bad input and nothing was written.\n\nExample:\n  edgeward calibrate --events events.jsonl --model points.json --out model.json"
)]
pub struct Arguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Model whose points to calibrate
    #[arg(long)]
    model: PathBuf,
    /// Where to write the calibrated model; may be the same file
    #[arg(long)]
    out: PathBuf,
    #[arg(
        long,
        value_delimiter = ',',
        help = families_help("Families that the standard band promises nothing about; the hardened band covers them too")
    )]
    advanced: Option<Vec<String>>,
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

/// Runs `calibrate`.
pub fn run(arguments: &Arguments) -> Done {
    let shares = [("--alpha", arguments.alpha), ("--beta", arguments.beta)];
    for (name, share) in shares {
        if !(share > 0.0 && share < 0.5) {
            return Err(Failure::input(name, format_args!("{share} is not between 0 and 0.5")));
        }
    }
    let out = Destination::open(&arguments.out)?;
    let mut model = model(&arguments.model)?;
    let dataset = read_stream(arguments.events.as_deref(), |_| {})?;
    let advanced = families(&dataset, "--advanced", arguments.advanced.as_deref())?;
    let since = milliseconds(arguments.since);
    if dataset.calibration(&[], since).is_empty() {
        return Err(nothing_of(arguments.events.as_deref(), Split::Calibrate, arguments.since));
    }
    let dataset = weighed(&dataset, &model.everybody)?;
    let promise = Promise { alpha: arguments.alpha, beta: arguments.beta, ..Promise::default() };
    let mut status = Status::Clean;
    let mut samples = serde_json::Map::new();
    for (name, card) in &mut model.cards {
        let without = if name == SETTINGS[0] { advanced.as_slice() } else { &[] };
        let rows = dataset.calibration(without, since);
        let found = calibrate(card, &rows, promise);
        for why in abstentions(&dataset, &found) {
            report(name, why);
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
    out.write(&model.to_json())?;
    Ok(status)
}

/// What an edge will not decide alone, and what it would take.
fn abstentions(dataset: &Dataset, found: &Thresholds) -> Vec<String> {
    let mut reasons = Vec::new();
    if found.allow.is_none() {
        let few: Vec<String> = found
            .too_few
            .iter()
            .map(|family| {
                let count = found.families.get(family).copied().unwrap_or_default();
                format!("{} has {count}", dataset.name(*family).unwrap_or_default())
            })
            .collect();
        let few = if few.is_empty() { "there is none".to_owned() } else { few.join(", ") };
        reasons.push(format!(
            "nothing is allowed at the edge: {} samples of each family of attackers are needed, {few}",
            found.family_needs
        ));
    }
    if found.block.is_none() {
        reasons.push(format!(
            "nothing is stopped at the edge: {} benign samples are needed, there are {}",
            found.benign_needs, found.benign
        ));
    }
    reasons
}
