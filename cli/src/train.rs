//! `edgeward train`: from a labelled stream to the points of a model.

use std::path::PathBuf;

use clap::Args;
use edgeward_lab::event::Split;
use edgeward_lab::learn::{Aim, learn};
use edgeward_lab::model::{Card, ModelFile, SETTINGS};
use edgeward_lab::scorecard::Constraints;
use hmac_sha256::Hash;

use crate::Done;
use crate::destination::Destination;
use crate::failure::{Failure, Status};
use crate::input;
use crate::laboratory::{families, families_help, read_stream, weighed};
use crate::stream::Progress;

/// Learn the points of a model from a labelled stream
///
/// Points are learned from the rows of the split `train`: a standard scorecard against all but the advanced families,
/// and a hardened one against all, for a band that lets most people through. `calibrate` then sets probabilities, levels and bands; without these an edge has
/// levels only and defers what is between them. A request without a profile gets the history of the benign sign-ins before it. The same events give the same bytes, and the model states which they
/// were: `trainingDigest` is the SHA-256 of the stream's lines, each with its line feed.
#[derive(Args)]
#[command(
    after_help = "Example:\n  edgeward train --events events.jsonl --id learned-1 --out points.json\n  \
    edgeward calibrate --events events.jsonl --model points.json --out model.json"
)]
pub struct Arguments {
    /// Labelled events as `simulate` writes them; standard input if left out
    #[arg(long)]
    events: Option<PathBuf>,
    /// Where to write the model
    #[arg(long)]
    out: PathBuf,
    /// Name of the model, stated in every decision; 64 bytes at most
    #[arg(long)]
    id: String,
    #[arg(long, value_delimiter = ',', help = families_help("Families that the standard scorecard does without"))]
    advanced: Option<Vec<String>>,
}

/// Runs `train`.
pub fn run(arguments: &Arguments) -> Done {
    ModelFile::check_id(&arguments.id).map_err(|why| Failure::input("--id", why))?;
    let out = Destination::open(&arguments.out)?;
    let constraints = Constraints::load().map_err(|why| Failure::input("constraints", why))?;
    let mut digest = Hash::new();
    let dataset = read_stream(arguments.events.as_deref(), |line| {
        digest.update(line);
        digest.update(b"\n");
    })?;
    let advanced = families(&dataset, "--advanced", arguments.advanced.as_deref())?;
    let everybody = dataset.everybody(&advanced);
    let dataset = weighed(&dataset, &everybody)?;
    let rows = dataset.part(Split::Train, &[]);
    let attacks = rows.iter().filter(|row| row.is_attack).count();
    if attacks == 0 || attacks == rows.len() {
        return Err(Failure::input(
            &input::name(arguments.events.as_deref()),
            "has no benign rows or no attacks to learn from",
        ));
    }
    let mut progress = Progress::without_output();
    let mut learn = |without: &[String], aim, done: f64| {
        let rows = dataset.part(Split::Train, without);
        Card::uncalibrated(&learn(&constraints, &rows, aim, |share| progress.share(done + share / 2.0)))
    };
    let cards = [learn(&advanced, Aim::Anybody, 0.0), learn(&[], Aim::Band, 0.5)];
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
        evidence: serde_json::json!({ "learned": { "standardWithout": advanced } }),
        training_digest: Some(hexadecimal(&digest.finalize())),
        expires: None,
        everybody,
        cards: SETTINGS.into_iter().map(str::to_owned).zip(cards).collect(),
    };
    out.write(&model.to_json())?;
    Ok(Status::Clean)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
