//! What an edge decides by: policies, locations, model and settings, in one signed document.
//!
//! Threat: whoever can write where an edge loads its bundle from could switch every policy off. So the bytes
//! are signed (Ed25519, RFC 8032), versions only go up, and the bundle carries vectors it must answer right
//! before it is believed. A bundle that fails any of it is refused and the last good one stays.
//!
//! It has two forms. In its source everything is JSON; compiled, all but its version is one binary member
//! ([`Bundle::compile`]) that an edge loads in a fraction of the time, without the code to read that JSON.

mod compile;
mod form;
mod signature;
mod source;
mod version;

pub use compile::CompiledBundle;
pub use signature::{Algorithm, PublicKey, SignatureEnvelope};
pub use version::Version;

use form::{CompiledFile, Form};
use source::SourceFile;

use crate::agent::Registry;
use crate::compiled::compiled;
use crate::error::Error;
use crate::policy::{Directory, Issue, PolicySet, Sources, Written};
use crate::read::record;
use crate::risk::{Costs, Model, Setting};
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
    /// What errors cost, beside the band.
    pub costs: Costs,
}

record!(strict Settings {
    "addresses" => OneOf(addresses),
    "band" => OneOf(band),
    "costs" => Record(costs),
} requires {});

compiled!(Settings { addresses, band, costs });

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

compiled!(@one_of Addresses);

/// A request and the outcome the bundle's author expects of it.
#[derive(Debug, Clone)]
pub(crate) struct SelfTest {
    pub name: String,
    /// JSON, read when the test runs.
    pub request: String,
    pub outcome: String,
}

compiled!(SelfTest { name, request, outcome });

impl Bundle {
    /// Opens a signed bundle: the signature first, so that nothing unsigned is even parsed.
    ///
    /// # Errors
    /// [`Error::Signature`], then everything of [`Bundle::unsigned`].
    pub fn open(bytes: &[u8], signature: &SignatureEnvelope, keys: &[PublicKey]) -> Result<Self, Error> {
        signed(bytes, signature, keys)?;
        Self::unsigned(bytes)
    }

    /// Opens a bundle whose origin the caller vouches for: a file of its own, a test.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::Bundle`], [`Error::Model`], or [`Error::Policies`] with
    /// every issue found. Warnings alone do not refuse a bundle.
    pub fn unsigned(bytes: &[u8]) -> Result<Self, Error> {
        match Self::unsigned_compiled(bytes) {
            Err(Error::NotCompiled) => SourceFile::read(text(bytes)?)?.bundle(None),
            read => read,
        }
    }

    /// [`Self::open`], where there is no compiler: the source of a bundle is refused.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_compiled(
        bytes: &[u8],
        signature: &SignatureEnvelope,
        keys: &[PublicKey],
    ) -> Result<Self, Error> {
        signed(bytes, signature, keys)?;
        Self::unsigned_compiled(bytes)
    }

    /// [`Self::unsigned`], where there is no compiler.
    ///
    /// # Errors
    /// As [`Self::unsigned`].
    pub fn unsigned_compiled(bytes: &[u8]) -> Result<Self, Error> {
        limit(bytes)?;
        CompiledFile::read(text(bytes)?)?.bundle()
    }

    /// What is wrong or doubtful in the policies of a bundle, by a directory too if there is one.
    ///
    /// # Errors
    /// As [`Bundle::unsigned`], but for [`Error::Policies`]; [`Error::Bundle`] as well if it is compiled: then only its
    /// source has policies to look at.
    pub fn lint(bytes: &[u8], directory: Option<&Directory>) -> Result<Vec<Issue>, Error> {
        limit(bytes)?;
        match SourceFile::read(text(bytes)?)?.bundle(directory) {
            Ok(bundle) => Ok(bundle.warnings),
            Err(Error::Policies { issues }) => Ok(issues),
            Err(error) => Err(error),
        }
    }

    fn of(version: Version, form: Form, warnings: Vec<Issue>) -> Self {
        let Form { policies, model, settings, agents, self_test } = form;
        Self { version, policies, model, settings, agents, self_test, warnings }
    }

    /// The policies of a bundle as their authors wrote them, to be explained.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Policies`], or [`Error::Bundle`] as well if it is compiled: then only its source has
    /// them.
    pub fn written(text: &str) -> Result<(Written, Sources), Error> {
        let file = SourceFile::read(text)?;
        let (written, _) = file.written(None)?;
        Ok((written, Sources::of(file.policies())))
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

    /// Name of its model.
    #[must_use]
    pub fn model_id(&self) -> &str {
        self.model.id()
    }

    /// Its settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its policies.
    #[must_use]
    pub const fn policies(&self) -> &PolicySet {
        &self.policies
    }
}

fn signed(bytes: &[u8], signature: &SignatureEnvelope, keys: &[PublicKey]) -> Result<(), Error> {
    limit(bytes)?;
    signature.verify(bytes, keys)
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes)
        .map_err(|why| Error::Json { input: "bundle", why: format!("not UTF-8: {why}") })
}

const fn limit(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > BUNDLE_LIMIT {
        return Err(Error::TooLarge { input: "bundle", size: bytes.len(), limit: BUNDLE_LIMIT });
    }
    Ok(())
}

fn known_schema(schema: Option<u32>) -> Result<(), Error> {
    match schema.unwrap_or_default() {
        1 => Ok(()),
        other => Err(Error::bundle("schema", format!("`{other}` is not a known schema; 1 is"))),
    }
}
