//! `edgeward bundle compile`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use edgeward::Error;
use edgeward::bundle::Bundle;
use edgeward::policy::Issue;
use serde_json::{Value, json};

use crate::Done;
use crate::failure::{Failure, Status};
use crate::input::{self, Document};
use crate::lint::Finding;
use crate::output::Output;

/// Compile a bundle to what edges load
///
/// All but the version becomes one binary member, which an edge reads in a fraction of the time. Without a model, the
/// one that ships with this release is taken. Sign what comes out: edges check the signature over the bytes they load.
/// The source remains what `whatif`, `lint` and people read.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward bundle compile bundle.json --out bundle.edge.json")]
pub struct Arguments {
    /// Bundle to compile, from `build`
    bundle: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let Document { name, text: source } = Document::exact(&arguments.bundle)?;
    let say = |issues: Vec<Issue>| {
        let findings = issues.into_iter().map(|issue| Finding { file: Some(name.clone()), issue });
        findings.for_each(|finding| finding.report());
    };
    let compiled = match Bundle::compile(source.as_bytes()) {
        Ok(compiled) => compiled,
        Err(Error::Policies { issues }) => {
            say(issues);
            return Ok(Status::BadInput);
        }
        Err(why) => return Err(Failure::refused(&name, &why)),
    };
    say(compiled.warnings);
    fs::write(&arguments.out, &compiled.text).map_err(|why| Failure::io(&arguments.out, why))?;
    let read: Value = input::parse_document(&name, 1, &compiled.text)?;
    let mut output = Output::new();
    output.line(&json!({
        "version": read.get("version"),
        "sourceBytes": source.len(),
        "bytes": compiled.text.len(),
        "bundle": arguments.out,
    }))?;
    output.flush()?;
    Ok(Status::Clean)
}
