//! What a compiled bundle is: its policies and its model in binary, behind a digest of what their numbers stand for.

use crate::agent::{AgentClass, Verification};
use crate::compiled::{from_bytes, to_bytes};
use crate::detection::DetectionKind;
use crate::policy::{CloudAppSecurity, Condition, ContinuousAccessEvaluation, PersistentBrowser, PolicySet};
use crate::request::{ClientAppType, GuestType, Platform, TransferMethod};
use crate::risk::{InsiderRiskLevel, Model, RiskLevel};
use crate::signal::CATALOGUE;

/// Raised with every change of the form that [`VOCABULARIES`] does not tell.
const FORM: u64 = 3;

/// A digest of all names that the binary form has numbers for: a new class of agents moves numbers, and then what was
/// compiled before means something else.
const VOCABULARIES: u64 = {
    let mut hash = FORM;
    let mut rest: &[&[&str]] = &[
        AgentClass::NAMES,
        Verification::NAMES,
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

/// Policies and model, compiled.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) policies: PolicySet,
    pub(super) model: Model,
}

/// The bytes that [`Form::from_compiled`] reads. The same policies and model have the same bytes.
pub(super) fn to_compiled(policies: &PolicySet, model: &Model) -> Vec<u8> {
    [&VOCABULARIES.to_le_bytes()[..], &to_bytes(policies), &to_bytes(model)].concat()
}

impl Form {
    /// Reads what [`to_compiled`] wrote. Whoever signed the bytes vouches for what they say; that they say
    /// something this engine can decide by, without a fault, is checked here.
    pub(super) fn from_compiled(bytes: &[u8]) -> Result<Self, CompiledError> {
        let (vocabularies, bytes) = bytes.split_first_chunk::<8>().ok_or(CompiledError::Damaged)?;
        if u64::from_le_bytes(*vocabularies) != VOCABULARIES {
            return Err(CompiledError::OtherEngine);
        }
        let (policies, model) = from_bytes::<(PolicySet, Model)>(bytes).ok_or(CompiledError::Damaged)?;
        if policies.is_sound() { Ok(Self { policies, model }) } else { Err(CompiledError::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::Setting;

    const POLICIES: &str = include_str!("../../tests/corpus/decisions/bundle.json");

    fn compiled() -> Vec<u8> {
        let bundle: serde_json::Value = serde_json::from_str(POLICIES).unwrap();
        let (policies, locations) = (bundle["policies"].to_string(), bundle["namedLocations"].to_string());
        let (policies, _) = PolicySet::parse(&policies, &locations).unwrap();
        to_compiled(&policies, &Model::shipped(Setting::Hardened).unwrap())
    }

    #[test]
    fn what_is_read_is_written_alike() {
        let bytes = compiled();
        let Form { policies, model } = Form::from_compiled(&bytes).unwrap();
        assert_eq!(to_compiled(&policies, &model), bytes);
        assert_eq!(compiled(), bytes, "the same policies, the same bytes");
    }

    #[test]
    fn what_is_of_another_engine_is_told_from_what_is_damaged() {
        let mut bytes = compiled();
        let read = |bytes: &[u8]| Form::from_compiled(bytes).err();
        assert_eq!(read(&bytes[..bytes.len() - 1]), Some(CompiledError::Damaged));
        assert_eq!(read(&[&bytes[..], &[0]].concat()), Some(CompiledError::Damaged));
        assert_eq!(read(&[]), Some(CompiledError::Damaged));
        bytes[0] ^= 1;
        assert_eq!(read(&bytes), Some(CompiledError::OtherEngine));
    }
}
