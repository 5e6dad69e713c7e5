//! The evaluation of a model on a stream: every figure with what it was measured on and what was held out.

use std::collections::BTreeMap;

use edgeward::signal::CATALOGUE;
use serde::Serialize;

use crate::calibrate::{Promise, thresholds};
use crate::calibration::Calibration;
use crate::dataset::{Dataset, Row};
use crate::event::Split;
use crate::learn::learn;
use crate::measure::{
    Honesty, Rate, RiskCoverage, Separation, honesty, risk_coverage, separation, stability,
};
use crate::model::{ModelFile, PREVALENCE, SETTINGS};
use crate::reauthentication::{Reauthentications, count};
use crate::scorecard::{Constraints, Scorecard};

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
    /// A model learned anew from the stream without the families held out, and what it makes of them.
    pub generalisation: Generalisation,
    /// How far each signal's distribution moved from calibration to test, benign rows.
    pub drift: BTreeMap<String, f64>,
}

/// What the measures rest on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// Rows of the stream.
    pub rows: usize,
    /// Principals.
    pub principals: u32,
    /// Benign test rows measured on, all with a history.
    pub benign: usize,
    /// Benign test sign-ins without a history: always deferred, and not measured on.
    pub without_history: usize,
    /// Families neither learned from nor calibrated on in `generalisation`.
    pub held_out: Vec<String>,
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

/// A model learned without some families.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Generalisation {
    /// Its standard band.
    pub band: Band,
    /// The hardened band: learned and calibrated with all families, those held out here among them.
    pub hardened: Band,
    /// Sign-ins against the families it knows.
    pub known: BTreeMap<&'static str, Separation>,
    /// Sign-ins against those it does not.
    pub held_out: BTreeMap<&'static str, Separation>,
    /// Its probabilities, calibrated families only.
    pub honesty: Honesty,
    /// Its risk by coverage.
    pub risk_coverage: RiskCoverage,
    /// Re-authentications in the first twelve sign-ins: attacker, share caught, and by model.
    pub reauthentications: Vec<(String, f64, BTreeMap<&'static str, Reauthentications>)>,
    /// Per family: share allowed by a model that was neither learned nor calibrated with it.
    pub leave_one_out: BTreeMap<String, Rate>,
}

/// Attackers and shares caught of the published protocol.
const PROTOCOL: [(&str, f64); 12] = [
    ("naive", 0.999),
    ("naive", 0.99),
    ("vpn", 0.999),
    ("vpn", 0.99),
    ("targeted", 0.999),
    ("targeted", 0.995),
    ("targeted", 0.99),
    ("targeted", 0.98),
    ("targeted", 0.97),
    ("veryTargeted", 0.9425),
    ("veryTargeted", 0.8966),
    ("veryTargeted", 0.8276),
];

