//! What a model learned anew makes of attackers that it was not learned from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Band, band, outcomes};
use crate::calibrate::{Promise, Thresholds, thresholds};
use crate::calibration::Calibration;
use crate::dataset::{Dataset, Row};
use crate::event::Split;
use crate::learn::{Aim, learn};
use crate::measure::{Honesty, Rate, RiskCoverage, Separation, honesty, risk_coverage, separation};
use crate::model::PREVALENCE;
use crate::reauthentication::{Reauthentications, count};
use crate::scorecard::{Constraints, Scorecard};

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
    /// Re-authentications in the first twelve sign-ins of principals of the test part: attacker, share caught, and by
    /// model.
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

/// Learns points and sets thresholds without some families, on a data set that is weighed already.
fn fit(
    dataset: &Dataset,
    constraints: &Constraints,
    without: &[String],
    aim: Aim,
    since: i64,
) -> (Scorecard, Thresholds) {
    let card = learn(constraints, &dataset.part(Split::Train, without), aim, |_| {});
    let set = thresholds(&card, &dataset.calibration(without, since), Promise::default());
    (card, set)
}

/// The data set as a model learned without some families sees it: it knows nobody's networks from them either.
fn seen_without(dataset: &Dataset, without: &[String]) -> Dataset {
    // A test reads all that streams can hold.
    dataset.weighed(&dataset.everybody(without).population().unwrap_or_default())
}

/// Why nothing can be learned anew from a stream without some families.
pub(super) fn obstacle(dataset: &Dataset, without: &[String], since: i64) -> Option<String> {
    let parts = [
        (Split::Train, dataset.part(Split::Train, without)),
        (Split::Calibrate, dataset.calibration(without, since)),
    ];
    parts.into_iter().find_map(|(split, rows)| {
        let attacks = rows.iter().filter(|row| row.is_attack).count();
        let missing = match (attacks == 0, attacks == rows.len()) {
            (true, true) => "no rows",
            (true, false) => "no attacks of families that are not held out",
            (false, true) => "no benign rows",
            (false, false) => return None,
        };
        Some(format!("the split `{}` has {missing}, of principals with a history", split.name()))
    })
}

