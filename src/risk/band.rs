//! Where the edge may decide alone: below one score it lets through, above another it raises the alarm, and between
//! them the level stays open for the scorer to say.
//!
//! The two scores are order statistics of calibration data (`lab`, threshold.rs): with probability 1-δ at most α of
//! each calibrated family of attackers is let through and at most β of the principals' own requests raise the
//! alarm, whatever the scores' distribution. What no calibration covers is a rule and not a weight: see
//! [`is_trustworthy`].

use super::{LevelSet, RiskLevel};
use crate::agent::AgentClass;
use crate::compiled::compiled;
use crate::error::Error;
use crate::read::record;
use crate::signal::{Binding, Possession, Signals};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// How far the edge trusts itself.
    #[derive(Default)]
    pub enum Setting {
        /// Calibrated on attackers who have credentials or a session.
        #[default]
        Standard = "standard",
        /// Calibrated also on those who clone the browser next door or steal the device's cookies.
        Hardened = "hardened",
    }
}

compiled!(@one_of Setting);

/// A band as it is written.
#[derive(Default)]
pub(super) struct BandFile {
    allow: Option<i32>,
    block: Option<i32>,
}

record!(strict BandFile {
    "allow" => Whole(allow),
    "block" => Whole(block),
} requires {
    "allow" => allow,
    "block" => block,
});

impl BandFile {
    pub(super) fn validate(&self) -> Result<Band, Error> {
        match (self.allow, self.block) {
            (Some(allow), Some(block)) if (Band { allow, block }).is_sound() => Ok(Band { allow, block }),
            _ => Err(Error::model("band", "must allow below where it stops".to_owned())),
        }
    }
}

/// The scores between which the edge does not decide alone, in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Highest score without risk.
    pub allow: i32,
    /// Lowest score of high risk.
    pub block: i32,
}

compiled!(Band { allow, block });

impl Band {
    pub(super) const fn is_sound(self) -> bool {
        self.allow < self.block
    }

    /// Levels still possible at a score.
    #[must_use]
    pub fn levels(self, score: i32, signals: &Signals) -> LevelSet {
        if score >= self.block {
            LevelSet::only(RiskLevel::High)
        } else if score <= self.allow && is_trustworthy(signals) {
            LevelSet::only(RiskLevel::None)
        } else {
            LevelSet::UNKNOWN
        }
    }
}

