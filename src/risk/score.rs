//! Adding it up: the contributions *are* the score.

use super::{LevelSet, Model, RiskLevel, probability};
use crate::detection::{Detection, DetectionKind};
use crate::signal::{CATALOGUE, Signals};
use crate::write::written;

/// One signal's part in the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// Signal, by name.
    pub signal: &'static str,
    /// Bin it fell into.
    pub bin: &'static str,
    /// Points, in 1/64 bit of log-odds; positive is riskier.
    pub points: i32,
}

written!(Contribution {
    "signal" => signal,
    "bin" => bin,
    "points" => points,
});

/// Risk of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Sum of the contributions, in 1/64 bit of log-odds.
    pub score: i32,
    /// Probability of an attack in 1/65536, where one request in a hundred is one or as many as the bundle's settings say.
    pub probability_q16: u32,
    /// Levels still possible.
    pub levels: LevelSet,
    /// What the score is made of; signals of zero points are left out.
    pub contributions: Vec<Contribution>,
}

written!(Risk {
    "score" => score,
    "probabilityQ16" => probability_q16,
    "levels" => levels,
    "contributions" => contributions,
});

/// What a decision needs of [`Risk`]; the contributions follow from the signals when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// As in [`Risk::score`].
    pub score: i32,
    /// As in [`Risk::probability_q16`].
    pub probability_q16: u32,
    /// As in [`Risk::levels`].
    pub levels: LevelSet,
}

/// Scores one request. `stated` is a level that somebody with a wider view has computed.
#[must_use]
pub fn score(
    model: &Model,
    signals: &Signals,
    detections: &[Detection<'_>],
    stated: Option<RiskLevel>,
) -> Score {
    let bins = signals.bins();
    let score = model.sum(bins, |points| points.points);
    let thresholds = model.thresholds();
    let odds = model.calibrated(score);
    let levels = match stated {
        // The wider view overrules what the edge merely estimates, never what it caught in the act.
        Some(level) => LevelSet::only(level).at_least(floor(detections, is_hard)),
        None => match model.band().filter(|_| !signals.is_anonymous()) {
            Some(band) => {
                let levels = band.levels(score, signals);
                model.worth().map_or(levels, |worth| worth.of(levels, odds))
            }
            None => {
                let (low, high) =
                    (model.sum(bins, |points| points.low), model.sum(bins, |points| points.high));
                LevelSet::between(thresholds.level(low), thresholds.level(high))
            }
        }
        .at_least(floor(detections, |_| true)),
    };
    Score { score, probability_q16: probability::from_points(odds), levels }
}

impl Risk {
    /// A score with its contributions.
    #[must_use]
    pub fn new(score: Score, model: &Model, signals: &Signals) -> Self {
        let mut contributions = Vec::with_capacity(CATALOGUE.len());
        signals.each(|observed| {
            let points = model.points(observed).points;
            if points != 0
                && let Some((signal, bins)) = CATALOGUE.get(observed.signal)
                && let Some(bin) = bins.get(observed.bin)
            {
                contributions.push(Contribution { signal, bin, points });
            }
        });
        let Score { score, probability_q16, levels } = score;
        Self { score, probability_q16, levels, contributions }
    }
}

/// The worst level among some detections.
fn floor(detections: &[Detection<'_>], counts: impl Fn(DetectionKind) -> bool) -> RiskLevel {
    detections
        .iter()
        .filter(|detection| counts(detection.kind))
        .map(|detection| detection.level)
        .max()
        .unwrap_or(RiskLevel::None)
}

/// Detections of something done, which no history explains away. Session binding is a rule, not a weight:
/// a model that never saw replay leaks a third of it, measured by leaving one attacker out.
const fn is_hard(kind: DetectionKind) -> bool {
    matches!(
        kind,
        DetectionKind::AnomalousToken | DetectionKind::AttackTool | DetectionKind::AgentImpersonation
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    fn risk(json: &str, stated: Option<RiskLevel>) -> Risk {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        let agent = crate::agent::classify(&request);
        let signals = Signals::read(
            &request,
            &agent,
            &crate::identifier::Identifiers::plain(),
            &crate::signal::Population::default(),
        );
        let observed = crate::detection::Observed { request: &request, agent: &agent, signals: &signals };
        // A model without a band, whose levels are intervals.
        let priors = include_str!("../../data/model/priors.json");
        let model = Model::parse(priors, crate::risk::Setting::Standard).unwrap();
        let score = score(&model, &signals, &crate::detection::detect(observed), stated);
        Risk::new(score, &model, &signals)
    }

    const FAMILIAR: &str = r#"{"client":{"asn":64500,"country":"NO"},"principal":{"kind":"user","id":"u"},
        "profile":{"count":9,"asns":[64500],"countries":["NO"]}}"#;

    #[test]
    fn contributions_sum_to_the_score() {
        let risk = risk(FAMILIAR, None);
        assert_eq!(risk.contributions.iter().map(|part| part.points).sum::<i32>(), risk.score);
        assert!(risk.score < 0);
    }

    #[test]
    fn a_missing_profile_leaves_the_level_open() {
        let known = risk(FAMILIAR, None).levels;
        let open =
            risk(r#"{"client":{"asn":64500,"country":"NO"},"principal":{"kind":"user","id":"u"}}"#, None)
                .levels;
        assert_eq!(known.exactly(), Some(RiskLevel::None));
        assert!(open.contains(RiskLevel::None) && open.contains(RiskLevel::Medium));
    }

    #[test]
    fn a_stated_level_settles_it_but_can_not_talk_down_a_stolen_session() {
        assert_eq!(risk(FAMILIAR, Some(RiskLevel::High)).levels.exactly(), Some(RiskLevel::High));
        let stolen = r#"{"client":{"asn":64501},"tls":{"ja4":"b"},
            "session":{"binding":{"asn":64500,"ja4":"a"}}}"#;
        assert_eq!(risk(stolen, Some(RiskLevel::None)).levels.exactly(), Some(RiskLevel::High));
    }
}