pub(super) fn generalise(
    stream: &Dataset,
    constraints: &Constraints,
    held_out: &[String],
    since: i64,
    mut progress: impl FnMut(f64),
) -> Generalisation {
    let dataset = &seen_without(stream, held_out);
    let test = &dataset.part(Split::Test, &[]);
    let is_tested = |(index, name): &(usize, &String)| {
        !held_out.contains(name) && test.iter().any(|row| row.is_attack && usize::from(row.family) == *index)
    };
    let families: Vec<String> =
        dataset.families.iter().enumerate().filter(is_tested).map(|(_, name)| name.clone()).collect();
    let steps = families.len() as f64 + 2.0;
    let (card, set) = fit(dataset, constraints, held_out, Aim::Anybody, since);
    progress(1.0 / steps);
    let (worst, worst_set) = fit(dataset, constraints, &[], Aim::Band, since);
    progress(2.0 / steps);
    let mut leave_one_out = BTreeMap::new();
    for (index, family) in families.iter().enumerate() {
        let mut without = held_out.to_vec();
        without.push(family.clone());
        let dataset = seen_without(stream, &without);
        let (card, set) = fit(&dataset, constraints, &without, Aim::Anybody, since);
        let mut rows = dataset.part(Split::Test, &[]);
        rows.retain(|row| row.is_attack && dataset.name(row.family) == Some(family));
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

/// Principals of the test part that no other part has seen.
fn testers(dataset: &Dataset) -> BTreeSet<u32> {
    let of = |is_chosen: fn(Split) -> bool| -> BTreeSet<u32> {
        let rows = dataset.rows.iter().filter(|row| row.split.is_some_and(is_chosen));
        rows.map(|row| row.user).collect()
    };
    let seen = of(|split| split != Split::Test);
    of(|split| split == Split::Test).into_iter().filter(|user| !seen.contains(user)).collect()
}

/// The published protocol looks at everybody's first sign-ins. Most of them lie before the test part's time and are in
/// no part, so that they are not learned from; they are counted, of principals of the test part only. Attacks are those
/// of the test part, on the same principals.
fn reauthentications(
    dataset: &Dataset,
    card: &Scorecard,
) -> Vec<(String, f64, BTreeMap<&'static str, Reauthentications>)> {
    let testers = testers(dataset);
    let is_counted = |row: &&Row| !row.is_session && row.history > 0 && testers.contains(&row.user);
    let sign_ins: Vec<&Row> = dataset.rows.iter().filter(is_counted).collect();
    let mut all = Vec::new();
    for (attacker, share) in PROTOCOL {
        let mut by_model = BTreeMap::new();
        for (name, score) in scorers(card) {
            let benign: Vec<_> = sign_ins
                .iter()
                .filter(|row| !row.is_attack)
                .filter_map(|row| Some((row.user, row.history + 1, score(row)?)))
                .collect();
            let attacks: Vec<f64> = sign_ins
                .iter()
                .filter(|row| row.split == Some(Split::Test) && row.is_attack)
                .filter(|row| dataset.name(row.family) == Some(attacker))
                .filter_map(|row| score(row))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{row, seen};

    #[test]
    fn re_authentications_are_those_of_the_test_part() {
        let card = Scorecard { points: vec![(0..=255).collect()] };
        let mut rows = Vec::new();
        // People 1 and 2 were learned from and calibrated on, 4 was learned from too: they look like attackers, who
        // aim low at them.
        let parts = [(Split::Train, 1), (Split::Calibrate, 2), (Split::Test, 3), (Split::Test, 4)];
        for (split, user) in parts {
            let (ours, theirs) = if user == 3 { (0, 100) } else { (150, 10) };
            for history in 1..12 {
                // Nobody's first sign-ins are in a part; one of the first is odd.
                let split = (history > 8).then_some(split);
                let score = if history == 2 { 120 } else { ours };
                rows.push(Row { user, history, bins: [score; _], ..row(split, 0) });
            }
            rows.push(Row { user, bins: [theirs; _], ..row(Some(split), 1) });
        }
        rows.push(Row { user: 4, ..row(Some(Split::Train), 0) });
        let families = ["usual", "naive"].map(str::to_owned).into();
        let counted = reauthentications(&Dataset { rows, families, ..Dataset::default() }, &card);
        let (attacker, share, by_model) = &counted[0];
        assert_eq!((attacker.as_str(), *share), ("naive", 0.999));
        let expected = Reauthentications { caught: 1.0, people: 1, median: 1.0, mean: 1.0 };
        assert_eq!(by_model["model"], expected);
    }

    #[test]
    fn what_a_stream_lacks_to_learn_from_is_said() {
        let of = |split, family| row(Some(split), family);
        let (train, calibrate) = (Split::Train, Split::Calibrate);
        let families = ["usual", "crude", "subtle"].map(str::to_owned);
        let why = |rows: Vec<Row>| {
            let dataset = Dataset { rows, families: families.to_vec(), ..Dataset::default() };
            obstacle(&dataset, &["subtle".to_owned()], 0)
        };
        let tested = of(Split::Test, 1);
        let said =
            |split, missing| Some(format!("the split `{split}` has {missing}, of principals with a history"));
        assert_eq!(why(vec![tested]), said("train", "no rows"));
        assert_eq!(why(vec![of(train, 1), tested]), said("train", "no benign rows"));
        let held_out = "no attacks of families that are not held out";
        assert_eq!(why(vec![of(train, 0), of(train, 2), tested]), said("train", held_out));
        let learned = [of(train, 0), of(train, 1)];
        assert_eq!(why(learned.to_vec()), said("calibrate", "no rows"));
        let early = Row { time: -1, ..of(calibrate, 0) };
        let calibrated = [of(calibrate, 1), early];
        assert_eq!(why([learned, calibrated].concat()), said("calibrate", "no benign rows"));
        let calibrated = [of(calibrate, 1), of(calibrate, 0)];
        assert_eq!(why([learned, calibrated].concat()), None);
    }

    #[test]
    fn a_family_that_is_left_out_tells_of_no_network() {
        let in_network = |row: Row, asn, host: u8, kind| Row {
            asn: Some(asn),
            ip: Some([192, 0, 2, host].into()),
            ..seen(row, "network", kind)
        };
        let mut rows = Vec::new();
        for host in (0..=u8::MAX).cycle().take(600) {
            for split in Split::ALL.map(Some) {
                rows.push(in_network(row(split, 0), 64500, host, "access"));
                rows.push(in_network(row(split, 1), 64501, host, "hosting"));
            }
            // Hosts know the proxy's network until it moves house.
            for (split, kind) in
                [(Split::Train, "hosting"), (Split::Calibrate, "access"), (Split::Test, "access")]
            {
                rows.push(in_network(row(Some(split), 2), 64502, host, kind));
            }
        }
        let families = ["usual", "crude", "proxied"].map(str::to_owned).into();
        let dataset = Dataset { rows, families, ..Dataset::default() };
        let found = generalise(&dataset, &Constraints::load().unwrap(), &[], i64::MIN, |_| {});
        assert_eq!(found.band.families["proxied"].allow.share, 0.0, "its network is known");
        assert_eq!(found.leave_one_out["proxied"].share, 1.0, "and would not be without it");
        assert_eq!(found.leave_one_out["crude"].share, 0.0);
    }
}