/// Whether a low score may be believed at all.
///
/// A model that never saw a kind of theft gives it low scores, so these are rules: a device cookie of which a copy
/// is in use elsewhere; a session presented by another client than it was minted for, or, without proof of its key, from
/// another network without proof of the device, or without the cookie that every other request of the device carries; a
/// client that does not say what it is; a sign-in that no history speaks for.
#[must_use]
pub fn is_trustworthy(signals: &Signals) -> bool {
    let (session, history) = (&signals.session, &signals.history);
    if signals.possession == Possession::ForkedCookie
        || signals.is_silent
        || signals.agent_class == AgentClass::Malformed
    {
        return false;
    }
    let is_other_client = [session.agent, session.ja4].contains(&Binding::Changed);
    let is_other_network = [session.asn, session.country].contains(&Binding::Changed);
    let is_its_own = session.is_proved || signals.possession.is_proved();
    if is_other_client || is_other_network && !is_its_own {
        return false;
    }
    if session.is_bound() {
        let lacks_cookie = matches!(signals.possession, Possession::NoCookie | Possession::Delegate);
        return (session.is_proved || !lacks_cookie) && (session.asn == Binding::Same || is_its_own);
    }
    [history.asn, history.country, history.agent, history.device]
        .into_iter()
        .any(|one| one.is_known() || one.is_new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Identifiers;
    use crate::request::Request;
    use crate::signal::Population;

    const BAND: Band = Band { allow: 0, block: 500 };

    fn levels(score: i32, json: &str) -> LevelSet {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        let agent = crate::agent::classify(&request);
        BAND.levels(score, &Signals::read(&request, &agent, &Identifiers::plain(), &Population::default()))
    }

    const KNOWN: &str = r#"{"client":{"asn":64500},"profile":{"count":9,"asns":[64500]}}"#;

    #[test]
    fn between_the_scores_the_level_stays_open() {
        assert_eq!(levels(0, KNOWN), LevelSet::only(RiskLevel::None));
        assert_eq!([levels(1, KNOWN), levels(499, KNOWN)], [LevelSet::UNKNOWN; 2]);
        assert_eq!(levels(500, KNOWN), LevelSet::only(RiskLevel::High));
    }

    #[test]
    fn no_score_speaks_for_a_stranger() {
        assert_eq!(
            levels(-4000, r#"{"client":{"asn":64500},"principal":{"kind":"user"}}"#),
            LevelSet::UNKNOWN
        );
        let forked =
            KNOWN.replace("{\"client\"", r#"{"device":{"cookie":"forked","isCompliant":true},"client""#);
        assert_eq!(levels(-4000, &forked), LevelSet::UNKNOWN);
    }

    #[test]
    fn a_session_must_come_from_its_own_client() {
        let session = |client: &str, ja4: &str, device: &str| {
            levels(
                -4000,
                &format!(
                    r#"{{"client":{client},"tls":{{"ja4":"{ja4}"}},"device":{device},
                        "session":{{"binding":{{"asn":64500,"country":"NO","ja4":"a"}}}}}}"#
                ),
            )
        };
        let (home, away) = (r#"{"asn":64500,"country":"NO"}"#, r#"{"asn":64501,"country":"NO"}"#);
        let trusted = LevelSet::only(RiskLevel::None);
        assert_eq!(session(home, "a", "{}"), trusted);
        assert_eq!(session(away, "a", r#"{"cookie":"current"}"#), trusted);
        assert_eq!(session(home, "a", r#"{"cookie":"none"}"#), LevelSet::UNKNOWN);
        assert_eq!(session(away, "a", "{}"), LevelSet::UNKNOWN);
        assert_eq!(session(home, "b", r#"{"cookie":"current"}"#), LevelSet::UNKNOWN);
    }

    #[test]
    fn a_key_that_is_proved_can_not_have_been_copied_with_the_token() {
        let session = |client: &str, ja4: &str, device: &str| {
            let binding = r#"{"asn":64500,"country":"NO","ja4":"a"}"#;
            let json = format!(
                r#"{{"client":{client},"tls":{{"ja4":"{ja4}"}},"device":{device},
                    "session":{{"keyProved":true,"binding":{binding}}}}}"#
            );
            levels(-4000, &json)
        };
        let (home, away) = (r#"{"asn":64500,"country":"NO"}"#, r#"{"asn":64501,"country":"SE"}"#);
        let trusted = LevelSet::only(RiskLevel::None);
        assert_eq!(session(away, "a", "{}"), trusted);
        assert_eq!(session(home, "a", r#"{"cookie":"none"}"#), trusted);
        assert_eq!(
            session(home, "b", "{}"),
            LevelSet::UNKNOWN,
            "another client would have had to get the key"
        );
        assert_eq!(session(home, "a", r#"{"cookie":"forked"}"#), LevelSet::UNKNOWN);
        // A key of one's own says nothing of whose account it is.
        let stranger = r#"{"session":{"keyProved":true},"client":{"asn":64500},"principal":{"kind":"user"}}"#;
        assert_eq!(levels(-4000, stranger), LevelSet::UNKNOWN);
    }

    #[test]
    fn one_dimension_that_changed_is_enough() {
        let bound = |binding: &str, client: &str| {
            levels(
                -4000,
                &format!(
                    r#"{{"client":{client},"tls":{{"ja4":"b"}},"session":{{"binding":{binding}}},
                        "profile":{{"count":9,"asns":[64500,64501],"countries":["NO","SE"]}}}}"#
                ),
            )
        };
        let client = r#"{"asn":64501,"country":"NO"}"#;
        assert_eq!(bound(r#"{"asn":64501}"#, client), LevelSet::only(RiskLevel::None));
        for binding in [r#"{"asn":64500}"#, r#"{"country":"SE"}"#, r#"{"ja4":"a"}"#] {
            assert_eq!(bound(binding, client), LevelSet::UNKNOWN, "{binding}");
        }
    }

    #[test]
    fn who_does_not_say_what_it_is_is_not_believed() {
        for headers in ["[]", r#"[["user-agent",""]]"#, r#"[["user-agent","Mozilla/5.0"]]"#] {
            let request =
                KNOWN.replace("{\"client\"", &format!(r#"{{"http":{{"headers":{headers}}},"client""#));
            assert_eq!(levels(-4000, &request), LevelSet::UNKNOWN, "{headers}");
        }
    }
}
