//! How familiar a request looks to its principal's own past.

use super::{bins, is_anonymous};
use crate::agent::Agent;
use crate::identifier::{IdentifierKind, Identifiers};
use crate::request::Request;

bins! {
    /// Whether a value was seen before.
    Familiarity {
        /// In the profile.
        Known = "known",
        /// Not in the profile.
        New = "new",
        /// No profile, but the session is bound to what it was minted for, and that is weighed instead.
        Bound = "bound",
        /// There is an identity and nobody told its history: the scorer could.
        NoProfile = "noProfile",
        /// The value itself is not known.
        Absent = "absent",
        /// No identity, so no history to compare with.
        Anonymous = "anonymous",
    }
}

/// Familiarity per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a dimension of the profile")]
pub struct History {
    pub asn: Familiarity,
    pub country: Familiarity,
    pub agent: Familiarity,
    pub device: Familiarity,
}

impl History {
    /// Compares a request with its principal's profile. `is_bound`: the session carries its own binding.
    pub(super) fn read(
        request: &Request<'_>,
        agent: &Agent<'_>,
        is_bound: bool,
        identifiers: &Identifiers,
    ) -> Self {
        let profile = request.profile.as_ref().filter(|profile| profile.count > 0);
        let judge = |known: Option<bool>| match (profile.is_some(), known) {
            _ if is_anonymous(request) => Familiarity::Anonymous,
            (_, None) => Familiarity::Absent,
            (true, Some(true)) => Familiarity::Known,
            (true, Some(false)) => Familiarity::New,
            (false, Some(_)) if is_bound => Familiarity::Bound,
            (false, Some(_)) => Familiarity::NoProfile,
        };
        let client = &request.client;
        let seen = |known: &dyn Fn(&crate::profile::Profile<'_>) -> bool| profile.is_some_and(known);
        Self {
            asn: judge(client.asn.map(|asn| seen(&|profile| profile.asns.contains(&asn)))),
            country: judge(
                client.country.as_ref().map(|country| seen(&|profile| profile.countries.contains(country))),
            ),
            agent: judge(
                agent.has_key().then(|| seen(&|profile| profile.agents.iter().any(|key| agent.key_is(key)))),
            ),
            device: judge(request.device.device_id.as_ref().map(|id| {
                seen(&|profile| profile.devices.contains(&identifiers.of(IdentifierKind::Device, id)))
            })),
        }
    }

    /// How many dimensions are new to the profile.
    #[must_use]
    pub fn new_count(&self) -> usize {
        [self.asn, self.country, self.agent, self.device]
            .into_iter()
            .filter(|one| *one == Familiarity::New)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> History {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        let agent = crate::agent::classify(&request);
        History::read(&request, &agent, false, &Identifiers::plain())
    }

    #[test]
    fn no_profile_is_not_a_clean_profile() {
        let history = read(r#"{"client":{"asn":64500,"country":"NO"},"principal":{"kind":"user"}}"#);
        assert_eq!((history.asn, history.country), (Familiarity::NoProfile, Familiarity::NoProfile));
        assert_eq!(history.device, Familiarity::Absent);
    }

    #[test]
    fn an_empty_profile_counts_as_none() {
        let history = read(r#"{"client":{"asn":64500},"profile":{"count":0}}"#);
        assert_eq!(history.asn, Familiarity::NoProfile);
    }

    #[test]
    fn known_and_new() {
        let history = read(
            r#"{"client":{"asn":64500,"country":"NO"},
                "profile":{"count":4,"asns":[64500],"countries":["SE"]}}"#,
        );
        assert_eq!((history.asn, history.country), (Familiarity::Known, Familiarity::New));
        assert_eq!(history.new_count(), 1);
    }

    #[test]
    fn a_visitor_without_identity_has_no_history() {
        let history = read(r#"{"client":{"asn":64500},"principal":{"kind":"anonymous"}}"#);
        assert_eq!(history.asn, Familiarity::Anonymous);
    }
}
