//! Sets of policies in binary: compiled once, loaded by every edge.

use super::control::MAX_CONTROLS;
use super::methods::Methods;
use super::symbol::Symbols;
use super::table::{CHOICES, Table};
use super::{
    CloudAppSecurity, Condition, ContinuousAccessEvaluation, MAX_POLICIES, PersistentBrowser, PolicySet,
};
use crate::agent::{AgentClass, Verification};
use crate::compiled::{compiled, from_bytes, to_bytes};
use crate::detection::DetectionKind;
use crate::location::NamedLocations;
use crate::request::{ClientAppType, GuestType, Platform, TransferMethod};
use crate::risk::{InsiderRiskLevel, RiskLevel};

compiled!(PolicySet { policies, controls, methods, symbols, locations, table });

/// Raised with every change of the form that [`VOCABULARIES`] does not tell.
const FORM: u64 = 2;

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

/// Why compiled policies are not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompiledError {
    /// They were compiled for an engine with other vocabularies.
    OtherEngine,
    /// The bytes are no policies.
    Damaged,
}

impl CompiledError {
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::OtherEngine => "was made for another version of the engine; compile its source again",
            Self::Damaged => "is damaged; compile its source again",
        }
    }
}

impl PolicySet {
    /// No policies at all: what compiling none makes.
    pub(crate) fn none() -> Self {
        Self {
            policies: Vec::new(),
            controls: Vec::new(),
            methods: Methods::default(),
            symbols: Symbols::default(),
            locations: NamedLocations::none(),
            table: Table::none(),
        }
    }

    /// The bytes that [`Self::from_compiled`] reads. The same policies have the same bytes.
    pub(crate) fn to_compiled(&self) -> Vec<u8> {
        [&VOCABULARIES.to_le_bytes()[..], &to_bytes(self)].concat()
    }

    /// Reads what [`Self::to_compiled`] wrote. Whoever signed the bytes vouches for what they say; that they say
    /// something this engine can decide by, without a fault, is checked here.
    pub(crate) fn from_compiled(bytes: &[u8]) -> Result<Self, CompiledError> {
        let (vocabularies, bytes) = bytes.split_first_chunk::<8>().ok_or(CompiledError::Damaged)?;
        if u64::from_le_bytes(*vocabularies) != VOCABULARIES {
            return Err(CompiledError::OtherEngine);
        }
        from_bytes::<Self>(bytes).filter(Self::is_sound).ok_or(CompiledError::Damaged)
    }

    /// What is not looked up with care elsewhere: numbers that become bits, and rows that each fact must have.
    fn is_sound(&self) -> bool {
        let rows = self.table.choices.iter().zip(CHOICES);
        self.policies.len() <= MAX_POLICIES
            && self.controls.len() <= MAX_CONTROLS
            && self.methods.is_within_limits()
            && rows.into_iter().all(|(rows, (.., values))| rows.len() == values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICIES: &str = include_str!("../../tests/corpus/decisions/bundle.json");

    fn compiled() -> Vec<u8> {
        let bundle: serde_json::Value = serde_json::from_str(POLICIES).unwrap();
        let (policies, locations) = (bundle["policies"].to_string(), bundle["namedLocations"].to_string());
        PolicySet::parse(&policies, &locations).unwrap().0.to_compiled()
    }

    #[test]
    fn what_is_read_is_written_alike() {
        let bytes = compiled();
        assert_eq!(PolicySet::from_compiled(&bytes).unwrap().to_compiled(), bytes);
        assert_eq!(compiled(), bytes, "the same policies, the same bytes");
    }

    #[test]
    fn no_policies_are_what_compiling_none_makes() {
        assert_eq!(PolicySet::none().to_compiled(), PolicySet::parse("[]", "[]").unwrap().0.to_compiled());
    }

    #[test]
    fn policies_of_another_engine_are_told_from_damaged_ones() {
        let mut bytes = compiled();
        let read = |bytes: &[u8]| PolicySet::from_compiled(bytes).err();
        assert_eq!(read(&bytes[..bytes.len() - 1]), Some(CompiledError::Damaged));
        assert_eq!(read(&[&bytes[..], &[0]].concat()), Some(CompiledError::Damaged));
        assert_eq!(read(&[]), Some(CompiledError::Damaged));
        bytes[0] ^= 1;
        assert_eq!(read(&bytes), Some(CompiledError::OtherEngine));
    }
}
