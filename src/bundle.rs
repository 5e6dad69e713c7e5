//! What an edge decides by: policies, locations, model and settings, in one signed document.
//!
//! Threat: whoever can write where an edge loads its bundle from could switch every policy off. So the bytes
//! are signed (Ed25519, RFC 8032), versions only go up, and the bundle carries vectors it must answer right
//! before it is believed. A bundle that fails any of it is refused and the last good one stays.
//!
//! It has two forms. In its source, policies, named locations and the model are JSON; compiled, they are one binary member
//! ([`Bundle::compile`]) that an edge loads in a fraction of the time, without the code to read that JSON.

mod compile;
mod form;
mod signature;
mod version;

use serde_json::value::RawValue;

pub use compile::CompiledBundle;
pub use signature::{Algorithm, PublicKey, SignatureEnvelope};
pub use version::Version;

use form::{CompiledError, Form};

use crate::agent::{Registry, RegistryFile};
use crate::base64::STANDARD;
use crate::error::Error;
use crate::policy::{Directory, Issue, PolicySet, Sources, Written};
use crate::read::{self, Slot, record};
use crate::request::Text;
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
    /// In place of all three: what they were compiled to.
    compiled: Option<Text<'a>>,
    settings: Settings,
    agents: RegistryFile<'a>,
    self_test: Vec<SelfTestFile<'a>>,
}

record!(strict BundleFile<'a> {
    "schema" => Whole(schema),
    "version" => Text(version),
    "policies" => Raw(policies),
    "namedLocations" => Raw(named_locations),
    "compiled" => Text(compiled),
    "model" => Raw(model),
    "settings" => Record(settings),
    "agents" => Record(agents),
    "selfTest" => Records(self_test),
} requires {
    "schema" => schema,
    "version" => version,
});

impl<'a> BundleFile<'a> {
    fn read(text: &'a str) -> Result<Self, Error> {
        let mut file = Self::default();
        read::from_json(text, Slot::Record(&mut file)).map_err(|why| Error::json("bundle", &why))?;
        let schema = file.schema.unwrap_or_default();
        if schema != 1 {
            return Err(Error::bundle("schema", format!("`{schema}` is not a known schema; 1 is")));
        }
        let is_source = [file.policies, file.named_locations, file.model].iter().any(Option::is_some);
        match (is_source, file.compiled.is_some()) {
            (true, true) => Err(Error::bundle("compiled", "stands beside what it was compiled from")),
            (_, false) if file.policies.is_none() => Err(Error::bundle("policies", "is missing")),
            _ => Ok(file),
        }
    }

    fn policies(&self) -> &'a str {
        stated(self.policies).unwrap_or("[]")
    }

    fn written(&self, directory: Option<&Directory>) -> Result<(Written, Vec<Issue>), Error> {
        if self.compiled.is_some() {
            return Err(Error::bundle(
                "compiled",
                "does not tell what policies say: take the source of the bundle",
            ));
        }
        let locations = stated(self.named_locations).unwrap_or("[]");
        Written::parse(self.policies(), locations, directory).map_err(|issues| Error::Policies { issues })
    }

    /// What the source says, compiled on the spot, or what was compiled before.
    fn form_of_either(&self) -> Result<(Form, Vec<Issue>), Error> {
        if self.compiled.is_some() {
            return Ok((self.form()?, Vec::new()));
        }
        self.form_of_source(None)
    }

    fn form_of_source(&self, directory: Option<&Directory>) -> Result<(Form, Vec<Issue>), Error> {
        let (written, issues) = self.written(directory)?;
        Ok((Form { policies: written.into_set(), model: self.model()? }, issues))
    }

    fn form(&self) -> Result<Form, Error> {
        let refused = |error: CompiledError| Error::bundle("compiled", error.why());
        let compiled = self.compiled.as_ref().ok_or(Error::NotCompiled)?;
        let bytes = STANDARD.decode(compiled).ok_or(CompiledError::Damaged).map_err(refused)?;
        Form::from_compiled(&bytes).map_err(refused)
    }

    fn model(&self) -> Result<Model, Error> {
        match stated(self.model) {
            Some(model) if model.len() > MODEL_LIMIT => {
                Err(Error::TooLarge { input: "model", size: model.len(), limit: MODEL_LIMIT })
            }
            Some(model) => Model::parse(model, self.settings.band),
            None => Model::shipped(self.settings.band),
        }
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
        signed(bytes, signature, keys)?;
        Self::unsigned(bytes)
    }

    /// Opens a bundle whose origin the caller vouches for: a file of its own, a test.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::Bundle`], [`Error::Model`], or [`Error::Policies`] with
    /// every issue found. Warnings alone do not refuse a bundle.
    pub fn unsigned(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes, |file| file.form_of_either())
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
        Self::read(bytes, |file| Ok((file.form()?, Vec::new())))
    }

    /// What is wrong or doubtful in the policies of a bundle, by a directory too if there is one.
    ///
    /// # Errors
    /// As [`Bundle::unsigned`], but for [`Error::Policies`]; [`Error::Bundle`] as well if it is compiled: then only its
    /// source has policies to look at.
    pub fn lint(bytes: &[u8], directory: Option<&Directory>) -> Result<Vec<Issue>, Error> {
        match Self::read(bytes, |file| file.form_of_source(directory)) {
            Ok(bundle) => Ok(bundle.warnings),
            Err(Error::Policies { issues }) => Ok(issues),
            Err(error) => Err(error),
        }
    }

    fn read(
        bytes: &[u8],
        form: impl FnOnce(&BundleFile<'_>) -> Result<(Form, Vec<Issue>), Error>,
    ) -> Result<Self, Error> {
        limit(bytes)?;
        let file = BundleFile::read(text(bytes)?)?;
        let version = Version::parse(file.version.as_deref().unwrap_or_default())?;
        let (Form { policies, model }, warnings) = form(&file)?;
        let model = model.with_costs(file.settings.costs.worth()?);
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

    /// The policies of a bundle as their authors wrote them, to be explained.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Policies`], or [`Error::Bundle`] as well if it is compiled: then only its source has
    /// them.
    pub fn written(text: &str) -> Result<(Written, Sources), Error> {
        let file = BundleFile::read(text)?;
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
