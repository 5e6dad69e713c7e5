//! `edgeward evaluate`: requests in, decisions out.

use std::path::PathBuf;

use clap::Args;
use edgeward::Request;
use edgeward::assess::Answer;

use crate::Done;
use crate::input;
use crate::load::BundleArguments;
use crate::stream::{Answered, each_line};

/// Decide requests by a bundle
///
/// Every line of the input is a request, and gets its decision in one line of output. A line that is no request is
/// named on standard error with its number and the path of the member at fault; the others are still decided. A
/// decision that depends on what only the scorer knows is `defer` with what is needed, unless `--answer` or
/// `--outage` settles it.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    edgeward evaluate --bundle bundle.json requests.jsonl\n  \
    edgeward evaluate --bundle bundle.json --public-key keys/bundle.pub --outage < requests.jsonl\n  \
    edgeward import entra-signins --profile signins.jsonl | edgeward evaluate --bundle bundle.json")]
pub struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,
    /// Settle what would be deferred by this answer of the scorer: `{"facts":{"userRisk":"low"}}`
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// Settle what would be deferred as if the scorer did not answer
    #[arg(long, conflicts_with = "answer")]
    outage: bool,
    /// Requests; standard input if left out
    file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let engine = arguments.bundle.engine()?;
    let answer_text = arguments.answer.as_deref().map(input::read_document).transpose()?;
    let answer: Option<Answer<'_>> = match (&arguments.answer, &answer_text) {
        (Some(file), Some(text)) => Some(
            input::parse(text.as_bytes())
                .map_err(|why| crate::failure::Failure::input(&file.display().to_string(), why))?,
        ),
        _ => None,
    };
    let settles = arguments.outage || answer.is_some();
    each_line(arguments.file.as_deref(), |line, output| {
        if line.trim_ascii().is_empty() {
            return Ok(Answered::Yes);
        }
        let mut request: Request<'_> = match input::parse(line) {
            Ok(request) => request,
            Err(why) => return Ok(Answered::No(why)),
        };
        let is_deferred = {
            let decision = engine.decide(&request);
            let is_deferred = decision.is_deferred() && settles;
            if !is_deferred {
                output.line(&decision)?;
            }
            is_deferred
        };
        if is_deferred {
            if let Some(answer) = answer.clone() {
                answer.merge_into(&mut request);
            }
            output.line(&engine.resume(&request))?;
        }
        Ok(Answered::Yes)
    })
}
