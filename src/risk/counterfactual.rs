//! The minimal counterfactual: the fewest things that, had they been as usual, would have made the risk low.
//!
//! For whoever helps a person that was challenged. Nothing here is shown to clients: it would tell a thief what to
//! copy. Asked of the decision's own arithmetic, signals to level, so that it holds by construction.

use super::{LevelSet, RiskLevel, Score};
use crate::detection::{Detection, Observed, detect};
use crate::signal::{
    AddressFamiliarity, Binding, Claims, Familiarity, Network, Possession, Release, Signals, Travel, Version,
};
use crate::vocabulary::vocabulary;
use crate::write::{Elements, Value, Write, written};

vocabulary! {
    /// Something an honest principal can bring about, alone and at once. What only time or somebody else heals (failures,
    /// the hour, a copied device cookie, a client that contradicts itself) is none of these.
    pub enum Change {
        /// On a device of the principal's that is known, with its sealed cookie.
        KnownDevice = "knownDevice",
        /// On a device that the management vouches for.
        CompliantDevice = "compliantDevice",
        /// From a network of the profile or the session, where the principal was last seen, without an intermediary.
        UsualNetwork = "usualNetwork",
        /// With a client of the profile or the session, up to date.
        UsualClient = "usualClient",
    }
}

/// The fewest changes, and what comes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterfactual {
    /// All of them are needed; none: the risk is low as it is.
    pub changes: Changes,
    /// Score with them.
    pub score: i32,
    /// Levels possible with them: `none`, `low` or both.
    pub levels: LevelSet,
}

written!(Counterfactual {
    "changes" => changes,
    "score" => score,
    "levels" => levels,
});

/// A set of changes, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes(u8);

impl Changes {
    /// The changes, in the order of [`Change::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Change> {
        Change::ALL.iter().copied().filter(move |change| self.0 >> *change as u8 & 1 == 1)
    }

    /// Every set, the smaller first, and of one size that with the earlier changes.
    fn every() -> impl Iterator<Item = Self> {
        let sets = 1_u8 << Change::ALL.len();
        (0..=Change::ALL.len() as u32)
            .flat_map(move |size| (0..sets).filter(move |set| set.count_ones() == size).map(Self))
    }
}

impl Elements for Changes {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|change| put(change.value()));
    }
}

written!(@list Changes);

/// Finds the fewest changes with which `score` is low at most; of equally few those named first. `None`: not even all.
pub(crate) fn counterfactual(
    observed: Observed<'_, '_>,
    score: impl Fn(&Signals, &[Detection<'_>]) -> Score,
) -> Option<Counterfactual> {
    Changes::every().find_map(|changes| {
        let signals = changes.iter().fold(*observed.signals, |signals, change| change.apply(signals));
        let Score { score, levels, .. } =
            score(&signals, &detect(Observed { signals: &signals, ..observed }));
        let is_low = levels.iter().all(|level| level <= RiskLevel::Low);
        is_low.then_some(Counterfactual { changes, score, levels })
    })
}

impl Change {
    /// The signals as they would have been. What is not known stays so, the place behind an intermediary too: nobody
    /// can promise what it would be.
    fn apply(self, mut signals: Signals) -> Signals {
        let (history, session) = (&mut signals.history, &mut signals.session);
        let know = |one: &mut Familiarity| {
            if one.is_new() {
                *one = Familiarity::Known;
            }
        };
        let keep = |one: &mut Binding| {
            if *one == Binding::Changed {
                *one = Binding::Same;
            }
        };
        match self {
            Self::KnownDevice => {
                know(&mut history.device);
                if signals.possession == Possession::NoCookie {
                    signals.possession = Possession::DeviceCookie;
                }
            }
            Self::CompliantDevice => {
                if !matches!(signals.possession, Possession::ForkedCookie | Possession::ClientCertificate) {
                    signals.possession = Possession::CompliantDevice;
                }
            }
            Self::UsualNetwork => {
                // An intermediary in a network of the profile is the usual one.
                let leaves = history.asn.is_new() || session.asn == Binding::Changed;
                if leaves && !matches!(signals.network, Network::Absent | Network::Corporate) {
                    signals.network = Network::Access;
                }
                if matches!(
                    history.address,
                    AddressFamiliarity::Near
                        | AddressFamiliarity::Early
                        | AddressFamiliarity::New
                        | AddressFamiliarity::Strange
                ) {
                    history.address = AddressFamiliarity::Known;
                }
                [&mut history.asn, &mut history.country].into_iter().for_each(know);
                [&mut session.asn, &mut session.country].into_iter().for_each(keep);
                if signals.travel != Travel::Unknown {
                    signals.travel = Travel::Near;
                }
            }
            Self::UsualClient => {
                [&mut history.agent, &mut history.system, &mut history.tls].into_iter().for_each(know);
                [&mut session.agent, &mut session.ja4].into_iter().for_each(keep);
                if matches!(signals.release, Release::Behind | Release::Old) {
                    signals.release = Release::Current;
                }
                if signals.version == Version::Older {
                    signals.version = Version::Same;
                }
                if signals.claims == Claims::Stale {
                    signals.claims = Claims::Consistent;
                }
            }
        }
        signals.combined()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_changes_come_first() {
        let sizes: Vec<u32> = Changes::every().map(|set| set.0.count_ones()).collect();
        assert!(sizes.is_sorted() && sizes.len() == 16);
        let names = |set: Changes| set.iter().map(Change::name).collect::<Vec<_>>();
        assert_eq!(names(Changes(0b1001)), ["knownDevice", "usualClient"]);
    }
}
