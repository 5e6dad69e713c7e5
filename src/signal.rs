//! Observed facts, binned: what the scorecard weighs and detections read.
//!
//! Every signal has a bin for "not known", because what a host can not see must never look like something it
//! saw. Bins are small closed enums; the model maps each to points and nothing else.

mod agent;
mod history;
mod kinds;
mod network;
mod population;
mod possession;
mod rarity;
mod session;
mod travel;
mod velocity;

pub use agent::{Claims, PlatformVerdict, Release};
pub use history::{AddressFamiliarity, Familiarity, History, Hour, Version, habit};
pub use kinds::NetworkKinds;
pub(crate) use kinds::NetworkKindsFile;
pub use network::{Exit, Network, RoundTrip};
pub use population::Population;
pub use possession::{DeviceAndPlace, Possession};
pub(crate) use rarity::RarityFile;
pub use rarity::{Dimension, Rarity};
pub use session::{Binding, SessionDrift, TokenAge};
pub use travel::{Journey, Travel};
pub use velocity::{AddressUsers, UserFailures};

use crate::agent::{Agent, AgentClass};
use crate::identifier::Identifiers;
use crate::request::{PrincipalKind, Request};

/// A closed set of bins of one signal.
pub trait Bin: Copy + 'static {
    /// JSON names of the bins, by index.
    const NAMES: &'static [&'static str];

    /// Index into [`Bin::NAMES`].
    fn index(self) -> usize;

    /// JSON name.
    fn name(self) -> &'static str {
        Self::NAMES.get(self.index()).copied().unwrap_or("unknown")
    }
}

/// Declares the bins of a signal: an enum, its JSON names, and the index of each.
macro_rules! bins {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every bin, by index.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl $crate::signal::Bin for $name {
            const NAMES: &'static [&'static str] = &[$($text),*];

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use bins;

/// All signals of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is documented at its type")]
pub struct Signals {
    pub history: History,
    pub hour: Hour,
    pub session: SessionDrift,
    pub token_age: TokenAge,
    pub travel: Travel,
    pub journey: Option<Journey>,
    pub network: Network,
    pub exit: Exit,
    pub round_trip: RoundTrip,
    pub possession: Possession,
    pub device_and_place: DeviceAndPlace,
    pub agent_class: AgentClass,
    /// See [`Agent::is_silent`].
    pub is_silent: bool,
    pub claims: Claims,
    pub release: Release,
    pub version: Version,
    pub platform_bot: PlatformVerdict,
    pub user_failures: UserFailures,
    pub address_users: AddressUsers,
}

impl Signals {
    /// Reads the signals off a request and its classified client. Profiles name devices as they left the edge,
    /// by `identifiers`; what a match with them is worth, and what a network is, depends on the `population`.
    #[must_use]
    pub fn read(
        request: &Request<'_>,
        agent: &Agent<'_>,
        identifiers: &Identifiers,
        population: &Population,
    ) -> Self {
        let session = SessionDrift::read(request, agent);
        let journey = Journey::read(request);
        let history = History::read(request, agent, session.is_bound(), identifiers, &population.rarity);
        Self {
            history,
            hour: Hour::read(request),
            session,
            token_age: TokenAge::read(request),
            travel: Travel::of(journey),
            journey,
            network: population.networks.of(Network::stated(request), request.client.asn),
            exit: Exit::Unknown,
            round_trip: RoundTrip::read(request),
            possession: Possession::read(request),
            device_and_place: DeviceAndPlace::Unknown,
            agent_class: agent.class,
            is_silent: agent.is_silent(request),
            claims: Claims::read(agent),
            release: Release::read(request, agent),
            version: Version::read(request, agent),
            platform_bot: PlatformVerdict::read(request),
            user_failures: UserFailures::read(request),
            address_users: AddressUsers::read(request),
        }
        .combined()
    }

    /// With the signals that follow from several others.
    pub(crate) const fn combined(mut self) -> Self {
        self.possession = self.possession.of_agent(self.is_delegate());
        self.exit = Exit::of(self.network, self.history.asn);
        self.round_trip = self.round_trip.through(self.network);
        self.device_and_place = DeviceAndPlace::of(self.possession, &self.history);
        self
    }

    /// Whether it is an AI agent proved to be its operator's, of a kind that the principal has signed in with before.
    const fn is_delegate(&self) -> bool {
        matches!(self.claims, Claims::Verified)
            && matches!(self.agent_class, AgentClass::AiBot)
            && self.history.agent.is_known()
    }

    /// Whether there is no identity whose history could speak.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.history.asn == Familiarity::Anonymous
    }

    /// The bin of each signal, in the order of [`CATALOGUE`], and nothing behind them. One list, so that the model, its
    /// validation and the explanation can not disagree about which signals exist.
    #[must_use]
    pub fn bins(&self) -> [u8; BINS] {
        let history = &self.history;
        let mut bins = [0; BINS];
        let all: [u8; CATALOGUE.len()] = [
            history.address as u8,
            history.asn as u8,
            history.country as u8,
            history.city as u8,
            history.agent as u8,
            history.system as u8,
            history.tls as u8,
            history.device as u8,
            self.hour as u8,
            self.session.asn as u8,
            self.session.country as u8,
            self.session.agent as u8,
            self.session.ja4 as u8,
            self.token_age as u8,
            self.travel as u8,
            self.network as u8,
            self.exit as u8,
            self.round_trip as u8,
            self.possession as u8,
            self.device_and_place as u8,
            self.agent_class as u8,
            self.claims as u8,
            self.release as u8,
            self.version as u8,
            self.platform_bot as u8,
            self.user_failures as u8,
            self.address_users as u8,
        ];
        bins.iter_mut().zip(all).for_each(|(place, bin)| *place = bin);
        bins
    }

    /// Calls `visit` with each signal and its bin.
    pub fn each(&self, mut visit: impl FnMut(SignalBin)) {
        for (signal, bin) in self.bins().into_iter().enumerate().take(CATALOGUE.len()) {
            visit(SignalBin { signal, bin: bin.into() });
        }
    }
}

