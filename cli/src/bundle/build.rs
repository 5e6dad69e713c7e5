//! `edgeward bundle build`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use edgeward::Error;
use edgeward::bundle::{Bundle, Version};
use serde_json::{Value, json};

use super::{canonical, model};
use crate::Done;
use crate::failure::{Failure, Status, report};
use crate::input::{self, Document};
use crate::lint::{self, Finding, Sources};
use crate::load;
use crate::output::Output;

/// Make a bundle of policies, named locations and a risk model
///
/// Policies and locations are Graph JSON as it is exported: arrays, `{"value":[…]}`, single objects; UTF-8 or UTF-16.
/// The bundle is checked as an edge would, and its bytes are canonical: the same parts make the same bundle.
/// Warnings go to standard error and do not stop it.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    edgeward bundle build --policies policies/*.json --locations locations.json --version 2026.1 --out bundle.json\n  \
    edgeward bundle build --policies policies.json --settings settings.json --version 7 --out bundle.json")]
pub struct Arguments {
    /// Policies
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    policies: Vec<PathBuf>,
    /// Named locations; those in a combined export given to `--policies` are taken without it
    #[arg(long, value_name = "FILE", num_args = 1..)]
    locations: Vec<PathBuf>,
    /// Risk model; the engine's own if left out
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// When the model is no longer to be relied on, such as 2027-01-01T00:00:00Z; needs `--model`
    #[arg(long, value_name = "TIME", requires = "model", value_parser = crate::import::moment::argument)]
    model_expires: Option<i64>,
    /// Settings that travel with the policies
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Whose signatures and addresses of agents are believed: `{"directories":[…],"addresses":[…]}`
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,
    /// Requests with the outcome each must have before an edge believes the bundle: `[{"name","request","outcome"}]`
    #[arg(long, value_name = "FILE")]
    self_test: Option<PathBuf>,
    /// Version: numbers joined by dots, higher than the one before
    #[arg(long, value_name = "V")]
    version: String,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Reads a part of the bundle. It is checked alone, because nobody has the text of the whole to look a place up in.
fn part(member: &str, document: &Document) -> Result<Value, Failure> {
    let value = document.parse()?;
    let alone =
        format!("{{\"schema\":1,\"version\":\"1\",\"policies\":[],\"{member}\":\n{}}}", document.text);
    let within = |path: &str| {
        let path = path.strip_prefix(member).unwrap_or(path);
        path.trim_start_matches(['.', ':', ' ']).to_owned()
    };
    match Bundle::unsigned(alone.as_bytes()) {
        Ok(_) => Ok(value),
        // The part begins on the second line.
        Err(Error::Json { why, .. }) => Err(Failure::document(&document.name, 0, within(&why))),
        Err(Error::Bundle { path, why }) => {
            Err(Failure::input(&document.name, format_args!("{}: {why}", within(&path))))
        }
        Err(why) => Err(Failure::refused(&document.name, &why)),
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    if let Err(Error::Bundle { why, .. }) = Version::parse(&arguments.version) {
        return Err(Failure::input("--version", why));
    }
    let sources = Sources::read(&arguments.policies, &arguments.locations)?;
    let findings = sources.findings(None);
    findings.iter().for_each(Finding::report);
    if lint::status(&findings) == Status::BadInput {
        return Ok(Status::BadInput);
    }
    let policies = sources.policies.to_value()?;
    if policies.as_array().is_some_and(Vec::is_empty) {
        report("--policies", "there are none in these files, and the bundle asks nothing of anybody");
    }
    let mut bundle = json!({
        "schema": 1,
        "version": arguments.version,
        "policies": policies,
        "namedLocations": sources.locations.to_value()?,
    });
    if let (Some(file), Some(members)) = (&arguments.model, bundle.as_object_mut()) {
        let Document { name, text } = Document::read(Some(file))?;
        let compact = model::compact(&text, arguments.model_expires);
        let compact = compact.map_err(|why| Failure::document(&name, 1, why))?;
        members.insert("model".to_owned(), compact);
    }
    for (member, file) in
        [("settings", &arguments.settings), ("agents", &arguments.agents), ("selfTest", &arguments.self_test)]
    {
        if let (Some(file), Some(members)) = (file, bundle.as_object_mut()) {
            members.insert(member.to_owned(), part(member, &Document::read(Some(file))?)?);
        }
    }
    let bytes = canonical::to_string(&bundle);
    let built = Bundle::unsigned(bytes.as_bytes()).map_err(|why| Failure::refused("the bundle", &why))?;
    // What is left that can fail are the tests.
    let tests = arguments.self_test.as_deref().map(|file| input::name(Some(file)));
    let engine = load::engine(built, tests.as_deref().unwrap_or("the bundle"))?;
    fs::write(&arguments.out, &bytes).map_err(|why| Failure::io(&arguments.out, why))?;
    let mut output = Output::new();
    output.line(&json!({
        "version": engine.bundle().version().to_string(),
        "policies": engine.bundle().policies().policies().len(),
        "bytes": bytes.len(),
        "bundle": arguments.out,
    }))?;
    output.flush()?;
    Ok(Status::Clean)
}
