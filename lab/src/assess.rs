//! The evaluation of a model on a stream: every figure with what it was measured on and what was held out.

mod basis;
mod generalise;

use std::collections::BTreeMap;

use edgeward::signal::CATALOGUE;
use serde::Serialize;

use crate::dataset::{Dataset, Row};
use crate::event::Split;
use crate::measure::{Honesty, Rate, RiskCoverage, honesty, risk_coverage, stability};
use crate::model::{ModelFile, PREVALENCE, SETTINGS};
use crate::scorecard::{Constraints, Scorecard};
pub use basis::{Basis, Part};
pub use generalise::Generalisation;
use generalise::{generalise, obstacle};

/// The report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Shape of this document, 1.
    pub schema: u32,
    /// Model assessed.
    pub model: String,
    /// What the measures rest on.
    pub basis: Basis,
    /// What each band of the model does with test rows.
    pub bands: BTreeMap<String, Band>,
    /// The model's probabilities on test rows, at one attack in a hundred.
    pub honesty: Honesty,
    /// The model's decisions by how much it decides.
    pub risk_coverage: RiskCoverage,
    /// A model learned anew from the stream without the families held out, and what it makes of them; `None` if nothing
    /// can be learned from it.
    pub generalisation: Option<Generalisation>,
    /// Why nothing can be.
    pub not_generalised: Option<String>,
    /// How far each signal's distribution moved from calibration to test, benign rows.
    pub drift: BTreeMap<String, f64>,
}

/// What a band does: shares of allow, defer and block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcomes {
    /// Let through at the edge.
    pub allow: Rate,
    /// Left to the scorer.
    pub defer: Rate,
    /// Stopped at the edge.
    pub block: Rate,
}

/// One band on test rows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Band {
    /// Highest score allowed.
    pub allow: Option<i32>,
    /// Lowest score stopped.
    pub block: Option<i32>,
    /// All benign rows.
    pub benign: Outcomes,
    /// Benign sign-ins.
    pub sign_ins: Outcomes,
    /// Benign requests of sessions.
    pub sessions: Outcomes,
    /// By family, benign and attack.
    pub families: BTreeMap<String, Outcomes>,
}

/// Assesses a model. `held_out` names the families that the generalisation does without; it calibrates on rows since
/// a time, milliseconds since the Unix epoch.
#[must_use]
pub fn assess(
    dataset: &Dataset,
    constraints: &Constraints,
    model: &ModelFile,
    held_out: &[String],
    since: i64,
    progress: impl FnMut(f64),
) -> Report {
    // A model's were read before.
    let own = dataset.weighed(&model.everybody.population().unwrap_or_default());
    let test = own.part(Split::Test, &[]);
    let bands = model
        .cards
        .iter()
        .map(|(name, card)| {
            let (allow, block) = card.band.unzip();
            (name.clone(), band(&own, &card.scorecard(), allow, block, &test))
        })
        .collect();
    let standard = model.cards.get(SETTINGS[0]);
    let probabilities = standard.map_or_else(Vec::new, |card| {
        card.calibration.probabilities(&card.scorecard(), &own.part(Split::Test, held_out), PREVALENCE)
    });
    let not_generalised = obstacle(dataset, held_out, since);
    let generalisation = match not_generalised {
        None => Some(generalise(dataset, constraints, held_out, since, progress)),
        Some(_) => None,
    };
    Report {
        schema: 1,
        model: model.id.clone(),
        basis: Basis::of(dataset, held_out),
        bands,
        honesty: honesty(&probabilities, PREVALENCE),
        risk_coverage: risk_coverage(&probabilities),
        generalisation,
        not_generalised,
        drift: drift(&own),
    }
}

fn outcomes(card: &Scorecard, allow: Option<i32>, block: Option<i32>, rows: &[&Row]) -> Outcomes {
    let blocked = rows.iter().filter(|row| block.is_some_and(|block| card.score(row) >= block)).count();
    let allowed = rows
        .iter()
        .filter(|row| row.is_trusted && allow.is_some_and(|allow| card.score(row) <= allow))
        .count();
    let n = rows.len();
    Outcomes {
        allow: Rate::of(allowed, n),
        defer: Rate::of(n.saturating_sub(allowed + blocked), n),
        block: Rate::of(blocked, n),
    }
}

fn band(dataset: &Dataset, card: &Scorecard, allow: Option<i32>, block: Option<i32>, test: &[&Row]) -> Band {
    let of = |keep: &dyn Fn(&Row) -> bool| {
        let rows: Vec<&Row> = test.iter().copied().filter(|row| keep(row)).collect();
        outcomes(card, allow, block, &rows)
    };
    let mut families = BTreeMap::new();
    for (index, name) in dataset.families.iter().enumerate() {
        if test.iter().any(|row| usize::from(row.family) == index) {
            families.insert(name.clone(), of(&|row| usize::from(row.family) == index));
        }
    }
    Band {
        allow,
        block,
        benign: of(&|row| !row.is_attack),
        sign_ins: of(&|row| !row.is_attack && !row.is_session),
        sessions: of(&|row| !row.is_attack && row.is_session),
        families,
    }
}

fn drift(dataset: &Dataset) -> BTreeMap<String, f64> {
    let count = |split, signal: usize, bins: usize| {
        let mut counts = vec![0; bins];
        for row in dataset.part(split, &[]).iter().filter(|row| !row.is_attack) {
            if let Some(slot) = row.bins.get(signal).and_then(|bin| counts.get_mut(usize::from(*bin))) {
                *slot += 1;
            }
        }
        counts
    };
    CATALOGUE
        .iter()
        .enumerate()
        .map(|(signal, (name, bins))| {
            let then = count(Split::Calibrate, signal, bins.len());
            ((*name).to_owned(), stability(&then, &count(Split::Test, signal, bins.len())))
        })
        .collect()
}
