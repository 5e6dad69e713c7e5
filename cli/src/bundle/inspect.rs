//! `edgeward bundle inspect`

use std::path::PathBuf;

use clap::Args;
use edgeward::bundle::{Settings, SignatureEnvelope};
use serde_json::{Value, json};

use super::{canonical, signature_beside};
use crate::Done;
use crate::failure::Status;
use crate::input::{self, Document};
use crate::load;
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
    let document = Document::exact(&arguments.bundle)?;
    let bundle = load::unsigned(&document)?;
    let value: Value = document.parse()?;
    let is_compiled = value.get("compiled").is_some();
    let policies: Vec<Value> = bundle
        .policies()
        .policies()
        .iter()
        .map(|policy| json!({"id": policy.id(), "displayName": policy.display_name(), "state": policy.state()}))
        .collect();
    // Decisions do not name locations, so compiled bundles do not either.
    let locations = value.get("namedLocations").and_then(Value::as_array).map(|locations| {
        let column = |location: &Value, name: &str| location.get(name).cloned().unwrap_or_default();
        let row =
            |location| json!({"id": column(location, "id"), "displayName": column(location, "displayName")});
        locations.iter().map(row).collect::<Vec<_>>()
    });
    let beside = signature_beside(&arguments.bundle).ok().filter(|beside| beside.exists());
    let signature: Option<SignatureEnvelope> = beside.as_deref().map(input::read_json).transpose()?;
    let mut output = Output::new();
    output.line(&json!({
        "version": bundle.version().to_string(),
        "form": if is_compiled { "compiled" } else { "source" },
        "bytes": document.text.len(),
        "isCanonical": canonical::to_string(&value) == document.text,
        "signedWith": signature.map(|envelope| envelope.key_id),
        "policies": policies,
        "namedLocations": locations,
        "model": bundle.model_id(),
        "settings": settings(bundle.settings()),
        "warnings": bundle.warnings(),
    }))?;
    output.flush()?;
    Ok(Status::Clean)
}

/// With those that nobody stated, because a compiled bundle does not tell which.
fn settings(settings: &Settings) -> Value {
    let Settings { addresses, band, costs } = settings;
    json!({
        "addresses": addresses.name(),
        "band": band.name(),
        "costs": {
            "call": costs.call,
            "attack": costs.attack,
            "alarm": costs.alarm,
            "attacksPerMillion": costs.attacks_per_million,
        },
    })
}
