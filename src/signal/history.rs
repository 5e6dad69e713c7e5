//! How familiar a request looks to its principal's own past.
//!
//! Novelty is a log-likelihood ratio. With n sign-ins seen and a value among none of them, the Dirichlet predictive
//! gives it odds of 1 : n+1 for the principal, so novelty weighs log₂(n+1) bits: one more sign-in of evidence, one
//! more reason to be surprised. The bins are steps of it, and no cap is needed. A value that is
//! among them is weighed by how rare it is ([`Rarity`]).

use super::rarity::{Dimension, Rarity};
use super::{bins, is_anonymous};
use crate::agent::Agent;
use crate::identifier::{IdentifierKind, Identifiers};
use crate::profile::{Habit, Profile};
use crate::request::Request;
use crate::system;
use crate::tls::TlsFamily;

bins! {
    /// Whether a value was seen before.
    Familiarity {
        /// In the profile, and rare elsewhere: four times as likely for the principal as for anybody.
        Distinctive = "distinctive",
        /// In the profile.
        Known = "known",
        /// In the profile, but less likely for the principal than for anybody: shown once in a while, and common.
        Seldom = "seldom",
        /// Not in the profile, which holds less than three sign-ins: up to 1.6 bits.
        Early = "early",
        /// Not in the profile: 2 to 4 bits.
        New = "new",
        /// Not in the profile of fifteen sign-ins or more: 4 bits and up.
        Strange = "strange",
        /// No profile, but the session is bound to what it was minted for, and that is weighed instead.
        Bound = "bound",
        /// There is an identity and nobody told its history: the scorer could.
        NoProfile = "noProfile",
        /// The value itself is not known, or the profile does not keep the dimension.
        Absent = "absent",
        /// No identity, so no history to compare with.
        Anonymous = "anonymous",
    }
}

impl Familiarity {
    /// Whether the value is not among those of a profile.
    #[must_use]
    pub const fn is_new(self) -> bool {
        matches!(self, Self::Early | Self::New | Self::Strange)
    }

    /// Whether the value is among those of a profile.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Distinctive | Self::Known | Self::Seldom)
    }

    /// What a value is that a profile of `count` sign-ins does not hold.
    const fn novelty(count: u32) -> Self {
        match (count.saturating_add(1)).ilog2() {
            0 | 1 => Self::Early,
            2 | 3 => Self::New,
            _ => Self::Strange,
        }
    }
}

bins! {
    /// Whether an address was seen before. Between a known /24 and a strange one lies the pool it was leased from:
    /// lines and carriers move their customers within it.
    AddressFamiliarity {
        /// Its /24 or /48 is in the profile.
        Known = "known",
        /// Not, but one of the same /20 or /44 is.
        Near = "near",
        /// See [`Familiarity`].
        Early = "early",
        /// See [`Familiarity`].
        New = "new",
        /// See [`Familiarity`].
        Strange = "strange",
        /// See [`Familiarity`].
        Bound = "bound",
        /// See [`Familiarity`].
        NoProfile = "noProfile",
        /// See [`Familiarity`].
        Absent = "absent",
        /// See [`Familiarity`].
        Anonymous = "anonymous",
    }
}

impl AddressFamiliarity {
    fn of(familiarity: Familiarity, is_near: impl FnOnce() -> bool) -> Self {
        match familiarity {
            Familiarity::Distinctive | Familiarity::Known | Familiarity::Seldom => Self::Known,
            new if new.is_new() && is_near() => Self::Near,
            Familiarity::Early => Self::Early,
            Familiarity::New => Self::New,
            Familiarity::Strange => Self::Strange,
            Familiarity::Bound => Self::Bound,
            Familiarity::NoProfile => Self::NoProfile,
            Familiarity::Absent => Self::Absent,
            Familiarity::Anonymous => Self::Anonymous,
        }
    }
}

bins! {
    /// Whether the browser goes on from where the principal left it. Browsers update themselves and never go back;
    /// bought profiles and emulators carry the version they were made with, which is rarely the principal's next.
    Version {
        /// Higher than any that the profile has of this agent.
        Newer = "newer",
        /// The highest one.
        Same = "same",
        /// Lower: also a second device that lags behind, and who says nothing.
        Older = "older",
        /// The agent is new, or its version is not known.
        Unknown = "unknown",
    }
}

