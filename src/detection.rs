//! Named findings over signals. Names are Entra's `riskEventType` where one exists.
//!
//! A detection reads signals and never a policy. Each file states what it means, what it takes, and which
//! honest people it is known to accuse. One whose level is `none` tells what happened and is held against nobody. Those of
//! Entra that an edge does not make, and which fact it lacks, are listed in `src/detection/README.md`.

mod anomalous_token;
mod anonymized_address;
mod attack_tool;
mod attacker_in_the_middle;
mod automation;
mod contradiction;
mod evidence;
mod failed_access;
mod impersonation;
mod impossible_travel;
mod kind;
mod new_country;
mod password_spray;
mod risky_user;
mod suspicious_sign_ins;
mod unfamiliar_features;
mod unlikely_travel;

pub use evidence::{Evidence, Value};
pub use kind::{DetectionKind, DetectionSet};

use crate::agent::Agent;
use crate::request::Request;
use crate::risk::RiskLevel;
use crate::signal::Signals;
use crate::write::written;

/// A detection made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection<'a> {
    /// Its name.
    pub kind: DetectionKind,
    /// How bad it is, taken alone. `none`: worth knowing, and nothing that counts.
    pub level: RiskLevel,
    /// What it rests on.
    pub evidence: Evidence<'a>,
}

written!(Detection<'_> {
    "type" => kind,
    "level" => level,
    "evidence" => evidence,
});

/// What a detection may look at.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'r, 's> {
    /// Facts as reported.
    pub request: &'r Request<'r>,
    /// The classified client.
    pub agent: &'s Agent<'r>,
    /// The binned signals.
    pub signals: &'s Signals,
}

/// Makes all detections, in the order of [`DetectionKind::ALL`].
#[must_use]
pub fn detect<'r>(observed: Observed<'r, '_>) -> Vec<Detection<'r>> {
    let mut made = Vec::new();
    // Not through a table: most detectors look at one fact, and calling one by its address costs more than that.
    let mut add = |detection: Option<Detection<'r>>| {
        if let Some(detection) = detection {
            made.push(detection);
        }
    };
    add(anomalous_token::detect(observed));
    add(impossible_travel::detect(observed));
    add(new_country::detect(observed));
    add(unfamiliar_features::detect(observed));
    add(anonymized_address::detect(observed));
    add(password_spray::detect(observed));
    add(contradiction::detect(observed));
    add(automation::detect(observed));
    add(attack_tool::detect(observed));
    add(impersonation::detect(observed));
    add(unlikely_travel::detect(observed));
    add(attacker_in_the_middle::detect(observed));
    add(suspicious_sign_ins::detect(observed));
    add(failed_access::detect(observed));
    add(risky_user::detect(observed));
    made
}

/// The worst level among some detections.
#[must_use]
pub fn worst(detections: &[Detection<'_>]) -> RiskLevel {
    detections.iter().map(|detection| detection.level).max().unwrap_or(RiskLevel::None)
}

/// The names of some detections.
#[must_use]
pub fn kinds(detections: &[Detection<'_>]) -> DetectionSet {
    detections.iter().fold(DetectionSet::default(), |mut set, detection| {
        set.insert(detection.kind);
        set
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds and levels detected in a request given as JSON.
    pub(super) fn detected(json: &str) -> Vec<(DetectionKind, RiskLevel)> {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        let agent = crate::agent::classify(&request);
        let signals = Signals::read(
            &request,
            &agent,
            &crate::identifier::Identifiers::plain(),
            &crate::signal::Population::default(),
        );
        detect(Observed { request: &request, agent: &agent, signals: &signals })
            .into_iter()
            .map(|detection| (detection.kind, detection.level))
            .collect()
    }

    /// Whether a request given as JSON has a detection, and how bad it is.
    pub(super) fn level_of(kind: DetectionKind, json: &str) -> Option<RiskLevel> {
        detected(json).into_iter().find(|found| found.0 == kind).map(|found| found.1)
    }

    #[test]
    fn the_readme_lists_every_kind_once() {
        let readme = include_str!("detection/README.md");
        for kind in DetectionKind::ALL {
            let row = format!("| `{}` |", kind.name());
            assert_eq!(readme.matches(&row).count(), 1, "{}", kind.name());
        }
    }

    #[test]
    fn nothing_known_detects_nothing() {
        assert_eq!(detected("{}"), []);
    }
}
