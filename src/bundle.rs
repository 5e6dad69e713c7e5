//! What an edge decides by: policies, locations, model and settings, in one signed document.
//!
//! Threat: whoever can write where an edge loads its bundle from could switch every policy off. So the bytes
//! are signed (Ed25519, RFC 8032), versions only go up, and the bundle carries vectors it must answer right
//! before it is believed. A bundle that fails any of it is refused and the last good one stays.

mod signature;
mod version;

use serde_json::value::RawValue;

pub use signature::{Algorithm, PublicKey, SignatureEnvelope};
pub use version::Version;

use crate::agent::{Registry, RegistryFile};
use crate::error::Error;
use crate::policy::{Directory, Issue, PolicySet, Sources};
use crate::read::{self, Slot, record};
use crate::request::Text;
use crate::risk::{Model, Setting};
use crate::vocabulary::vocabulary;

/// Largest bundle read, bytes. Fits 195 locations of 2000 ranges, Entra's own limits, four times over.
pub const BUNDLE_LIMIT: usize = 32 << 20;

/// Largest model in a bundle, bytes. One that `edgeward bundle build` made compact has two thousand.
pub const MODEL_LIMIT: usize = 64 << 10;

/// A parsed and validated bundle.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) version: Version,
    pub(crate) policies: PolicySet,
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    pub(crate) agents: Registry,
    pub(crate) self_test: Vec<SelfTest>,
    warnings: Vec<Issue>,
}

/// Settings that travel with the policies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// How much of a client address the scorer gets.
    pub addresses: Addresses,
    /// How far the edge trusts itself.
    pub band: Setting,
}

record!(strict Settings {
    "addresses" => OneOf(addresses),
    "band" => OneOf(band),
} requires {});

vocabulary! {
    /// How much of a client address leaves the edge.
    #[derive(Default)]
    pub enum Addresses {
        /// /24 of IPv4, /48 of IPv6.
        #[default]
        Prefix = "prefix",
        /// All of it.
        Full = "full",
    }
}

/// A request and the outcome the bundle's author expects of it.
#[derive(Debug, Clone)]
pub(crate) struct SelfTest {
    pub name: String,
    pub request: String,
    pub outcome: String,
}

#[derive(Default)]
struct SelfTestFile<'a> {
    name: String,
    request: Option<&'a RawValue>,
    outcome: String,
}

record!(strict SelfTestFile<'a> {
    "name" => String(name),
    "request" => Raw(request),
    "outcome" => String(outcome),
} requires {
    "name" => name,
    "request" => request,
    "outcome" => outcome,
});

#[derive(Default)]
struct BundleFile<'a> {
    schema: Option<u32>,
    version: Option<Text<'a>>,
    policies: Option<&'a RawValue>,
    named_locations: Option<&'a RawValue>,
    model: Option<&'a RawValue>,
    settings: Settings,
    agents: RegistryFile<'a>,
    self_test: Vec<SelfTestFile<'a>>,
}

record!(strict BundleFile<'a> {
    "schema" => Whole(schema),
    "version" => Text(version),
    "policies" => Raw(policies),
    "namedLocations" => Raw(named_locations),
    "model" => Raw(model),
    "settings" => Record(settings),
    "agents" => Record(agents),
    "selfTest" => Records(self_test),
} requires {
    "schema" => schema,
    "version" => version,
    "policies" => policies,
});

impl<'a> BundleFile<'a> {
    fn read(text: &'a str) -> Result<Self, Error> {
        let mut file = Self::default();
        read::from_json(text, Slot::Record(&mut file)).map_err(|why| Error::json("bundle", &why))?;
        let schema = file.schema.unwrap_or_default();
        if schema != 1 {
            return Err(Error::bundle("schema", format!("`{schema}` is not a known schema; 1 is")));
        }
        Ok(file)
    }
}

/// The text of a member, unless it is absent or `null`.
fn stated(raw: Option<&RawValue>) -> Option<&str> {
    raw.map(RawValue::get).filter(|text| *text != "null")
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
        Self::read(bytes, None)
    }

    /// What is wrong or doubtful in the policies of a bundle, by a directory too if there is one.
    ///
    /// # Errors
    /// As [`Bundle::unsigned`], but for [`Error::Policies`].
    pub fn lint(bytes: &[u8], directory: Option<&Directory>) -> Result<Vec<Issue>, Error> {
        match Self::read(bytes, directory) {
            Ok(bundle) => Ok(bundle.warnings),
            Err(Error::Policies { issues }) => Ok(issues),
            Err(error) => Err(error),
        }
    }

    fn read(bytes: &[u8], directory: Option<&Directory>) -> Result<Self, Error> {
        limit(bytes)?;
        let text = std::str::from_utf8(bytes)
            .map_err(|why| Error::Json { input: "bundle", why: format!("not UTF-8: {why}") })?;
        let file = BundleFile::read(text)?;
        let version = Version::parse(file.version.as_deref().unwrap_or_default())?;
        let policies = stated(file.policies).unwrap_or("[]");
        let locations = stated(file.named_locations).unwrap_or("[]");
        let (policies, warnings) = PolicySet::parse_with(policies, locations, directory)
            .map_err(|issues| Error::Policies { issues })?;
        let model = match stated(file.model) {
            Some(model) if model.len() > MODEL_LIMIT => {
                return Err(Error::TooLarge { input: "model", size: model.len(), limit: MODEL_LIMIT });
            }
            Some(model) => Model::parse(model, file.settings.band)?,
            None => Model::priors()?,
        };
        let agents = Registry::new(&file.agents)?;
        let self_test = file
            .self_test
            .into_iter()
            .map(|test| SelfTest {
                name: test.name,
                request: test.request.map(RawValue::get).unwrap_or_default().to_owned(),
                outcome: test.outcome,
            })
            .collect();
        Ok(Self { version, policies, model, settings: file.settings, agents, self_test, warnings })
    }

    /// The policies of a bundle as they are written in its text.
    ///
    /// # Errors
    /// [`Error::Json`] or [`Error::Bundle`].
    pub fn sources(text: &str) -> Result<Sources, Error> {
        Ok(Sources::of(stated(BundleFile::read(text)?.policies).unwrap_or("[]")))
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