/// Bytes of [`Signals::bins`]: four to a word, as they cross.
const BINS: usize = CATALOGUE.len().next_multiple_of(4);

/// One signal's observed bin, both as indices into [`CATALOGUE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalBin {
    /// Index into [`CATALOGUE`].
    pub signal: usize,
    /// Index into the signal's bins.
    pub bin: usize,
}

/// Every signal by JSON name with its bins, in the order of [`Signals::bins`].
pub const CATALOGUE: &[(&str, &[&str])] = &[
    ("address", AddressFamiliarity::NAMES),
    ("asn", Familiarity::NAMES),
    ("country", Familiarity::NAMES),
    ("city", Familiarity::NAMES),
    ("agent", Familiarity::NAMES),
    ("system", Familiarity::NAMES),
    ("tls", Familiarity::NAMES),
    ("device", Familiarity::NAMES),
    ("hour", Hour::NAMES),
    ("sessionAsn", Binding::NAMES),
    ("sessionCountry", Binding::NAMES),
    ("sessionAgent", Binding::NAMES),
    ("sessionTls", Binding::NAMES),
    ("tokenAge", TokenAge::NAMES),
    ("travel", Travel::NAMES),
    ("network", Network::NAMES),
    ("exit", Exit::NAMES),
    ("roundTrip", RoundTrip::NAMES),
    ("possession", Possession::NAMES),
    ("deviceAndPlace", DeviceAndPlace::NAMES),
    ("agentClass", AgentClass::NAMES),
    ("claims", Claims::NAMES),
    ("release", Release::NAMES),
    ("version", Version::NAMES),
    ("platformBot", PlatformVerdict::NAMES),
    ("userFailures", UserFailures::NAMES),
    ("addressUsers", AddressUsers::NAMES),
];

/// Whether the request is known to carry no identity, so that history does not apply.
fn is_anonymous(request: &Request<'_>) -> bool {
    request.principal.kind == Some(PrincipalKind::Anonymous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_names_a_bin_of_the_catalogue() {
        let request = Request::default();
        let agent = crate::agent::classify(&request);
        let mut seen = 0;
        Signals::read(&request, &agent, &Identifiers::plain(), &Population::default()).each(|observed| {
            let (_, bins) = CATALOGUE[observed.signal];
            assert!(observed.bin < bins.len());
            assert_eq!(observed.signal, seen);
            seen += 1;
        });
        assert_eq!(seen, CATALOGUE.len());
    }
}
