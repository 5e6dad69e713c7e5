//! The source of a bundle: JSON that people write and tools build, checked in every member. No edge reads it.

use serde_json::value::RawValue;

use super::form::Form;
use super::{Bundle, MODEL_LIMIT, SelfTest, Settings, Version, known_schema};
use crate::agent::{Registry, RegistryFile};
use crate::error::Error;
use crate::policy::{Directory, Issue, Written};
use crate::read::{self, Slot, record};
use crate::request::Text;
use crate::risk::Model;

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

/// A source as it is written.
#[derive(Default)]
pub(super) struct SourceFile<'a> {
    schema: Option<u32>,
    version: Option<Text<'a>>,
    policies: Option<&'a RawValue>,
    named_locations: Option<&'a RawValue>,
    model: Option<&'a RawValue>,
    /// Read so that what is no source says so.
    compiled: Option<&'a RawValue>,
    settings: Settings,
    agents: RegistryFile<'a>,
    self_test: Vec<SelfTestFile<'a>>,
}

record!(strict SourceFile<'a> {
    "schema" => Whole(schema),
    "version" => Text(version),
    "policies" => Raw(policies),
    "namedLocations" => Raw(named_locations),
    "compiled" => Raw(compiled),
    "model" => Raw(model),
    "settings" => Record(settings),
    "agents" => Record(agents),
    "selfTest" => Records(self_test),
} requires {
    "schema" => schema,
    "version" => version,
});

impl<'a> SourceFile<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Error> {
        let mut file = Self::default();
        read::from_json(text, Slot::Record(&mut file)).map_err(|why| Error::json("bundle", &why))?;
        known_schema(file.schema)?;
        if stated(file.compiled).is_some() {
            let why = "does not tell what policies say: take the source of the bundle";
            return Err(Error::bundle("compiled", why));
        }
        match file.policies {
            Some(_) => Ok(file),
            None => Err(Error::bundle("policies", "is missing")),
        }
    }

    pub(super) fn policies(&self) -> &'a str {
        stated(self.policies).unwrap_or("[]")
    }

    pub(super) fn written(&self, directory: Option<&Directory>) -> Result<(Written, Vec<Issue>), Error> {
        let locations = stated(self.named_locations).unwrap_or("[]");
        Written::parse(self.policies(), locations, directory).map_err(|issues| Error::Policies { issues })
    }

    pub(super) fn bundle(self, directory: Option<&Directory>) -> Result<Bundle, Error> {
        let (version, form, warnings) = self.checked(directory)?;
        Ok(Bundle::of(version, form, warnings))
    }

    /// What it says, compiled on the spot.
    pub(super) fn checked(self, directory: Option<&Directory>) -> Result<(Version, Form, Vec<Issue>), Error> {
        let version = Version::parse(self.version.as_deref().unwrap_or_default())?;
        let (written, warnings) = self.written(directory)?;
        let worth = self.settings.costs.worth();
        let worth = worth.map_err(|(member, why)| Error::bundle(format!("settings.{member}"), why));
        let form = Form {
            policies: written.into_set(),
            model: self.model()?.with_costs(worth?),
            settings: self.settings,
            agents: Registry::new(&self.agents)?,
            self_test: self.self_test.into_iter().map(SelfTest::from).collect(),
        };
        Ok((version, form, warnings))
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

impl From<SelfTestFile<'_>> for SelfTest {
    fn from(file: SelfTestFile<'_>) -> Self {
        let request = file.request.map(RawValue::get).unwrap_or_default().to_owned();
        Self { name: file.name, request, outcome: file.outcome }
    }
}

/// The text of a member, unless it is absent or `null`.
fn stated(raw: Option<&RawValue>) -> Option<&str> {
    raw.map(RawValue::get).filter(|text| *text != "null")
}
