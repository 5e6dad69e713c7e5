//! What the classifier's answer says about risk.

use super::{Bin, bins};
use crate::agent::{Agent, AgentClass, Finding, Verification, outdated_days};
use crate::request::Request;

impl Bin for AgentClass {
    const NAMES: &'static [&'static str] = Self::NAMES;

    fn index(self) -> usize {
        self as usize
    }
}

bins! {
    /// Whether the client's claims hold together. Ordered so that honesty is never punished: a proof lowers, a
    /// contradiction raises, and saying nothing lies between.
    Claims {
        /// A signature or address backs the name.
        Verified = "verified",
        /// Nothing contradicts.
        Consistent = "consistent",
        /// A browser years behind its release train.
        Stale = "stale",
        /// Something is missing, or not as a client of that kind sends it.
        Incomplete = "incomplete",
        /// Claims contradict each other, or no real client makes them.
        Contradictory = "contradictory",
    }
}

impl Claims {
    pub(super) fn read(agent: &Agent<'_>) -> Self {
        let found = |findings: &[Finding]| findings.iter().any(|finding| agent.findings.contains(*finding));
        if agent.verification == Verification::Contradicted
            || found(&[
                Finding::UnreleasedBrowser,
                Finding::BrandMismatch,
                Finding::PlatformMismatch,
                Finding::MobileMismatch,
                Finding::ImpossibleToken,
                Finding::InjectedPayload,
                Finding::TlsMismatch,
                Finding::FetchMetadataMismatch,
            ])
        {
            Self::Contradictory
        } else if matches!(agent.verification, Verification::Signature | Verification::Address) {
            Self::Verified
        } else if found(&[
            Finding::ClientHintsMissing,
            Finding::SignatureUnusable,
            Finding::BrowserHeadersMissing,
            Finding::AcceptMismatch,
            Finding::HeaderOrderMismatch,
        ]) {
            Self::Incomplete
        } else if found(&[Finding::StaleBrowser]) {
            Self::Stale
        } else {
            Self::Consistent
        }
    }
}

bins! {
    /// How far the browser's version lags behind its release train. Browsers update themselves within weeks; bought
    /// profiles and emulators carry the version they were made with.
    Release {
        /// The newest version, or replaced less than two months ago.
        Current = "current",
        /// Replaced two to six months ago.
        Behind = "behind",
        /// Replaced longer ago, or not said at all.
        Old = "old",
        /// No browser, or a version nobody has dated.
        Unknown = "unknown",
    }
}

impl Release {
    pub(super) fn read(request: &Request<'_>, agent: &Agent<'_>) -> Self {
        if agent.is_silent(request) && request.time.is_some() {
            return Self::Old;
        }
        let days = agent
            .browser
            .zip(request.time)
            .and_then(|(browser, time)| outdated_days(browser, agent.platform, time));
        match days {
            None => Self::Unknown,
            Some(..60) => Self::Current,
            Some(60..180) => Self::Behind,
            Some(_) => Self::Old,
        }
    }
}

bins! {
    /// What the platform's own bot product says.
    PlatformVerdict {
        /// Verified bot or signed agent.
        Verified = "verified",
        /// Score 30 and above.
        Human = "human",
        /// Score 2 to 29, Cloudflare's "likely automated".
        Likely = "likely",
        /// Score 1, Cloudflare's "automated".
        Automated = "automated",
        /// The platform does not say.
        Absent = "absent",
    }
}

impl PlatformVerdict {
    pub(super) fn read(request: &Request<'_>) -> Self {
        let platform = &request.platform_bot;
        if platform.verified == Some(true) || platform.signed_agent == Some(true) {
            return Self::Verified;
        }
        match platform.score {
            None | Some(0) => Self::Absent,
            Some(1) => Self::Automated,
            Some(2..=29) => Self::Likely,
            Some(_) => Self::Human,
        }
    }
}
