//! What an operator sets: one JSON document, `settings`, and the secrets beside it.

use std::fmt;

use edgeward::bundle::PublicKey;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::claims::ClaimNames;

/// Clocks differ by a day at most: seconds. More would be a token that never ends.
const TOLERANCE_LIMIT: u32 = 86_400;

/// What the service is told, as JSON. Unknown members are errors: they were meant to do something.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Keys trusted to sign bundles.
    pub public_keys: Vec<PublicKey>,
    /// Believe a bundle without a signature: for tests.
    pub allow_unsigned: bool,
    /// Application id that requests ask for (`resource.application`).
    pub application: Option<String>,
    /// See [`Links::step_up_url`].
    pub step_up_url: Option<String>,
    /// See [`Links::appeal_url`].
    pub appeal_url: Option<String>,
    /// See [`Links::resource_metadata_url`].
    pub resource_metadata_url: Option<String>,
    /// What becomes of requests while there is no bundle.
    pub on_no_bundle: OnNoBundle,
    /// How sessions are read. Without it the principal is unknown.
    pub session: Option<SessionSettings>,
    /// Keep the profiles that the scorer sends in the KV store, and read them before deciding.
    pub profiles: bool,
    /// Requests an instance answers before it ends; 1 is an instance for each request.
    pub requests_per_instance: RequestsPerInstance,
}

/// How sessions are read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionSettings {
    /// The issuer's public keys, a JSON Web Key Set.
    pub jwks: Value,
    /// `iss` that tokens must have.
    pub issuer: String,
    /// `aud` that tokens must have.
    pub audience: String,
    /// Cookie that carries the token; `Authorization` comes first.
    #[serde(default = "default_cookie")]
    pub cookie: String,
    /// Tolerated difference of clocks, seconds.
    #[serde(default = "default_tolerance")]
    pub clock_tolerance_seconds: u32,
    /// Which claim carries which fact.
    #[serde(default)]
    pub claims: ClaimNames,
}

fn default_cookie() -> String {
    "edgeward_session".to_owned()
}

const fn default_tolerance() -> u32 {
    5
}

/// What becomes of requests while there is no bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnNoBundle {
    /// A 403 page.
    #[default]
    Deny,
    /// Through, unchecked.
    Allow,
}

/// See [`Settings::requests_per_instance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RequestsPerInstance(pub std::num::NonZeroU16);

impl Default for RequestsPerInstance {
    fn default() -> Self {
        const HUNDRED: std::num::NonZeroU16 = std::num::NonZeroU16::MIN.saturating_add(99);
        Self(HUNDRED)
    }
}

impl Settings {
    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let settings: Self =
            serde_json::from_str(json).map_err(|why| SettingsError { path: None, why: why.to_string() })?;
        let links = [
            ("stepUpUrl", &settings.step_up_url),
            ("appealUrl", &settings.appeal_url),
            ("resourceMetadataUrl", &settings.resource_metadata_url),
        ];
        for (name, link) in links {
            if let Some(link) = link.as_deref().filter(|link| !is_link(link)) {
                return Err(SettingsError::new(name, format!("`{link}` is not an address")));
            }
        }
        let tolerance = settings.session.as_ref().map_or(0, |session| session.clock_tolerance_seconds);
        if tolerance > TOLERANCE_LIMIT {
            let why = format!("is not a number from 0 to {TOLERANCE_LIMIT}");
            return Err(SettingsError::new("session.clockToleranceSeconds", why));
        }
        Ok(settings)
    }

    /// Where people and clients can turn.
    pub fn take_links(&mut self) -> Links {
        Links {
            step_up_url: self.step_up_url.take(),
            appeal_url: self.appeal_url.take(),
            resource_metadata_url: self.resource_metadata_url.take(),
        }
    }
}

/// Where people and clients can turn. Each is absolute, or a path of the protected host.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Where a person verifies. Receives `return_to`, `controls` and `support_code`.
    pub step_up_url: Option<String>,
    /// Where a person who was refused can object. Receives `support_code`.
    pub appeal_url: Option<String>,
    /// OAuth protected resource metadata (RFC 9728), which MCP clients look for in a 401.
    pub resource_metadata_url: Option<String>,
}

fn is_link(link: &str) -> bool {
    // Any base will do to tell whether a path is one.
    let base = Url::parse("https://host.invalid").ok();
    let url = base.and_then(|base| base.join(link).ok());
    url.is_some_and(|url| matches!(url.scheme(), "https" | "http"))
}

/// The secrets, each absent where there is none.
#[derive(Default)]
pub struct Secrets {
    /// Bearer token of the scorer; without it the scorer is not asked.
    pub scorer_token: Option<String>,
    /// Key of the signature over the headers for the origin; without it they are not signed.
    pub origin_secret: Option<Vec<u8>>,
    /// Key of the hashes that identifiers leave the edge as, in hexadecimal; without it they leave plain.
    pub identifier_key: Option<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets")
    }
}

/// What is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsError {
    path: Option<String>,
    why: String,
}

impl SettingsError {
    /// The member at `path` is wrong.
    #[must_use]
    pub fn new(path: &str, why: String) -> Self {
        Self { path: Some(path.to_owned()), why }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(formatter, "settings: `{path}` {}", self.why),
            None => write!(formatter, "settings: {}", self.why),
        }
    }
}

impl std::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_be_set() {
        let settings = Settings::parse("{}").unwrap();
        assert_eq!(settings.on_no_bundle, OnNoBundle::Deny);
        assert_eq!(settings.requests_per_instance.0.get(), 100);
        assert!(!settings.allow_unsigned && settings.session.is_none());
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (json, why) in [
            (r#"{"stepUpURL":"/x"}"#, "unknown field `stepUpURL`"),
            (r#"{"stepUpUrl":"https://"}"#, "`stepUpUrl` `https://` is not an address"),
            (r#"{"appealUrl":"javascript:alert(1)"}"#, "`appealUrl` `javascript:alert(1)` is not an address"),
            (r#"{"onNoBundle":"maybe"}"#, "unknown variant `maybe`"),
            (r#"{"requestsPerInstance":0}"#, "column"),
            (r#"{"session":{"issuer":"i","audience":"a"}}"#, "missing field `jwks`"),
            (
                r#"{"session":{"issuer":"i","audience":"a","jwks":{},"claims":{"group":"g"}}}"#,
                "unknown field `group`",
            ),
            (r#"{"publicKeys":[{"id":"i","key":"k","alg":"x"}]}"#, "alg"),
            (
                r#"{"session":{"issuer":"i","audience":"a","jwks":{},"clockToleranceSeconds":86401}}"#,
                "`session.clockToleranceSeconds` is not a number from 0 to 86400",
            ),
            ("[", "line 1 column 1"),
        ] {
            let error = Settings::parse(json).unwrap_err().to_string();
            assert!(error.contains(why), "{json}: {error}");
        }
    }
}
