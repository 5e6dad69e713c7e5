//! What a compiled bundle is: all that it says in binary, behind a digest of what the numbers stand for.

use super::{Addresses, Bundle, SelfTest, Settings, Version, known_schema};
use crate::agent::{AgentClass, Purpose, Registry, Verification};
use crate::base64::STANDARD;
use crate::compiled::{compiled, from_bytes, to_bytes};
use crate::detection::DetectionKind;
use crate::error::Error;
use crate::policy::{
    CloudAppSecurity, Condition, ContinuousAccessEvaluation, PersistentBrowser, PolicySet, PolicyState,
};
use crate::read::{self, Record, Slot};
use crate::request::{ClientAppType, GuestType, Platform, Text, TransferMethod};
use crate::risk::{InsiderRiskLevel, Model, RiskLevel, Setting};
use crate::signal::CATALOGUE;

/// Raised with every change of the form that [`VOCABULARIES`] does not tell.
const FORM: u64 = 4;

/// A digest of all names that the binary form has numbers for: a new class of agents moves numbers, and then what was
/// compiled before means something else.
const VOCABULARIES: u64 = {
    let mut hash = FORM;
    let mut rest: &[&[&str]] = &[
        AgentClass::NAMES,
        Verification::NAMES,
        Purpose::NAMES,
        Addresses::NAMES,
        Setting::NAMES,
        PolicyState::NAMES,
        DetectionKind::NAMES,
        Condition::NAMES,
        ClientAppType::NAMES,
        GuestType::NAMES,
        Platform::NAMES,
        TransferMethod::NAMES,
        RiskLevel::NAMES,
        InsiderRiskLevel::NAMES,
        CloudAppSecurity::NAMES,
        PersistentBrowser::NAMES,
        ContinuousAccessEvaluation::NAMES,
    ];
    while let [names, more @ ..] = rest {
        let mut names = *names;
        while let [name, more @ ..] = names {
            hash = digest(hash, name.as_bytes());
            names = more;
        }
        rest = more;
    }
    let mut signals = CATALOGUE;
    while let [(signal, bins), more @ ..] = signals {
        hash = digest(hash, signal.as_bytes());
        let mut bins = *bins;
        while let [bin, more @ ..] = bins {
            hash = digest(hash, bin.as_bytes());
            bins = more;
        }
        signals = more;
    }
    hash
};

/// FNV-1a over a text and its end.
const fn digest(mut hash: u64, mut text: &[u8]) -> u64 {
    while let [byte, more @ ..] = text {
        hash = (hash ^ *byte as u64).wrapping_mul(0x100_0000_01b3);
        text = more;
    }
    (hash ^ 0xff).wrapping_mul(0x100_0000_01b3)
}

/// Why what was compiled is not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CompiledError {
    /// They were compiled for an engine with other vocabularies.
    OtherEngine,
    /// The bytes are no policies, or no model.
    Damaged,
}

impl CompiledError {
    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::OtherEngine => "was made for another version of the engine; compile its source again",
            Self::Damaged => "is damaged; compile its source again",
        }
    }
}

/// All that a bundle says but which version of it this is.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) policies: PolicySet,
    pub(super) model: Model,
    pub(super) settings: Settings,
    pub(super) agents: Registry,
    pub(super) self_test: Vec<SelfTest>,
}

compiled!(Form { policies, model, settings, agents, self_test });

impl Form {
    /// The bytes that [`Self::from_compiled`] reads. What says the same has the same bytes.
    pub(super) fn to_compiled(&self) -> Vec<u8> {
        [&VOCABULARIES.to_le_bytes()[..], &to_bytes(self)].concat()
    }

    /// Reads what [`Self::to_compiled`] wrote. Whoever signed the bytes vouches for what they say; that they say
    /// something this engine can decide by, without a fault, is checked here.
    fn from_compiled(bytes: &[u8]) -> Result<Self, CompiledError> {
        let (vocabularies, bytes) = bytes.split_first_chunk::<8>().ok_or(CompiledError::Damaged)?;
        if u64::from_le_bytes(*vocabularies) != VOCABULARIES {
            return Err(CompiledError::OtherEngine);
        }
        from_bytes(bytes).and_then(Self::sound).ok_or(CompiledError::Damaged)
    }

    fn sound(self) -> Option<Self> {
        let worth = self.settings.costs.worth().ok()?;
        (self.policies.is_sound() && self.agents.is_sound())
            .then(|| Self { model: self.model.with_costs(worth), ..self })
    }
}

/// A compiled bundle as it is written: three members, each once.
#[derive(Default)]
pub(super) struct CompiledFile<'a> {
    schema: Option<u32>,
    version: Option<Text<'a>>,
    compiled: Option<Text<'a>>,
    /// The first member that is none of them. Not an error at once, because the source of a bundle has nothing else.
    more: Option<String>,
}

