//! Session controls, and what several policies' ones come to.

use crate::compiled::{Bytes, Compiled, compiled};
use crate::vocabulary::vocabulary;
use crate::write::{Members, Pairs, Value, written};

/// Session controls of one policy, or of all that apply. Microsoft does not document how those of several policies
/// combine; ours is the most restrictive of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionControls {
    /// `applicationEnforcedRestrictions`.
    pub application_enforced_restrictions: bool,
    /// `cloudAppSecurity`.
    pub cloud_app_security: Option<CloudAppSecurity>,
    /// `signInFrequency`: the shortest wins.
    pub sign_in_frequency: Option<SignInFrequency>,
    /// `persistentBrowser`: never wins.
    pub persistent_browser: Option<PersistentBrowser>,
    /// `continuousAccessEvaluation`: strict wins.
    pub continuous_access_evaluation: Option<ContinuousAccessEvaluation>,
    /// `secureSignInSession`: token protection.
    pub secure_sign_in_session: bool,
    /// `disableResilienceDefaults`.
    pub disable_resilience_defaults: bool,
}

compiled!(SessionControls {
    application_enforced_restrictions,
    cloud_app_security,
    sign_in_frequency,
    persistent_browser,
    continuous_access_evaluation,
    secure_sign_in_session,
    disable_resilience_defaults,
});
compiled!(@one_of CloudAppSecurity);
compiled!(@one_of PersistentBrowser);
compiled!(@one_of ContinuousAccessEvaluation);

vocabulary! {
    /// Graph `cloudAppSecuritySessionControlType`, ascending in restriction (our order).
    pub enum CloudAppSecurity {
        /// Watch only.
        MonitorOnly = "monitorOnly",
        /// As configured in Defender for Cloud Apps.
        McasConfigured = "mcasConfigured",
        /// No downloads.
        BlockDownloads = "blockDownloads",
    }
}

vocabulary! {
    /// Graph `persistentBrowserSessionMode`, ascending in restriction.
    pub enum PersistentBrowser {
        /// The session outlives the browser.
        Always = "always",
        /// It does not.
        Never = "never",
    }
}

vocabulary! {
    /// Graph (beta) `continuousAccessEvaluationMode`, ascending in restriction.
    pub enum ContinuousAccessEvaluation {
        /// Switched off.
        Disabled = "disabled",
        /// Enforced.
        StrictEnforcement = "strictEnforcement",
        /// Enforced, and addresses must agree.
        StrictLocation = "strictLocation",
    }
}

/// How old a sign-in may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInFrequency {
    /// Fresh every time.
    EveryTime,
    /// At most so many hours.
    Hours(u32),
}

/// Hours are never none, so none is free to mean every time.
impl Compiled for SignInFrequency {
    fn write(&self, into: &mut Vec<u8>) {
        match self {
            Self::EveryTime => 0_u32.write(into),
            Self::Hours(hours) => hours.write(into),
        }
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(match u32::read(from)? {
            0 => Self::EveryTime,
            hours => Self::Hours(hours),
        })
    }
}

impl SignInFrequency {
    /// The oldest sign-in that meets it, seconds. "Every time" leaves five minutes, as Microsoft documents, so that
    /// a prompt is not asked for again while it is being answered.
    #[must_use]
    pub const fn max_age_seconds(self) -> u32 {
        match self {
            Self::EveryTime => 5 * 60,
            Self::Hours(hours) => hours.saturating_mul(60 * 60),
        }
    }
}

impl SessionControls {
    /// None at all.
    pub const NONE: Self = Self {
        application_enforced_restrictions: false,
        cloud_app_security: None,
        sign_in_frequency: None,
        persistent_browser: None,
        continuous_access_evaluation: None,
        secure_sign_in_session: false,
        disable_resilience_defaults: false,
    };

    /// The most restrictive of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let sign_in_frequency = match (self.sign_in_frequency, other.sign_in_frequency) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self {
            application_enforced_restrictions: self.application_enforced_restrictions
                || other.application_enforced_restrictions,
            cloud_app_security: self.cloud_app_security.max(other.cloud_app_security),
            sign_in_frequency,
            persistent_browser: self.persistent_browser.max(other.persistent_browser),
            continuous_access_evaluation: self
                .continuous_access_evaluation
                .max(other.continuous_access_evaluation),
            secure_sign_in_session: self.secure_sign_in_session || other.secure_sign_in_session,
            disable_resilience_defaults: self.disable_resilience_defaults
                || other.disable_resilience_defaults,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
}

/// In Graph's own shape; a control that is not set is left out.
impl Members for SessionControls {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        const ENABLED: (&str, Value<'_>) = ("isEnabled", Value::Flag(true));
        let mut object = |name, members: &[_]| put(name, Value::Object(&Pairs(members)));
        if self.application_enforced_restrictions {
            object("applicationEnforcedRestrictions", &[ENABLED]);
        }
        if let Some(kind) = self.cloud_app_security {
            object("cloudAppSecurity", &[ENABLED, ("cloudAppSecurityType", Value::Text(kind.name()))]);
        }
        match self.sign_in_frequency {
            None => {}
            Some(SignInFrequency::EveryTime) => {
                object("signInFrequency", &[ENABLED, ("frequencyInterval", Value::Text("everyTime"))]);
            }
            Some(SignInFrequency::Hours(hours)) => {
                let (unit, value) = if hours % 24 == 0 { ("days", hours / 24) } else { ("hours", hours) };
                object(
                    "signInFrequency",
                    &[
                        ENABLED,
                        ("frequencyInterval", Value::Text("timeBased")),
                        ("type", Value::Text(unit)),
                        ("value", Value::Whole(value.into())),
                    ],
                );
            }
        }
        if let Some(mode) = self.persistent_browser {
            object("persistentBrowser", &[ENABLED, ("mode", Value::Text(mode.name()))]);
        }
        if let Some(mode) = self.continuous_access_evaluation {
            object("continuousAccessEvaluation", &[("mode", Value::Text(mode.name()))]);
        }
        if self.secure_sign_in_session {
            object("secureSignInSession", &[ENABLED]);
        }
        if self.disable_resilience_defaults {
            put("disableResilienceDefaults", Value::Flag(true));
        }
    }
}

written!(@object SessionControls);
