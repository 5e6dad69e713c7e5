//! `edgeward evaluate`: requests in, decisions out.

mod answer;
mod outage;
mod words;

use std::path::PathBuf;

use clap::Args;
use edgeward::decision::Decision;
use edgeward::risk::Counterfactual;
use edgeward::{Engine, Request};
use outage::{Source, Summary};
use serde::Serialize;
use words::{Note, Part, Words};

use crate::Done;
use crate::failure::{Failure, Status};
use crate::input::{self, Document};
use crate::load::BundleArguments;
use crate::stream::{Answered, each_numbered_line};

/// Decide requests by a bundle
///
/// Every line of the input is a request, and gets its decision in one line of output. A line that is no request is
/// named on standard error with its number and the path of the member at fault; the others are still decided. A
/// decision that depends on what only the scorer knows is `defer` with what is needed, unless `--answer` settles it.
///
/// With `--counterfactual` each decision has the fewest things that would have made its sign-in risk low:
/// `{"changes":["knownDevice"],"score":-16,"levels":["none"]}`. Changes are `knownDevice`, `compliantDevice`,
/// `usualNetwork` and `usualClient`; an empty list means that it is low, `null` that not even all of them would do.
///
/// With `--explain` each decision has what its risk score is made of, in words and the heaviest first
/// (`explanation`: `{"points":78,"text":"The client is new for the principal."}`), and what each detection means and what is
/// known to cause it innocently (`notes`).
///
/// With `--outage` each line tells instead what would happen while these sources are down, beside what happens
/// otherwise: `lockedOut` (blocked, and not otherwise), `challenged` (more is demanded), `letIn` (less is demanded),
/// `unsettled` (what happens otherwise depends on the scorer's answer) or `none`, and which policies fell back to
/// their outage mode (`disableResilienceDefaults`). What only these sources tell is made unknown; what nobody can
/// tell any more is settled policy by policy. The last line is a summary.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 all well, 1 an outage would lock somebody out or let somebody in, 2 bad input.\n\n\
    Examples:\n  \
    edgeward evaluate --bundle bundle.json requests.jsonl\n  \
    edgeward evaluate --bundle bundle.json --public-key keys/bundle.pub --answer answer.json < requests.jsonl\n  \
    edgeward evaluate --bundle bundle.json --outage scorer,geo requests.jsonl | tail -n 1\n  \
    edgeward import entra-signins --profile signins.jsonl | edgeward evaluate --bundle bundle.json"
)]
pub struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,
    /// Settle what would be deferred by this answer of the scorer: `{"facts":{"userRisk":"low"}}`
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// Tell what would have made the sign-in risk low
    #[arg(long, conflicts_with = "outage")]
    counterfactual: bool,
    /// Tell in words what the risk score is made of and what was detected
    #[arg(long, conflicts_with = "outage")]
    explain: bool,
    /// Compare with an outage of these sources
    #[arg(long, value_name = "SOURCES", value_enum, value_delimiter = ',')]
    outage: Vec<Source>,
    /// Requests; standard input if left out
    file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let engine = arguments.bundle.engine()?;
    let answer = arguments.answer.as_deref().map(|file| Document::read(Some(file))).transpose()?;
    let answer = answer.as_ref().map(answer::read).transpose()?;
    let words =
        arguments.explain.then(Words::load).transpose().map_err(|why| Failure::input("words", why))?;
    let sources = &arguments.outage;
    let summary = std::cell::RefCell::new(Summary::default());
    each_numbered_line(
        arguments.file.as_deref(),
        |number, line, output| {
            if line.trim_ascii().is_empty() {
                return Ok(Answered::Yes);
            }
            let request: Request<'_> = match input::parse(line) {
                Ok(request) => request,
                Err(why) => return Ok(Answered::No(why)),
            };
            let answered = answer.clone().map(|answer| {
                let mut answered = request.clone();
                answer.merge_into(&mut answered);
                answered
            });
            let (decided, normal) = decide(&engine, &request, answered.as_ref());
            if !sources.is_empty() {
                summary.borrow_mut().compare(number, &engine, &request, &normal, sources, output)?;
            } else if arguments.counterfactual || arguments.explain {
                output.line(&Explained {
                    explanation: words.as_ref().map(|words| words.explain(&normal.risk)),
                    notes: words.as_ref().map(|words| words.notes(&normal.detections)),
                    counterfactual: arguments.counterfactual.then(|| engine.counterfactual(decided)),
                    decision: normal,
                })?;
            } else {
                output.line(&normal)?;
            }
            Ok(Answered::Yes)
        },
        |output| match sources.is_empty() {
            true => Ok(Status::Clean),
            false => summary.take().finish(sources, output),
        },
    )
}

/// A decision, and what was asked beside it.
#[derive(Serialize)]
struct Explained<'a, 'w> {
    #[serde(flatten)]
    decision: Decision<'a>,
    /// What the score is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<Part<'w>>>,
    /// What the detections say.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Vec<Note<'w>>>,
    /// What would have made the risk low; `null` if nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    counterfactual: Option<Option<Counterfactual>>,
}

/// The request decided and the decision; with the scorer's answer merged, if it would be deferred without.
fn decide<'a>(
    engine: &'a Engine,
    request: &'a Request<'a>,
    answered: Option<&'a Request<'a>>,
) -> (&'a Request<'a>, Decision<'a>) {
    let decision = engine.decide(request);
    match answered {
        Some(answered) if decision.is_deferred() => (answered, engine.resume(answered)),
        _ => (request, decision),
    }
}
