//! Session controls, and what several policies' ones come to.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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

/// Graph `cloudAppSecuritySessionControlType`, ascending in restriction (our order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CloudAppSecurity {
    /// Watch only.
    MonitorOnly,
    /// As configured in Defender for Cloud Apps.
    McasConfigured,
    /// No downloads.
    BlockDownloads,
}

/// Graph `persistentBrowserSessionMode`, ascending in restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PersistentBrowser {
    /// The session outlives the browser.
    Always,
    /// It does not.
    Never,
}

/// Graph (beta) `continuousAccessEvaluationMode`, ascending in restriction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ContinuousAccessEvaluation {
    /// Switched off.
    Disabled,
    /// Enforced.
    StrictEnforcement,
    /// Enforced, and addresses must agree.
    StrictLocation,
}

/// How old a sign-in may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInFrequency {
    /// Fresh every time.
    EveryTime,
    /// At most so many hours.
    Hours(u32),
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
        *self == Self::default()
    }
}

/// In Graph's own shape; a control that is not set is left out.
impl Serialize for SessionControls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Enabled {
            is_enabled: bool,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct CloudApp {
            is_enabled: bool,
            cloud_app_security_type: CloudAppSecurity,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Frequency {
            is_enabled: bool,
            frequency_interval: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            r#type: Option<&'static str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            value: Option<u32>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Mode<M> {
            #[serde(skip_serializing_if = "Option::is_none")]
            is_enabled: Option<bool>,
            mode: M,
        }

        let enabled = Enabled { is_enabled: true };
        let mut map = serializer.serialize_map(None)?;
        if self.application_enforced_restrictions {
            map.serialize_entry("applicationEnforcedRestrictions", &enabled)?;
        }
        if let Some(cloud_app_security_type) = self.cloud_app_security {
            map.serialize_entry("cloudAppSecurity", &CloudApp { is_enabled: true, cloud_app_security_type })?;
        }
        if let Some(frequency) = self.sign_in_frequency {
            let frequency = match frequency {
                SignInFrequency::EveryTime => {
                    Frequency { is_enabled: true, frequency_interval: "everyTime", r#type: None, value: None }
                }
                SignInFrequency::Hours(hours) => Frequency {
                    is_enabled: true,
                    frequency_interval: "timeBased",
                    r#type: Some(if hours % 24 == 0 { "days" } else { "hours" }),
                    value: Some(if hours % 24 == 0 { hours / 24 } else { hours }),
                },
            };
            map.serialize_entry("signInFrequency", &frequency)?;
        }
        if let Some(mode) = self.persistent_browser {
            map.serialize_entry("persistentBrowser", &Mode { is_enabled: Some(true), mode })?;
        }
        if let Some(mode) = self.continuous_access_evaluation {
            map.serialize_entry("continuousAccessEvaluation", &Mode { is_enabled: None, mode })?;
        }
        if self.secure_sign_in_session {
            map.serialize_entry("secureSignInSession", &enabled)?;
        }
        if self.disable_resilience_defaults {
            map.serialize_entry("disableResilienceDefaults", &true)?;
        }
        map.end()
    }
}
