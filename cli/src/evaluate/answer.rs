//! The answer of the scorer that an operator wrote to a file.
//!
//! From the scorer itself the engine takes what it knows and leaves the rest, because a newer one may say more. What a person
//! wrote was meant to do something: a name that means nothing is a mistake.

use edgeward::assess::{Answer, is_answerable};
use edgeward::fact::Fact;
use edgeward::request::{GuestType, TrustType};
use edgeward::risk::{InsiderRiskLevel, RiskLevel};
use serde_json::Value;

use crate::failure::Failure;
use crate::input::Document;

/// Reads an answer of which every member and every level means something.
pub fn read(document: &Document) -> Result<Answer<'_>, Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::input(&document.name, why);
    let answer: Answer<'_> = document.parse()?;
    let written: Value = document.parse()?;
    let read = serde_json::to_value(&answer).map_err(|why| fail(&why))?;
    match lost(&written, &read) {
        Some(path) => Err(fail(&explain(&path, &written))),
        None => Ok(answer),
    }
}

/// The path of a member that was written and not read.
fn lost(written: &Value, read: &Value) -> Option<Vec<String>> {
    let stated = written.as_object()?.iter().filter(|(_, value)| !value.is_null());
    stated.into_iter().find_map(|(name, value)| {
        let deeper = match read.get(name) {
            Some(read) => lost(value, read)?,
            None => Vec::new(),
        };
        Some([vec![name.clone()], deeper].concat())
    })
}

fn explain(path: &[String], written: &Value) -> String {
    let at = path.join(".");
    let [_, name] = path else { return format!("{at}: is not a member known here") };
    let value = path.iter().try_fold(written, |value, name| value.get(name)).unwrap_or(&Value::Null);
    match Fact::parse(name).filter(|fact| is_answerable(*fact)) {
        Some(fact) => format!("{at}: {value} is none of {}", names(fact).join(", ")),
        None if path.first().is_some_and(|first| first == "facts") => {
            let facts = Fact::ALL.iter().filter(|fact| is_answerable(**fact)).map(|fact| fact.name());
            format!(
                "{at}: is none of the facts that a scorer answers: {}",
                facts.collect::<Vec<_>>().join(", ")
            )
        }
        None => format!("{at}: is not a member known here"),
    }
}

/// What a fact may be, where it has names.
fn names(fact: Fact) -> Vec<&'static str> {
    match fact {
        Fact::InsiderRisk => InsiderRiskLevel::ALL.iter().map(|level| level.name()).collect(),
        Fact::GuestType => GuestType::ALL.iter().map(|kind| kind.name()).collect(),
        Fact::DeviceTrustType => TrustType::ALL.iter().map(|kind| kind.name()).collect(),
        _ => RiskLevel::ALL.iter().map(|level| level.name()).collect(),
    }
}
