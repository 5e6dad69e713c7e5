//! What the scorer last said of revoked sessions and of principals' risk.

use std::collections::HashMap;
use std::hash::Hash;

use edgeward::Request;
use edgeward::identifier::{IdentifierKind, Identifiers};
use edgeward::request::{Device, PrincipalKind, Session};
use edgeward::risk::RiskLevel;
use serde::Deserialize;

use crate::session::anonymous;

/// Entries kept of each kind. An instance lives for a minute and starts from the scorer's whole state: one that is
/// larger than this is not taken, and said so, because a part of it would pass as all.
const LIMIT: usize = 100_000;

/// Ids are as identifiers leave the edge.
#[derive(Debug, Default)]
pub struct State {
    cursor: u64,
    revoked: HashMap<String, i64>,
    levels: HashMap<(Kind, String), RiskLevel>,
    fail_safe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    User,
    ServicePrincipal,
    Agent,
}

impl Kind {
    /// `None` for a kind of principals that a newer scorer may know.
    fn named(name: &str) -> Option<Self> {
        match name {
            "user" => Some(Self::User),
            "servicePrincipal" => Some(Self::ServicePrincipal),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    cursor: u64,
    revoked_sessions: Vec<Revoked>,
    risk_levels: Vec<Level>,
    #[serde(default)]
    fail_safe: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revoked {
    id: String,
    revoked_at: i64,
}

#[derive(Deserialize)]
struct Level {
    kind: String,
    id: String,
    level: RiskLevel,
}

impl State {
    /// Where the next page starts.
    #[must_use]
    pub const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether the scorer's audit found that edges allow too much by themselves.
    #[must_use]
    pub const fn is_fail_safe(&self) -> bool {
        self.fail_safe
    }

    /// Takes in one page of `GET /v1/state`, whole or not at all; tells whether it did.
    pub fn apply(&mut self, page: &str) -> bool {
        let Ok(page) = serde_json::from_str::<Page>(page) else { return false };
        let revoked: Vec<_> = page.revoked_sessions.into_iter().map(|one| (one.id, one.revoked_at)).collect();
        let levels = page.risk_levels.into_iter();
        let levels: Vec<_> =
            levels.filter_map(|one| Some(((Kind::named(&one.kind)?, one.id), one.level))).collect();
        if !has_room(&self.revoked, &revoked) || !has_room(&self.levels, &levels) {
            return false;
        }
        self.revoked.extend(revoked);
        self.levels.extend(levels);
        self.fail_safe = page.fail_safe;
        // A cursor that runs backwards is another scorer, or one restored from an older copy: its feed is read from
        // the start. What was revoked stays revoked.
        self.cursor = if page.cursor < self.cursor { 0 } else { page.cursor };
        true
    }

    /// Fills in what was told of this session and principal. A revoked session is no session: tells whether it was.
    pub fn state(&self, identifiers: &Identifiers, request: &mut Request<'_>) -> bool {
        if let Some(id) = &request.session.id {
            let revoked_at = self.revoked.get(&*identifiers.of(IdentifierKind::Session, id));
            let began = request.session.established_at;
            if revoked_at.is_some_and(|at| began.is_none_or(|began| began <= *at)) {
                request.principal = anonymous();
                request.session = Session::default();
                request.device = Device::default();
                return true;
            }
        }
        let kind = match request.principal.kind {
            Some(PrincipalKind::User | PrincipalKind::AgentUser) => Kind::User,
            Some(PrincipalKind::Workload) => Kind::ServicePrincipal,
            Some(PrincipalKind::Agent) => Kind::Agent,
            _ => return false,
        };
        let Some(id) = &request.principal.id else { return false };
        let id = identifiers.of(IdentifierKind::Principal, id).to_string();
        let level = self.levels.get(&(kind, id)).copied();
        let risk = &mut request.risk;
        let slot = match kind {
            Kind::User => &mut risk.user,
            Kind::ServicePrincipal => &mut risk.service_principal,
            Kind::Agent => &mut risk.agent,
        };
        *slot = slot.or(level);
        false
    }
}

/// Whether a page fits beside what is known; what it only tells anew takes no room.
fn has_room<K: Eq + Hash, V>(known: &HashMap<K, V>, told: &[(K, V)]) -> bool {
    known.len() + told.iter().filter(|(key, _)| !known.contains_key(key)).count() <= LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated<'a>(state: &State, json: &'a str) -> Request<'a> {
        let mut request = serde_json::from_str(json).unwrap();
        state.state(&Identifiers::plain(), &mut request);
        request
    }

    #[test]
    fn a_session_revoked_after_it_began_is_nobodys() {
        let mut state = State::default();
        assert!(
            state.apply(r#"{"cursor":3,"revokedSessions":[{"id":"s1","revokedAt":50}],"riskLevels":[]}"#)
        );
        let of = |began: &str| {
            let json = format!(
                r#"{{"principal":{{"kind":"user","id":"u1"}},"session":{{"id":"s1","establishedAt":{began}}},
                    "device":{{"isCompliant":true}}}}"#
            );
            let request = stated(&state, &json);
            (request.principal.kind, request.session.id.is_some(), request.device.is_compliant)
        };
        let nobody = (Some(PrincipalKind::Anonymous), false, None);
        assert_eq!(of("50"), nobody);
        assert_eq!(of("null"), nobody);
        assert_eq!(of("51"), (Some(PrincipalKind::User), true, Some(true)));
    }

