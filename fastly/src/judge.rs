//! From facts to a decision: decide, ask where it matters, decide again.

use edgeward::assess::Answer;
use edgeward::decision::Decision;
use edgeward::fact::Fact;
use edgeward::{Engine, Request};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A decision and how it came about.
#[derive(Debug)]
pub struct Ruling<'a> {
    /// Final: never `defer`.
    pub decision: Decision<'a>,
    /// Facts the scorer was asked for.
    pub asked: Vec<Fact>,
    /// The scorer was to be asked, and the policies' outage modes decided.
    pub outage: bool,
    /// The answer carried a profile to keep.
    pub learned: Option<Learned<'a>>,
}

/// A profile, and for how long it may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned<'a> {
    /// JSON, as the scorer wrote it.
    pub profile: &'a str,
    /// Seconds.
    pub ttl_seconds: u32,
}

/// No profile is kept longer than this, whatever the answer says: seconds.
const LIFETIME_LIMIT: u32 = 3_600;

/// The envelope of an answer. An answer without facts or a lifetime is none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    facts: &'a RawValue,
    #[serde(borrow, default)]
    profile: Option<&'a RawValue>,
    ttl_seconds: u32,
}

/// Decides a request for good and hands the ruling to `then`, with the facts it rests on. `ask` sends an assessment to
/// the scorer; `None` is no answer in time.
pub fn judge<R>(
    engine: &Engine,
    facts: Request<'_>,
    ask: impl FnOnce(&str) -> Option<String>,
    then: impl FnOnce(&Request<'_>, Ruling<'_>) -> R,
) -> R {
    let (asked, assessment) = {
        let decision = engine.decide(&facts);
        if !decision.is_deferred() {
            return then(&facts, Ruling { decision, asked: Vec::new(), outage: false, learned: None });
        }
        let assessment = serde_json::to_string(&engine.assessment(&facts, &decision));
        (decision.needs.iter().collect(), assessment.unwrap_or_default())
    };
    let text = ask(&assessment);
    let answer = text.as_deref().and_then(read);
    let outage = answer.is_none();
    let mut facts = facts;
    let learned = answer.and_then(|(answer, learned)| {
        answer.merge_into(&mut facts);
        learned
    });
    then(&facts, Ruling { decision: engine.resume(&facts), asked, outage, learned })
}

fn read(text: &str) -> Option<(Answer<'_>, Option<Learned<'_>>)> {
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    let answer: Answer<'_> = serde_json::from_str(text).ok()?;
    let learned = envelope
        .profile
        .filter(|profile| envelope.ttl_seconds > 0 && profile.get().starts_with('{'))
        .map(|profile| Learned {
            profile: profile.get(),
            ttl_seconds: envelope.ttl_seconds.min(LIFETIME_LIMIT),
        });
    envelope.facts.get().starts_with('{').then_some((answer, learned))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use edgeward::bundle::Bundle;
    use edgeward::decision::Outcome;
    use edgeward::identifier::Identifiers;

    /// Policies of these tests: `needs-mfa` challenges users, `blocked` blocks everybody, and `careful` blocks users
    /// of high risk, also when the risk can not be had.
    pub(crate) const BUNDLE: &str = r#"{"schema":1,"version":"1","policies":[
        {"id":"mfa","displayName":"Second factor","state":"enabled",
         "conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["needs-mfa"]},"clientAppTypes":["all"]},
         "grantControls":{"operator":"OR","builtInControls":["mfa"]}},
        {"id":"block","displayName":"Nobody","state":"enabled",
         "conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["blocked"]},"clientAppTypes":["all"]},
         "grantControls":{"operator":"OR","builtInControls":["block"]}},
        {"id":"risk","displayName":"High risk","state":"enabled",
         "conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["careful"]},"clientAppTypes":["all"],
                       "userRiskLevels":["high"]},
         "sessionControls":{"disableResilienceDefaults":true},
         "grantControls":{"operator":"OR","builtInControls":["block"]}}]}"#;

    pub(crate) fn engine() -> Engine {
        Engine::new(Bundle::unsigned(BUNDLE.as_bytes()).unwrap(), Identifiers::plain()).unwrap()
    }

    fn ruled(answer: Option<&str>) -> (Outcome, Vec<Fact>, bool, Option<u32>) {
        let facts: Request<'_> = serde_json::from_str(
            r#"{"principal":{"kind":"user","id":"u1"},"resource":{"application":"careful"}}"#,
        )
        .unwrap();
        judge(
            &engine(),
            facts,
            |assessment| {
                assert!(assessment.contains(r#""needs":["userRisk"]"#), "{assessment}");
                answer.map(str::to_owned)
            },
            |_, ruling| {
                let ttl = ruling.learned.map(|learned| learned.ttl_seconds);
                (ruling.decision.outcome, ruling.asked, ruling.outage, ttl)
            },
        )
    }

    #[test]
    fn an_answer_decides_and_only_a_whole_one() {
        let asked = vec![Fact::UserRisk];
        let low = r#"{"facts":{"userRisk":"low"},"profile":{"count":1},"ttlSeconds":60}"#;
        assert_eq!(ruled(Some(low)), (Outcome::Allow, asked.clone(), false, Some(60)));
        let long = low.replace("60", "86400");
        assert_eq!(
            ruled(Some(&long)),
            (Outcome::Allow, asked.clone(), false, Some(3_600)),
            "an hour at most"
        );
        let high = r#"{"facts":{"userRisk":"high"},"profile":null,"ttlSeconds":60}"#;
        assert_eq!(ruled(Some(high)), (Outcome::Block, asked.clone(), false, None));
        // Answered, and not known there either: settled, but no outage.
        let unknown = r#"{"facts":{},"ttlSeconds":0}"#;
        assert_eq!(ruled(Some(unknown)), (Outcome::Block, asked.clone(), false, None));
        for garbage in
            ["", "null", "[]", "{}", r#"{"facts":{}}"#, r#"{"facts":[],"ttlSeconds":1}"#, "{\"facts\":{"]
        {
            assert_eq!(ruled(Some(garbage)), (Outcome::Block, asked.clone(), true, None), "{garbage}");
        }
        assert_eq!(ruled(None), (Outcome::Block, asked, true, None));
    }

    #[test]
    fn what_is_decided_here_asks_nobody() {
        let facts: Request<'_> = serde_json::from_str(
            r#"{"resource":{"application":"blocked"},"principal":{"kind":"anonymous"}}"#,
        )
        .unwrap();
        let outcome = judge(&engine(), facts, |_| panic!("asked"), |_, ruling| ruling.decision.outcome);
        assert_eq!(outcome, Outcome::Block);
    }
}