/// Assesses a model. `held_out` names the families that the generalisation does without; it calibrates on rows since
/// a time, milliseconds since the Unix epoch.
#[must_use]
pub fn assess(
    dataset: &Dataset,
    constraints: &Constraints,
    model: &ModelFile,
    held_out: &[String],
    since: i64,
    mut progress: impl FnMut(f64),
) -> Report {
    // What the model knows of everybody, and what one learned anew from the stream does.
    let [own, anew] = [&model.everybody, &dataset.everybody(held_out)].map(|everybody| {
        // A test reads all that streams can hold, and a model's were read before.
        dataset.weighed(&everybody.population().unwrap_or_default())
    });
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
    let without_history = dataset
        .rows
        .iter()
        .filter(|row| row.split == Some(Split::Test) && !row.is_attack && row.history == 0)
        .count();
    Report {
        schema: 1,
        model: model.id.clone(),
        basis: Basis {
            rows: dataset.rows.len(),
            principals: dataset.users,
            benign: test.iter().filter(|row| !row.is_attack).count(),
            without_history,
            held_out: held_out.to_vec(),
        },
        bands,
        honesty: honesty(&probabilities, PREVALENCE),
        risk_coverage: risk_coverage(&probabilities),
        generalisation: generalise(
            &anew,
            constraints,
            held_out,
            since,
            &anew.part(Split::Test, &[]),
            &mut progress,
        ),
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

fn generalise(
    dataset: &Dataset,
    constraints: &Constraints,
    held_out: &[String],
    since: i64,
    test: &[&Row],
    progress: &mut impl FnMut(f64),
) -> Generalisation {
    let families: Vec<String> = dataset
        .families
        .iter()
        .enumerate()
        .filter(|(index, name)| {
            !held_out.contains(name)
                && test.iter().any(|row| row.is_attack && usize::from(row.family) == *index)
        })
        .map(|(_, name)| name.clone())
        .collect();
    let fit = |without: &[String]| {
        let card = learn(constraints, &dataset.part(Split::Train, without), |_| {});
        let set = thresholds(&card, &dataset.calibration(without, since), Promise::default());
        (card, set)
    };
    let steps = families.len() as f64 + 2.0;
    let (card, set) = fit(held_out);
    progress(1.0 / steps);
    let (worst, worst_set) = fit(&[]);
    progress(2.0 / steps);
    let mut leave_one_out = BTreeMap::new();
    for (index, family) in families.iter().enumerate() {
        let mut without = held_out.to_vec();
        without.push(family.clone());
        let (card, set) = fit(&without);
        let rows: Vec<&Row> =
            test.iter().copied().filter(|row| dataset.name(row.family) == Some(family)).collect();
        leave_one_out.insert(family.clone(), outcomes(&card, set.allow, None, &rows).allow);
        progress((index + 3) as f64 / steps);
    }
    let known_test = dataset.part(Split::Test, held_out);
    let calibration = Calibration::fit(&card, &dataset.calibration(held_out, since), PREVALENCE);
    let probabilities = calibration.probabilities(&card, &known_test, PREVALENCE);
    let is_known =
        |row: &Row| dataset.name(row.family).is_some_and(|name| families.iter().any(|one| one == name));
    Generalisation {
        band: band(dataset, &card, set.allow, set.block, test),
        hardened: band(dataset, &worst, worst_set.allow, worst_set.block, test),
        known: separations(&card, test, &is_known),
        held_out: separations(&card, test, &|row| !is_known(row)),
        honesty: honesty(&probabilities, PREVALENCE),
        risk_coverage: risk_coverage(&probabilities),
        reauthentications: reauthentications(dataset, &card),
        leave_one_out,
    }
}

type Scorer<'a> = (&'static str, Box<dyn Fn(&Row) -> Option<f64> + 'a>);

/// The model and the baselines.
fn scorers(card: &Scorecard) -> [Scorer<'_>; 3] {
    [
        ("model", Box::new(|row| Some(f64::from(card.score(row))))),
        ("freeman", Box::new(|row| row.freeman)),
        ("counting", Box::new(|row| row.counting)),
    ]
}

/// On sign-ins, because the baselines know nothing of sessions.
fn separations(
    card: &Scorecard,
    test: &[&Row],
    is_chosen: &dyn Fn(&Row) -> bool,
) -> BTreeMap<&'static str, Separation> {
    let sign_ins: Vec<&Row> = test.iter().copied().filter(|row| !row.is_session).collect();
    scorers(card)
        .into_iter()
        .map(|(name, score)| {
            let of = |attack: bool| -> Vec<f64> {
                let rows =
                    sign_ins.iter().filter(|row| row.is_attack == attack && (!attack || is_chosen(row)));
                rows.filter_map(|row| score(row)).collect()
            };
            (name, separation(&of(true), &of(false)))
        })
        .collect()
}

fn reauthentications(
    dataset: &Dataset,
    card: &Scorecard,
) -> Vec<(String, f64, BTreeMap<&'static str, Reauthentications>)> {
    let mut all = Vec::new();
    for (attacker, share) in PROTOCOL {
        let mut by_model = BTreeMap::new();
        for (name, score) in scorers(card) {
            let sign_ins = || dataset.rows.iter().filter(|row| !row.is_session && row.history > 0);
            let benign: Vec<_> = sign_ins()
                .filter(|row| !row.is_attack)
                .filter_map(|row| Some((row.user, row.history + 1, score(row)?)))
                .collect();
            let attacks: Vec<f64> = sign_ins()
                .filter(|row| row.is_attack && dataset.name(row.family) == Some(attacker))
                .filter_map(&score)
                .collect();
            if let Some(counted) = count(&benign, &attacks, share, 12) {
                by_model.insert(name, counted);
            }
        }
        if !by_model.is_empty() {
            all.push((attacker.to_owned(), share, by_model));
        }
    }
    all
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
