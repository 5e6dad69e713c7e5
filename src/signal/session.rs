//! Session drift: does the session still look like what its token was minted for?
//!
//! The threat is token replay: a stolen cookie carries the victim's whole identity, and nothing in the token
//! itself is wrong. What the thief can not copy cheaply is the network, the country and the TLS stack at once.

use super::bins;
use crate::agent::Agent;
use crate::request::{CLOCK_SKEW, Request};
use crate::tls::TlsFamily;

bins! {
    /// One dimension of the binding.
    Binding {
        /// As at minting.
        Same = "same",
        /// Different from minting.
        Changed = "changed",
        /// The token does not say, or the host does not see.
        Unbound = "unbound",
    }
}

impl Binding {
    fn compare(same: Option<bool>) -> Self {
        match same {
            Some(true) => Self::Same,
            Some(false) => Self::Changed,
            None => Self::Unbound,
        }
    }
}

/// Drift per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a dimension of the binding")]
pub struct SessionDrift {
    pub asn: Binding,
    pub country: Binding,
    pub agent: Binding,
    pub ja4: Binding,
    /// The client holds the key that the session is bound to. It is no evidence of whose device that is, so no points are
    /// given for it: a thief of passwords has a key of his own. But whoever copied a token has none.
    pub is_proved: bool,
}

impl SessionDrift {
    pub(super) fn read(request: &Request<'_>, agent: &Agent<'_>) -> Self {
        let (bound, client) = (&request.session.binding, &request.client);
        Self {
            asn: Binding::compare(bound.asn.zip(client.asn).map(|(then, now)| then == now)),
            country: Binding::compare(
                bound.country.as_ref().zip(client.country.as_ref()).map(|(then, now)| then == now),
            ),
            agent: Binding::compare(
                bound.agent.as_ref().filter(|_| request.http.headers.is_some()).map(|key| agent.key_is(key)),
            ),
            ja4: Binding::compare(
                bound
                    .ja4
                    .as_deref()
                    .zip(request.tls.ja4.as_deref())
                    .map(|(then, now)| TlsFamily::of(then) == TlsFamily::of(now)),
            ),
            is_proved: request.session.key_proved == Some(true),
        }
    }

    /// Whether the token and the host together bind anything that a thief would have to copy: two dimensions,
    /// because either alone is often equal by accident.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        [self.asn, self.country, self.agent, self.ja4]
            .into_iter()
            .filter(|binding| *binding != Binding::Unbound)
            .count()
            >= 2
    }
}

bins! {
    /// Time since the session was established.
    TokenAge {
        /// Under an hour.
        Hour = "hour",
        /// Under a day.
        Day = "day",
        /// Older.
        Older = "older",
        /// Established, or signed in for, after this very request: a clock or a token that lies.
        Future = "future",
        /// Not known.
        Unknown = "unknown",
    }
}

impl TokenAge {
    const HOUR: i64 = 60 * 60 * 1000;

    pub(super) fn read(request: &Request<'_>) -> Self {
        let (now, session) = (request.time, &request.session);
        let age = |then: Option<i64>| Some(now?.saturating_sub(then?));
        if age(session.auth_time).is_some_and(|age| age < -CLOCK_SKEW) {
            return Self::Future;
        }
        match age(session.established_at) {
            None => Self::Unknown,
            Some(age) => Self::of(age),
        }
    }

    const fn of(age: i64) -> Self {
        match age {
            age if age < -CLOCK_SKEW => Self::Future,
            age if age < Self::HOUR => Self::Hour,
            age if age < 24 * Self::HOUR => Self::Day,
            _ => Self::Older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_seen_per_dimension_and_absence_is_not_drift() {
        let request: Request<'_> = serde_json::from_str(
            r#"{"client":{"asn":64500,"country":"NO"},
                "session":{"binding":{"asn":64501,"country":"NO","ja4":"t13d"}}}"#,
        )
        .unwrap();
        let agent = crate::agent::classify(&request);
        let drift = SessionDrift::read(&request, &agent);
        assert_eq!(
            (drift.asn, drift.country, drift.ja4, drift.agent),
            (Binding::Changed, Binding::Same, Binding::Unbound, Binding::Unbound)
        );
        assert!(drift.is_bound());
    }

    #[test]
    fn a_session_from_the_future_is_its_own_bin() {
        let age = |established: i64| {
            let mut request = Request { time: Some(1_790_000_000_000), ..Request::default() };
            request.session.established_at = Some(established);
            TokenAge::read(&request)
        };
        assert_eq!(age(1_790_000_060_000), TokenAge::Hour, "a minute of skew is nobody's fault");
        assert_eq!(age(1_790_000_600_000), TokenAge::Future);
        assert_eq!(age(1_789_990_000_000), TokenAge::Day);
        assert_eq!(age(i64::MIN), TokenAge::Older);
        let mut yet_to_come = Request { time: Some(1_790_000_000_000), ..Request::default() };
        yet_to_come.session.auth_time = Some(i64::MAX);
        assert_eq!(TokenAge::read(&yet_to_come), TokenAge::Future);
    }
}
