//! `edgeward whatif`: Graph's What If, over a bundle, with the combined verdict that Graph leaves out.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args;
use edgeward::policy::{WhatIfBody, WhatIfResult, what_if};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::Done;
use crate::failure::{Failure, Status};
use crate::input::{self, Source};
use crate::load::BundleArguments;
use crate::output::Output;

/// Answer Graph's What If question from a bundle
///
/// The input is the body of `POST /identity/conditionalAccess/evaluate`, or several one after another. Each gets one
/// line: `value`, Graph's `whatIfAnalysisResult` of every policy, and `combined`, the verdict of all of them and what
/// it still depends on.
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
    let engine = arguments.bundle.engine()?;
    let policies = arguments.bundle.policies()?;
    let mut source = Source::open(arguments.file.as_deref())?;
    let text = source.read_rest()?;
    let mut output = Output::new();
    for body in serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>() {
        let fail = |why: &dyn Display| Failure::input(source.name(), why);
        let body = body.map_err(|why| fail(&why))?;
        let body: WhatIfBody<'_> = input::parse(body.get().as_bytes()).map_err(|why| fail(&why))?;
        let analysis = what_if(engine.bundle().policies(), body).map_err(|why| fail(&why))?;
        let value: Vec<_> = analysis.value.iter().map(|result| whole(&policies, result)).collect();
        output.line(&json!({"value": value, "combined": analysis.combined}))?;
    }
    output.flush()?;
    Ok(Status::Clean)
}

/// Graph answers with whole policies: the members of this one, and the result.
fn whole(policies: &[Map<String, Value>], result: &WhatIfResult<'_>) -> Value {
    let mut members = policies.get(result.index).cloned().unwrap_or_default();
    members.insert("policyApplies".to_owned(), json!(result.policy_applies));
    members.insert("analysisReasons".to_owned(), json!(result.analysis_reasons));
    Value::Object(members)
}
