//! The vocabulary of detections.

use crate::compiled::compiled;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A detection's name: Entra's `riskEventType` where one exists, else ours.
    pub enum DetectionKind {
        /// A session presented from another network, country, client or TLS stack than it was minted for.
        AnomalousToken = "anomalousToken",
        /// Two places further apart than any aircraft flies in the time between.
        ImpossibleTravel = "mcasImpossibleTravel",
        /// A country the principal was never seen in.
        NewCountry = "newCountry",
        /// Several properties at once that the principal was never seen with.
        UnfamiliarFeatures = "unfamiliarFeatures",
        /// Tor, VPN or another anonymiser.
        AnonymizedIpAddress = "anonymizedIPAddress",
        /// Many failures for one principal, or many principals from one address.
        PasswordSpray = "passwordSpray",
        /// Claims of the client contradict each other. Ours.
        AgentContradiction = "agentContradiction",
        /// A headless or automated browser. Ours.
        Automation = "automation",
        /// An attack tool or an injected payload. Ours.
        AttackTool = "attackTool",
        /// A name claimed and not backed by signature or address. Ours.
        AgentImpersonation = "agentImpersonation",
        /// A flight away, in a network or country the principal was never seen in. Held against nobody.
        UnlikelyTravel = "unlikelyTravel",
        /// A sign-in through an intermediary, by a library under a browser's name.
        AttackerInTheMiddle = "attackerinTheMiddle",
        /// A workload or an agent that signs in as it never did.
        SuspiciousSignIns = "suspiciousSignins",
        /// A workload or an agent that fails again and again.
        FailedAccessAttempt = "failedAccessAttempt",
        /// An agent acting for a user who is at risk. Held against nobody.
        RiskyUserSignIn = "riskyUserSignIn",
    }
}

compiled!(@one_of DetectionKind);

/// A set of detection kinds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DetectionSet(u32);

impl DetectionSet {
    /// Adds one.
    pub const fn insert(&mut self, kind: DetectionKind) {
        self.0 |= 1 << kind as u32;
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn contains(self, kind: DetectionKind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
