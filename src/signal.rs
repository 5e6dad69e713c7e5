//! Observed facts, binned: what the scorecard weighs and detections read.
//!
//! Every signal has a bin for "not known", because what a host can not see must never look like something it
//! saw. Bins are small closed enums; the model maps each to points and nothing else.

mod agent;
mod history;
mod network;
mod possession;
mod session;
mod travel;
mod velocity;

pub use agent::{Claims, PlatformVerdict};
pub use history::{Familiarity, History};
pub use network::Network;
pub use possession::Possession;
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
    pub session: SessionDrift,
    pub token_age: TokenAge,
    pub travel: Travel,
    pub journey: Option<Journey>,
    pub network: Network,
    pub possession: Possession,
    pub agent_class: AgentClass,
    pub claims: Claims,
    pub platform_bot: PlatformVerdict,
    pub user_failures: UserFailures,
    pub address_users: AddressUsers,
}

impl Signals {
    /// Reads the signals off a request and its classified client. Profiles name devices as they left the edge,
    /// by `identifiers`.
    #[must_use]
    pub fn read(request: &Request<'_>, agent: &Agent<'_>, identifiers: &Identifiers) -> Self {
        let session = SessionDrift::read(request, agent);
        let journey = Journey::read(request);
        Self {
            history: History::read(request, agent, session.is_bound(), identifiers),
            session,
            token_age: TokenAge::read(request),
            travel: Travel::of(journey),
            journey,
            network: Network::read(request),
            possession: Possession::read(request),
            agent_class: agent.class,
            claims: Claims::read(agent),
            platform_bot: PlatformVerdict::read(request),
            user_failures: UserFailures::read(request),
            address_users: AddressUsers::read(request),
        }
    }

    /// Calls `visit` with each signal's name and bin. One list, so that the model, its validation and the
    /// explanation can not disagree about which signals exist.
    pub fn each(&self, mut visit: impl FnMut(SignalBin)) {
        let mut emit = |signal, index| visit(SignalBin { signal, bin: index });
        emit(0, self.history.asn.index());
        emit(1, self.history.country.index());
        emit(2, self.history.agent.index());
        emit(3, self.history.device.index());
        emit(4, self.session.asn.index());
        emit(5, self.session.country.index());
        emit(6, self.session.agent.index());
        emit(7, self.session.ja4.index());
        emit(8, self.token_age.index());
        emit(9, self.travel.index());
        emit(10, self.network.index());
        emit(11, self.possession.index());
        emit(12, self.agent_class.index());
        emit(13, self.claims.index());
        emit(14, self.platform_bot.index());
        emit(15, self.user_failures.index());
        emit(16, self.address_users.index());
    }
}

/// One signal's observed bin, both as indices into [`CATALOGUE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalBin {
    /// Index into [`CATALOGUE`].
    pub signal: usize,
    /// Index into the signal's bins.
    pub bin: usize,
}

/// Every signal by JSON name with its bins, in the order of [`Signals::each`].
pub const CATALOGUE: &[(&str, &[&str])] = &[
    ("asn", Familiarity::NAMES),
    ("country", Familiarity::NAMES),
    ("agent", Familiarity::NAMES),
    ("device", Familiarity::NAMES),
    ("sessionAsn", Binding::NAMES),
    ("sessionCountry", Binding::NAMES),
    ("sessionAgent", Binding::NAMES),
    ("sessionTls", Binding::NAMES),
    ("tokenAge", TokenAge::NAMES),
    ("travel", Travel::NAMES),
    ("network", Network::NAMES),
    ("possession", Possession::NAMES),
    ("agentClass", AgentClass::NAMES),
    ("claims", Claims::NAMES),
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
        Signals::read(&request, &agent, &Identifiers::plain()).each(|observed| {
            let (_, bins) = CATALOGUE[observed.signal];
            assert!(observed.bin < bins.len());
            assert_eq!(observed.signal, seen);
            seen += 1;
        });
        assert_eq!(seen, CATALOGUE.len());
    }
}