impl Version {
    pub(super) fn read(request: &Request<'_>, agent: &Agent<'_>) -> Self {
        let major = agent.browser.map(|browser| browser.major).filter(|major| *major > 0);
        let profile = request.profile.as_ref();
        if agent.is_silent(request) && profile.is_some_and(Profile::keeps_versions) {
            return Self::Older;
        }
        let seen = profile.and_then(|profile| profile.version_of(agent));
        match seen.zip(major) {
            None => Self::Unknown,
            Some((seen, major)) if major > seen => Self::Newer,
            Some((seen, major)) if major == seen => Self::Same,
            Some(_) => Self::Older,
        }
    }
}

bins! {
    /// Whether the principal is used to signing in at this time of day: how much likelier the profile makes it than an
    /// even spread does (Dirichlet predictive with the weight of one sign-in).
    Hour {
        /// Twice as likely: two sign-ins and all near this hour, or most of many.
        Habitual = "habitual",
        /// More likely by four tenths.
        Usual = "usual",
        /// About as likely.
        Occasional = "occasional",
        /// Less likely by four tenths.
        Unusual = "unusual",
        /// A quarter as likely.
        Odd = "odd",
        /// Nothing is known of the principal's hours.
        Unknown = "unknown",
    }
}

impl Hour {
    pub(super) fn read(request: &Request<'_>) -> Self {
        let Some((profile, time)) = request.profile.as_ref().zip(request.time) else { return Self::Unknown };
        let total: u64 = profile.hours.iter().map(|count| u64::from(*count)).sum();
        if total == 0 {
            return Self::Unknown;
        }
        let now = Profile::eighth_of_day(time);
        // An hour before or after the border of two eighths is the same habit.
        let near: u64 = [now + 7, now, now + 1]
            .into_iter()
            .filter_map(|eighth| profile.hours.get(eighth % 8))
            .map(|count| u64::from(*count))
            .sum();
        // Three of eight would be even: (near + 3/8) / (total + 1) over 3/8, in hundredths.
        match (near * 8 + 3) * 100 / (3 * (total + 1)) {
            200.. => Self::Habitual,
            140.. => Self::Usual,
            60.. => Self::Occasional,
            25.. => Self::Unusual,
            _ => Self::Odd,
        }
    }
}

/// Familiarity per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a dimension of the profile")]
pub struct History {
    pub address: AddressFamiliarity,
    pub asn: Familiarity,
    pub country: Familiarity,
    pub city: Familiarity,
    pub agent: Familiarity,
    pub system: Familiarity,
    pub tls: Familiarity,
    pub device: Familiarity,
}

impl History {
    /// Compares a request with its principal's profile. `is_bound`: the session carries its own binding.
    pub(super) fn read(
        request: &Request<'_>,
        agent: &Agent<'_>,
        is_bound: bool,
        identifiers: &Identifiers,
        rarity: &Rarity,
    ) -> Self {
        let profile = request.profile.as_ref().filter(|profile| profile.count > 0);
        let missing = if is_bound { Familiarity::Bound } else { Familiarity::NoProfile };
        let [address, asn, country, city, agent, system, tls, device] = match profile {
            _ if is_anonymous(request) => [Familiarity::Anonymous; 8],
            Some(profile) => Compared { request, agent, profile, identifiers, rarity }.dimensions(),
            None => {
                shown(request, agent).map(|is_shown| if is_shown { missing } else { Familiarity::Absent })
            }
        };
        let is_near = || request.client.ip.zip(profile).is_some_and(|(ip, profile)| profile.knows_pool(ip));
        Self {
            address: AddressFamiliarity::of(address, is_near),
            asn,
            country,
            city,
            agent,
            system,
            tls,
            device,
        }
    }

    /// How many of the dimensions people change one at a time are new to the profile: network, country, client
    /// and device. Address, system and TLS go along with them.
    #[must_use]
    pub fn new_count(&self) -> usize {
        [self.asn, self.country, self.agent, self.device].into_iter().filter(|one| one.is_new()).count()
    }
}

/// Which dimensions a request shows, in the order of [`History`]. Whoever hides what he is shows something nobody knows.
fn shown(request: &Request<'_>, agent: &Agent<'_>) -> [bool; 8] {
    let (client, is_silent) = (&request.client, agent.is_silent(request));
    [
        client.ip.is_some(),
        client.asn.is_some(),
        client.country.is_some(),
        client.city_cell().is_some(),
        agent.has_key() || is_silent,
        system::named_by(request).is_some() || is_silent,
        request.tls.ja4.is_some(),
        request.device.device_id.is_some(),
    ]
}

