//! What an edge decides by: policies, locations, model and settings, in one signed document.
//!
//! Threat: whoever can write where an edge loads its bundle from could switch every policy off. So the bytes
//! are signed (Ed25519, RFC 8032), versions only go up, and the bundle carries vectors it must answer right
//! before it is believed. A bundle that fails any of it is refused and the last good one stays.

mod signature;
mod version;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use signature::{Algorithm, PublicKey, SignatureEnvelope};
pub use version::Version;

use crate::error::Error;
use crate::policy::{Issue, PolicySet};
use crate::risk::{Model, Setting};

/// Largest bundle read, bytes. Fits 195 locations of 2000 ranges, Entra's own limits, four times over.
pub const BUNDLE_LIMIT: usize = 32 << 20;

/// A parsed and validated bundle.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) version: Version,
    pub(crate) policies: PolicySet,
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) self_test: Vec<SelfTest>,
    warnings: Vec<Issue>,
}

/// Settings that travel with the policies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// How much of a client address the scorer gets.
    pub addresses: Addresses,
    /// How far the edge trusts itself.
    pub band: Setting,
}

/// How much of a client address leaves the edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Addresses {
    /// /24 of IPv4, /48 of IPv6.
    #[default]
    Prefix,
    /// All of it.
    Full,
}

/// A request and the outcome the bundle's author expects of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SelfTest {
    pub name: String,
    pub request: Box<RawValue>,
    pub outcome: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleFile<'a> {
    schema: u32,
    version: String,
    #[serde(borrow)]
    policies: &'a RawValue,
    #[serde(borrow, default)]
    named_locations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    self_test: Vec<SelfTest>,
}

impl Bundle {
    /// Opens a signed bundle: the signature first, so that nothing unsigned is even parsed.
    ///
    /// # Errors
    /// [`Error::Signature`], then everything of [`Bundle::unsigned`].
    pub fn open(bytes: &[u8], signature: &SignatureEnvelope, keys: &[PublicKey]) -> Result<Self, Error> {
        limit(bytes)?;
        signature.verify(bytes, keys)?;
        Self::unsigned(bytes)
    }

    /// Opens a bundle whose origin the caller vouches for: a file of its own, a test.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::Bundle`], [`Error::Model`], or [`Error::Policies`] with
    /// every issue found. Warnings alone do not refuse a bundle.
    pub fn unsigned(bytes: &[u8]) -> Result<Self, Error> {
        limit(bytes)?;
        let file: BundleFile<'_> =
            serde_json::from_slice(bytes).map_err(|why| Error::json("bundle", &why))?;
        if file.schema != 1 {
            return Err(Error::bundle("schema", format!("`{}` is not a known schema; 1 is", file.schema)));
        }
        let version = Version::parse(&file.version)?;
        let locations = file.named_locations.map_or("[]", RawValue::get);
        let (policies, warnings) =
            PolicySet::parse(file.policies.get(), locations).map_err(|issues| Error::Policies { issues })?;
        let model = match file.model {
            Some(model) if model.get() != "null" => Model::parse(model.get(), file.settings.band)?,
            _ => Model::priors()?,
        };
        Ok(Self { version, policies, model, settings: file.settings, self_test: file.self_test, warnings })
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// What is odd about its policies, but no reason to refuse them.
    #[must_use]
    pub fn warnings(&self) -> &[Issue] {
        &self.warnings
    }

    /// Its policies.
    #[must_use]
    pub const fn policies(&self) -> &PolicySet {
        &self.policies
    }
}

const fn limit(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > BUNDLE_LIMIT {
        return Err(Error::TooLarge { input: "bundle", size: bytes.len(), limit: BUNDLE_LIMIT });
    }
    Ok(())
}