    #[test]
    fn levels_fill_what_is_unknown_and_pages_add_up() {
        let mut state = State::default();
        let page = |cursor: u64, level: &str| {
            format!(
                r#"{{"cursor":{cursor},"revokedSessions":[],"riskLevels":[{{"kind":"user","id":"u1","level":"{level}"}}]}}"#
            )
        };
        assert!(state.apply(&page(5, "low")) && state.apply(&page(6, "high")));
        assert_eq!(state.cursor(), 6);
        let user = |json| stated(&state, json).risk.user;
        assert_eq!(user(r#"{"principal":{"kind":"user","id":"u1"}}"#), Some(RiskLevel::High));
        assert_eq!(user(r#"{"principal":{"kind":"agentUser","id":"u1"}}"#), Some(RiskLevel::High));
        assert_eq!(
            user(r#"{"principal":{"kind":"user","id":"u1"},"risk":{"user":"low"}}"#),
            Some(RiskLevel::Low)
        );
        assert_eq!(user(r#"{"principal":{"kind":"agent","id":"u1"}}"#), None);
        assert!(state.apply(&page(2, "none")));
        assert_eq!(state.cursor(), 0, "another scorer");
        assert!(!state.is_fail_safe());
        assert!(state.apply(r#"{"cursor":3,"revokedSessions":[],"riskLevels":[],"failSafe":true}"#));
        assert!(state.is_fail_safe());
    }

    #[test]
    fn a_kind_of_a_newer_scorer_is_passed_over() {
        let mut state = State::default();
        let page = r#"{"cursor":1,"revokedSessions":[],"riskLevels":[
            {"kind":"robot","id":"r1","level":"high"},{"kind":"user","id":"u1","level":"high"}]}"#;
        assert!(state.apply(page));
        let user = stated(&state, r#"{"principal":{"kind":"user","id":"u1"}}"#).risk.user;
        assert_eq!((user, state.levels.len()), (Some(RiskLevel::High), 1));
    }

    #[test]
    fn what_is_told_anew_takes_no_room() {
        let page = |from: usize, to: usize| {
            let revoked: Vec<_> = (from..to).map(|id| format!(r#"{{"id":"s{id}","revokedAt":1}}"#)).collect();
            format!(r#"{{"cursor":{to},"revokedSessions":[{}],"riskLevels":[]}}"#, revoked.join(","))
        };
        let mut state = State::default();
        assert!(state.apply(&page(0, LIMIT)));
        assert!(state.apply(&page(0, 1_000)), "a rewind");
        assert!(!state.apply(&page(LIMIT, LIMIT + 1)), "one more");
        assert_eq!(state.revoked.len(), LIMIT);
    }

    #[test]
    fn half_a_page_is_none() {
        let mut state = State::default();
        for page in [
            "",
            "{}",
            r#"{"cursor":1,"revokedSessions":[{"id":"s1","revokedAt":1},{"id":"s2"}],"riskLevels":[]}"#,
            r#"{"cursor":1,"revokedSessions":[{"id":"s1","revokedAt":1}],"riskLevels":[{"kind":"user","id":"u","level":"dire"}]}"#,
        ] {
            assert!(!state.apply(page), "{page}");
        }
        assert_eq!((state.cursor(), state.revoked.len()), (0, 0));
    }
}
