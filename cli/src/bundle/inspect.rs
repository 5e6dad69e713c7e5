//! `edgeward bundle inspect`

use std::path::PathBuf;

use clap::Args;
use edgeward::bundle::{Bundle, SignatureEnvelope};
use serde_json::{Value, json};

use super::{canonical, signature_beside};
use crate::Done;
use crate::failure::{Failure, Status};
use crate::input;
use crate::output::Output;

/// Show what a bundle holds
///
/// Says nothing about who made it: `verify` checks the signature.
#[derive(Args)]
#[command(after_help = "Example:\n  edgeward bundle inspect bundle.json")]
pub struct Arguments {
    /// Bundle to look into
    bundle: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let name = arguments.bundle.display().to_string();
    let bytes = input::read_bytes(&arguments.bundle)?;
    let bundle = Bundle::unsigned(&bytes).map_err(|why| Failure::input(&name, why))?;
    let value: Value = input::parse(&bytes).map_err(|why| Failure::input(&name, why))?;
    let list = |member: &str, columns: &[&str]| -> Vec<Value> {
        let objects = value.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let row =
            |object: &Value| columns.iter().map(|name| ((*name).to_owned(), object[*name].clone())).collect();
        objects.iter().map(row).collect()
    };
    let beside = signature_beside(&arguments.bundle);
    let signature: Option<SignatureEnvelope> =
        if beside.exists() { Some(input::read_json(&beside)?) } else { None };
    let mut output = Output::new();
    output.line(&json!({
        "version": bundle.version().to_string(),
        "bytes": bytes.len(),
        "isCanonical": canonical::to_string(&value).as_bytes() == bytes,
        "signedWith": signature.map(|envelope| envelope.key_id),
        "policies": list("policies", &["id", "displayName", "state"]),
        "namedLocations": list("namedLocations", &["id", "displayName"]),
        "model": value.get("model").and_then(|model| model.get("id")),
        "settings": value.get("settings"),
        "warnings": bundle.warnings(),
    }))?;
    output.flush()?;
    Ok(Status::Clean)
}