/// A request beside the past of its principal.
struct Compared<'c, 'r> {
    request: &'c Request<'r>,
    agent: &'c Agent<'r>,
    profile: &'c Profile<'r>,
    identifiers: &'c Identifiers,
    rarity: &'c Rarity,
}

impl Compared<'_, '_> {
    /// In the order of [`History`].
    #[inline(never)]
    fn dimensions(&self) -> [Familiarity; 8] {
        [
            self.address(),
            self.asn(),
            self.country(),
            self.city(),
            self.client(),
            self.system(),
            self.tls(),
            self.device(),
        ]
        .map(|seen| seen.unwrap_or(Familiarity::Absent))
    }

    // `None`: the request does not show the dimension, or the profile does not keep it.

    fn address(&self) -> Option<Familiarity> {
        let ip = self.request.client.ip.filter(|_| !self.profile.networks.is_empty())?;
        Some(self.found(self.profile.knows_address(ip)))
    }

    fn asn(&self) -> Option<Familiarity> {
        Some(self.weigh(Dimension::Asn, &[&self.request.client.asn?.to_string()]))
    }

    fn country(&self) -> Option<Familiarity> {
        Some(self.weigh(Dimension::Country, &[self.request.client.country.as_ref()?]))
    }

    fn city(&self) -> Option<Familiarity> {
        let city = self.request.client.city_cell().filter(|_| !self.profile.cities.is_empty())?;
        Some(self.weigh(Dimension::City, &[&city.to_string()]))
    }

    fn client(&self) -> Option<Familiarity> {
        let is_shown = self.agent.has_key() || self.agent.is_silent(self.request);
        is_shown.then(|| self.weigh(Dimension::Agent, &self.agent.key_parts()))
    }

    fn system(&self) -> Option<Familiarity> {
        let system =
            system::named_by(self.request).or_else(|| self.agent.is_silent(self.request).then_some(""));
        let system = system.filter(|_| !self.profile.systems.is_empty())?;
        Some(self.weigh(Dimension::System, &[system]))
    }

    fn tls(&self) -> Option<Familiarity> {
        let ja4 = self.request.tls.ja4.as_deref().filter(|_| !self.profile.tls.is_empty())?;
        Some(self.weigh(Dimension::Tls, &TlsFamily::of(ja4).parts()))
    }

    fn device(&self) -> Option<Familiarity> {
        let id = self.identifiers.of(IdentifierKind::Device, self.request.device.device_id.as_deref()?);
        Some(self.found(self.profile.devices.contains(&id)))
    }

    fn weigh(&self, dimension: Dimension, value: &[&str]) -> Familiarity {
        match habit(dimension, self.request, self.agent, self.profile) {
            Some(habit) => self.rarity.familiarity(dimension, value, habit),
            None => Familiarity::novelty(self.profile.count),
        }
    }

    fn found(&self, is_known: bool) -> Familiarity {
        if is_known { Familiarity::Known } else { Familiarity::novelty(self.profile.count) }
    }
}