impl<'de> Record<'de> for CompiledFile<'de> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        Some(match name {
            "schema" if self.schema.is_none() => Slot::Whole(&mut self.schema),
            "version" if self.version.is_none() => Slot::Text(&mut self.version),
            "compiled" if self.compiled.is_none() => Slot::Text(&mut self.compiled),
            _ => {
                self.more.get_or_insert_with(|| name.to_owned());
                return None;
            }
        })
    }
}

impl<'a> CompiledFile<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, Error> {
        let mut file = Self::default();
        read::from_json(text, Slot::Record(&mut file)).map_err(|why| Error::json("bundle", &why))?;
        Ok(file)
    }

    pub(super) fn bundle(&self) -> Result<Bundle, Error> {
        let compiled = self.compiled.as_deref().ok_or(Error::NotCompiled)?;
        known_schema(self.schema)?;
        let version = Version::parse(self.version.as_deref().unwrap_or_default())?;
        let bytes = STANDARD.decode(compiled).ok_or(CompiledError::Damaged);
        let form = bytes.and_then(|bytes| Form::from_compiled(&bytes));
        // In this order, because bundles that an older release compiled do have more.
        let form = form.map_err(|error| Error::bundle("compiled", error.why()))?;
        match &self.more {
            None => Ok(Bundle::of(version, form, Vec::new())),
            Some(name) => {
                let why = "is more than `compiled`, `schema` and `version`, once each: the rest of a bundle is compiled";
                Err(Error::bundle(&**name, why))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::identifier::Identifiers;

    /// With something in every member.
    fn source() -> String {
        let mut bundle: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/corpus/decisions/bundle.json")).unwrap();
        bundle["settings"] = serde_json::json!({"addresses": "full", "band": "hardened",
            "costs": {"call": 1, "attack": 100, "alarm": 5, "attacksPerMillion": 20_000}});
        bundle["selfTest"] = serde_json::json!([{"name": "nobody", "request": {}, "outcome": "defer"}]);
        bundle["agents"]["addresses"][0]["ranges"] = serde_json::json!(["192.0.2.0/24", "2001:db8::/32"]);
        bundle.to_string()
    }

    fn form() -> Form {
        let (_, form, _) = super::super::SourceFile::read(&source()).unwrap().checked(None).unwrap();
        form
    }

    #[test]
    fn what_is_read_is_written_alike() {
        let bytes = form().to_compiled();
        let read = Form::from_compiled(&bytes).unwrap();
        assert_eq!(read.to_compiled(), bytes);
        assert_eq!(form().to_compiled(), bytes, "the same source, the same bytes");
        assert_eq!(read.settings, form().settings);
        assert_eq!(read.model, form().model, "with what its costs are worth");
        assert_eq!(format!("{:?}", read.agents), format!("{:?}", form().agents));
        assert_eq!(format!("{:?}", read.self_test), format!("{:?}", form().self_test));
    }

    #[test]
    fn what_is_of_another_engine_is_told_from_what_is_damaged() {
        let mut bytes = form().to_compiled();
        let read = |bytes: &[u8]| Form::from_compiled(bytes).err();
        assert_eq!(read(&bytes[..bytes.len() - 1]), Some(CompiledError::Damaged));
        assert_eq!(read(&[&bytes[..], &[0]].concat()), Some(CompiledError::Damaged));
        assert_eq!(read(&[]), Some(CompiledError::Damaged));
        bytes[0] ^= 1;
        assert_eq!(read(&bytes), Some(CompiledError::OtherEngine));
    }

    #[test]
    fn settings_that_say_nothing_are_refused() {
        let damaged = |settings: Settings| {
            let bytes = Form { settings, ..form() }.to_compiled();
            Form::from_compiled(&bytes).err() == Some(CompiledError::Damaged)
        };
        let settings = form().settings;
        assert!(!damaged(settings));
        for (call, attacks_per_million) in [(0, 0), (7, 0), (1, 1_000_000)] {
            let mut settings = settings;
            (settings.costs.call, settings.costs.attacks_per_million) = (call, attacks_per_million);
            assert!(damaged(settings), "{settings:?}");
        }
    }

    /// Each byte behind policies and model, where there are names, keys, ranges and requests.
    #[test]
    fn a_byte_that_changed_is_refused_or_decides() {
        let form = form();
        let whole = form.to_compiled();
        let behind =
            to_bytes(&form.settings).len() + to_bytes(&form.agents).len() + to_bytes(&form.self_test).len();
        let request = crate::request::Request::default();
        for place in whole.len() - behind..whole.len() {
            for changed in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] = changed;
                let Ok(form) = Form::from_compiled(&bytes) else { continue };
                let bundle = Bundle::of(Version::parse("1").unwrap(), form, Vec::new());
                match Engine::new(bundle, Identifiers::plain()) {
                    Ok(engine) => assert_eq!(engine.decide(&request).outcome.name(), "defer"),
                    Err(why) => assert_eq!(why.code(), "self_test_failed"),
                }
            }
        }
    }
}
