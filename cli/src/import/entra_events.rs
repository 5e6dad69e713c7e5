//! Labelled events out of Entra's sign-in log: what `train` reads.
//!
//! The label is the column `RiskState`, whose values are those of Graph's `riskState`
//! (graph/api/resources/enums-identityprotectionroot), and the outcome of the sign-in.
//!
//! | `RiskState` | sign-in | label |
//! |---|---|---|
//! | `confirmedCompromised` | any | attack, of the family of the same name |
//! | `none`, `dismissed`, `confirmedSafe` | succeeded | benign |
//! | `none`, `dismissed`, `confirmedSafe` | did not | none: who fails may be anybody |
//! | `atRisk`, `remediated` | any | none: nobody has said who it was |
//! | not stated | any | none |
//!
//! An event holds what an edge sees before anybody has judged the sign-in: no risk that Entra found, which is where the
//! label comes from, and no session, because the sign-in is what begins it.

use std::collections::HashMap;

use edgeward::request::{RiskFacts, Session, Text};
use edgeward_lab::event::{Event, Label};

use super::history::History;
use super::labelled::{Period, Tally};
use super::row::Row;
use super::{Outcome, SignIn};
use crate::failure::Failure;
use crate::output::Output;

/// What is said of who was behind a sign-in. Logs append a row when more is known; of two the later variant holds:
/// what a person decided outweighs what was found, and that outweighs that nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskState {
    /// Nothing was found.
    None,
    /// Something was found, and nobody has said whether it is so.
    Open,
    /// Somebody said that it was the user.
    Cleared,
    /// Somebody said that it was not.
    ConfirmedCompromised,
}

/// What a row says; and whether it can be an event at all, which needs a time and a principal.
pub fn state(row: &mut Row, sign_in: &SignIn) -> Result<Option<RiskState>, String> {
    if sign_in.request.time.is_none() {
        return Err("CreatedDateTime: is needed to order events".to_owned());
    }
    if sign_in.request.principal.id.is_none() {
        return Err("UserId: is needed for a history".to_owned());
    }
    let state = row.read("RiskState", "a risk state of Entra", |text| {
        Some(Some(match text.to_ascii_lowercase().as_str() {
            "none" => RiskState::None,
            "atrisk" | "remediated" => RiskState::Open,
            "dismissed" | "confirmedsafe" => RiskState::Cleared,
            "confirmedcompromised" => RiskState::ConfirmedCompromised,
            "unknownfuturevalue" => return Some(None),
            _ => return None,
        }))
    });
    Ok(state.flatten())
}

fn label(sign_in: &SignIn) -> Option<(Label, &'static str)> {
    match (sign_in.state?, sign_in.outcome) {
        (RiskState::ConfirmedCompromised, _) => Some((Label::Attack, "confirmedCompromised")),
        (RiskState::None | RiskState::Cleared, Some(Outcome::Success)) => Some((Label::Benign, "signIn")),
        _ => None,
    }
}

/// Writes the events in order of time. The period that is split is that of the rows where an end of it is not given.
pub fn write(
    sign_ins: Vec<SignIn>,
    [from, to]: [Option<i64>; 2],
    tally: &mut Tally,
    output: &mut Output,
) -> Result<(), Failure> {
    let all = sign_ins.len();
    let mut sign_ins = merge(sign_ins);
    tally.repeated = all - sign_ins.len();
    // Failures have no label, and are seen in the counters.
    History::attach(&mut sign_ins);
    sign_ins.sort_by_key(|sign_in| sign_in.request.time);
    let ends = [sign_ins.first(), sign_ins.last()].map(|end| end.and_then(|end| end.request.time));
    let [first, last] = ends.map(Option::unwrap_or_default);
    let period = Period::new(from.unwrap_or(first), to.unwrap_or(last.saturating_add(1)))?;
    for sign_in in sign_ins {
        let Some((label, family)) = label(&sign_in) else {
            tally.unlabelled += 1;
            continue;
        };
        let mut request = sign_in.request;
        let user = request.principal.id.as_deref().unwrap_or_default();
        let split = period.split(user, request.time.unwrap_or_default());
        // The laboratory makes the profile, of benign sign-ins only.
        request.profile = None;
        request.session = Session::default();
        request.risk = RiskFacts::default();
        tally.count(label);
        output.sparse_line(&Event { request, label, family: Text::from(family), split })?;
    }
    Ok(())
}

/// One sign-in of the rows with one id.
fn merge(sign_ins: Vec<SignIn>) -> Vec<SignIn> {
    let mut places = HashMap::<String, usize>::new();
    let mut merged: Vec<SignIn> = Vec::with_capacity(sign_ins.len());
    for sign_in in sign_ins {
        let place = sign_in.id.clone().map_or(merged.len(), |id| *places.entry(id).or_insert(merged.len()));
        let Some(known) = merged.get_mut(place) else {
            merged.push(sign_in);
            continue;
        };
        let state = known.state.max(sign_in.state);
        // Rows before the last tell of a sign-in that was not over.
        if sign_in.outcome == Some(Outcome::Success) && known.outcome != sign_in.outcome {
            *known = sign_in;
        }
        known.state = state;
    }
    merged
}
