//! `edgeward whatif`: Graph's What If, over a bundle, with the combined verdict that Graph leaves out.

use std::path::PathBuf;

use clap::Args;
use edgeward::policy::{WhatIfBody, what_if};
use serde_json::value::RawValue;

use crate::Done;
use crate::failure::{Failure, Status};
use crate::input::{self, Document, LineCounter};
use crate::load::BundleArguments;
use crate::output::Output;

/// Answer Graph's What If question from a bundle
///
/// The input is the body of `POST /identity/conditionalAccess/evaluate`, or several, one after another or in an array. Each gets one
/// line: `value`, Graph's `whatIfAnalysisResult` of every policy, with what sign-in logs tell of one (result,
/// conditions, rules, controls); and `combined`, the verdict of all of them and what it still depends on. Several
/// applications in one body are asked for together. Beside Graph's members a body may hold `request`, facts that Graph
/// looks up by itself (`principal.groups`, `resource.applicationGroups`) or asks the person for: the sign-in starts
/// with nothing proven but what `session.amr` states, which is proven now unless `session.authTime` says when.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward whatif --bundle bundle.json body.json")]
pub struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,
    /// Bodies; standard input if left out
    file: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let (written, sources) = arguments.bundle.written()?;
    let Document { name, text } = Document::read(arguments.file.as_deref())?;
    let mut lines = LineCounter::new(&text, 1);
    let mut output = Output::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>() {
        let value = value.map_err(|why| Failure::document(&name, 1, why))?;
        let bodies: Vec<&RawValue> = if value.get().starts_with('[') {
            input::parse_document(&name, 1, value.get())?
        } else {
            vec![value]
        };
        for body in bodies.into_iter().map(RawValue::get) {
            let line = lines.of(body);
            let body: WhatIfBody<'_> = input::parse_document(&name, line, body)?;
            let answer = what_if(&written, &sources, body)
                .map_err(|why| Failure::input(&format!("{name}:{line}"), why))?;
            output.text_line(&answer.to_json())?;
        }
    }
    output.flush()?;
    Ok(Status::Clean)
}