/// How often the principal of a profile shows what a request shows; `None` if the profile does not hold it, or the request
/// does not show it.
#[must_use]
pub fn habit(
    dimension: Dimension,
    request: &Request<'_>,
    agent: &Agent<'_>,
    profile: &Profile<'_>,
) -> Option<Habit> {
    let (client, counts) = (&request.client, &profile.counts);
    let (place, counts, kept) = match dimension {
        Dimension::Asn => {
            let asn = client.asn?;
            (profile.asns.iter().position(|known| *known == asn), &counts.asns, profile.asns.len())
        }
        Dimension::Country => {
            let country = client.country.as_ref()?;
            let place = profile.countries.iter().position(|known| known == country);
            (place, &counts.countries, profile.countries.len())
        }
        Dimension::City => (profile.place_of_city(client.city_cell()?), &counts.cities, profile.cities.len()),
        // Who does not say what he is is nobody that the profile knows: leaving a header out must not cost less than a
        // strange one.
        Dimension::Agent if agent.is_silent(request) => return None,
        Dimension::Agent => (profile.place_of_agent(agent), &counts.agents, profile.agents.len()),
        Dimension::System => {
            let system = system::named_by(request)?;
            let place = profile.systems.iter().position(|known| **known == *system);
            (place, &counts.systems, profile.systems.len())
        }
        Dimension::Tls => (profile.place_of_tls(request.tls.ja4.as_deref()?), &counts.tls, profile.tls.len()),
    };
    Some(Habit::of(place?, counts, kept, profile.count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> History {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        let agent = crate::agent::classify(&request);
        History::read(&request, &agent, false, &Identifiers::plain(), &Rarity::default())
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
            r#"{"client":{"asn":64500,"country":"NO","ip":"203.0.113.9"},"tls":{"ja4":"t13d1516h2_8daaf6152771_02713d6af862"},
                "profile":{"count":4,"asns":[64500],"countries":["SE"],"networks":["203.0.113.0/24"],
                           "tls":["t13d15h2_8daaf6152771"]}}"#,
        );
        assert_eq!((history.asn, history.country), (Familiarity::Known, Familiarity::New));
        assert_eq!((history.address, history.tls), (AddressFamiliarity::Known, Familiarity::Known));
        assert_eq!(history.new_count(), 1);
    }

    #[test]
    fn novelty_grows_with_the_evidence() {
        let with = Familiarity::novelty;
        assert_eq!(
            [with(1), with(2), with(3), with(14), with(15), with(u32::MAX)].map(|bin| bin as u8),
            [3, 3, 4, 4, 5, 5]
        );
    }

    #[test]
    fn a_dimension_that_the_profile_does_not_keep_says_nothing() {
        let history = read(r#"{"client":{"ip":"203.0.113.9"},"profile":{"count":40,"asns":[64500]}}"#);
        assert_eq!(history.address, AddressFamiliarity::Absent);
    }

    #[test]
    fn between_a_known_network_and_a_strange_one_lies_the_pool() {
        let of = |ip: &str, networks: &str| {
            read(&format!(
                r#"{{"client":{{"ip":"{ip}"}},"profile":{{"count":4,"networks":["{networks}"]}}}}"#
            ))
            .address
        };
        assert_eq!(of("203.0.113.9", "203.0.113.0/24"), AddressFamiliarity::Known);
        assert_eq!(of("203.0.126.9", "203.0.113.0/24"), AddressFamiliarity::Near);
        assert_eq!(of("203.0.128.9", "203.0.113.0/24"), AddressFamiliarity::New);
        assert_eq!(of("2001:db8:1::1", "2001:db8:f::/48"), AddressFamiliarity::Near);
        assert_eq!(of("2001:db8:10::1", "2001:db8:f::/48"), AddressFamiliarity::New);
        // What a host keeps as a hash can be equal and never near.
        assert_eq!(of("203.0.126.9", "5f3a91"), AddressFamiliarity::New);
    }

    #[test]
    fn a_visitor_without_identity_has_no_history() {
        let history = read(r#"{"client":{"asn":64500},"principal":{"kind":"anonymous"}}"#);
        assert_eq!(history.asn, Familiarity::Anonymous);
    }

    #[test]
    fn hours_are_habits_as_far_as_there_is_evidence() {
        // 1790000000000 is 14:13 UTC, the fifth eighth counted from 0 is 4.
        let hour = |hours: &str| {
            let json = format!(r#"{{"time":1790000000000,"profile":{{"count":9,"hours":{hours}}}}}"#);
            Hour::read(&serde_json::from_str(&json).unwrap())
        };
        assert_eq!(hour("[0,0,0,0,9,0,0,0]"), Hour::Habitual);
        assert_eq!(hour("[0,0,0,9,0,0,0,0]"), Hour::Habitual, "next to the border");
        assert_eq!(hour("[0,0,0,0,1,0,0,0]"), Hour::Usual, "one sign-in says little");
        assert_eq!(hour("[4,0,0,0,5,0,0,0]"), Hour::Usual);
        assert_eq!(hour("[6,0,0,0,3,0,0,0]"), Hour::Occasional);
        assert_eq!(hour("[1,0,0,0,0,0,0,0]"), Hour::Unusual);
        assert_eq!(hour("[9,0,0,0,0,0,0,0]"), Hour::Odd);
        assert_eq!(hour("[0,0,0,0,0,0,0,0]"), Hour::Unknown);
        assert_eq!(
            hour("[4294967295,4294967295,0,0,4294967295,0,0,0]"),
            Hour::Occasional,
            "counters may be full"
        );
    }
}
