//! Authentication methods: which controls a session's `amr` meets.
//!
//! `amr` holds RFC 8176 values, Graph `authenticationMethodModes` names, and names of controls that the identity
//! provider states to be met (`termsOfUse:…`, `passwordChange`), which is how it answers a challenge.

use std::collections::BTreeMap;

use super::control::{Control, ControlSet};
use super::symbol::{Symbol, Symbols};
use crate::compiled::{Bytes, Compiled, compiled};
use crate::request::Text;
use crate::sort::sort;

/// Built-in strengths, as JSON so that the data stays readable.
pub(super) const BUILT_IN_STRENGTHS: &str = include_str!("../../data/policy/authentication-strengths.json");

/// RFC 8176 values that mean exactly one of Graph's methods. `otp` and `hwk` do not: they leave open which token or
/// key it was.
const RFC_8176: [(&str, &str); 4] =
    [("pwd", "password"), ("sms", "sms"), ("tel", "voice"), ("fido", "fido2")];

/// Which controls each combination of methods meets.
#[derive(Debug, Clone, Default)]
pub(super) struct Methods {
    /// Every method that some control counts, a bit each, and the values that stand for one.
    names: Symbols,
    /// For each control, the combinations that meet it.
    combinations: Vec<(ControlSet, MethodSet)>,
    /// Controls that methods can meet.
    controls: ControlSet,
    /// Values of [`RFC_8176`], each with the method that it means.
    values: Vec<(MethodSet, MethodSet)>,
}

impl Compiled for Methods {
    fn write(&self, into: &mut Vec<u8>) {
        self.names.write(into);
        self.combinations.write(into);
        self.controls.write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let (names, combinations, controls) =
            (Symbols::read(from)?, Vec::read(from)?, ControlSet::read(from)?);
        Some(Self { names, combinations, controls, values: Vec::new() }.with_values())
    }
}

/// A set of methods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct MethodSet(u128);

compiled!(@wrapper MethodSet);

/// Combinations of an authentication strength: any one of them meets it.
pub(super) type Combinations = Vec<Vec<String>>;

impl Methods {
    /// `strengths` is by lower-case id.
    pub(super) fn new(controls: &[Control], strengths: &BTreeMap<String, Combinations>) -> Self {
        let mut methods = Self::default();
        for (index, control) in controls.iter().enumerate() {
            let named = vec![vec![control.name()]];
            let combinations = match control {
                Control::CompliantDevice | Control::DomainJoinedDevice | Control::SignInFrequency(_) => {
                    continue;
                }
                // RFC 8176 `mfa`; Entra also writes `ngcmfa` for a fresh one.
                Control::Mfa => vec![vec!["mfa".to_owned()], vec!["ngcmfa".to_owned()]],
                Control::AuthenticationStrength(id) => {
                    let known = strengths.get(&id.to_ascii_lowercase()).cloned().unwrap_or_default();
                    [named, known].concat()
                }
                _ => named,
            };
            let control = ControlSet::only(index);
            methods.controls = methods.controls.union(control);
            for combination in combinations {
                let set = combination
                    .iter()
                    .fold(MethodSet::default(), |set, name| set.union(methods.number(name)));
                methods.combinations.push((control, set));
            }
        }
        methods.with_values()
    }

    fn with_values(mut self) -> Self {
        for (value, method) in RFC_8176 {
            let method = self.find(method);
            if method != MethodSet::default() {
                let value = self.number(value);
                self.values.push((value, method));
            }
        }
        self
    }

    /// Whether every method has a bit.
    pub(super) fn is_within_limits(&self) -> bool {
        self.names.len() <= METHODS
    }

    /// Controls that methods can meet.
    pub(super) const fn controls(&self) -> ControlSet {
        self.controls
    }

    /// The controls that these methods meet.
    pub(super) fn met(&self, amr: &[Text<'_>]) -> ControlSet {
        self.met_by(self.read(amr))
    }

    /// How many methods more, at least, it takes to meet a control; `u32::MAX` if none do.
    pub(super) fn missing(&self, amr: &[Text<'_>], control: usize) -> u32 {
        let (have, control) = (self.read(amr), ControlSet::only(control));
        let combinations = self.combinations.iter().filter(|(of, _)| *of == control);
        combinations.map(|(_, set)| (set.0 & !have.0).count_ones()).min().unwrap_or(u32::MAX)
    }

    fn read(&self, amr: &[Text<'_>]) -> MethodSet {
        let stated = amr.iter().fold(MethodSet::default(), |set, name| set.union(self.find(name)));
        let meant = self.values.iter().filter(|(value, _)| stated.0 & value.0 != 0);
        meant.fold(stated, |set, (_, method)| set.union(*method))
    }

    /// Every set of controls, among `of`, that some methods meet. `None` if there are more than `limit`.
    pub(super) fn reachable(&self, of: ControlSet, limit: usize) -> Option<Vec<ControlSet>> {
        let mut unions = vec![MethodSet::default()];
        for (control, combination) in &self.combinations {
            if !control.intersects(of) {
                continue;
            }
            for index in 0..unions.len() {
                let Some(union) = unions.get(index).map(|set| set.union(*combination)) else { break };
                if !unions.contains(&union) {
                    unions.push(union);
                }
                if unions.len() > limit {
                    return None;
                }
            }
        }
        let mut reachable: Vec<ControlSet> =
            unions.into_iter().map(|methods| self.met_by(methods).intersection(of)).collect();
        sort(&mut reachable);
        reachable.dedup();
        Some(reachable)
    }

    fn met_by(&self, have: MethodSet) -> ControlSet {
        self.combinations
            .iter()
            .filter(|(_, combination)| combination.0 & !have.0 == 0)
            .fold(ControlSet::EMPTY, |met, (control, _)| met.union(*control))
    }

    fn find(&self, name: &str) -> MethodSet {
        MethodSet::only(self.names.of(name))
    }

    /// The limits on controls and Graph's enumeration of methods keep this below 128.
    fn number(&mut self, name: &str) -> MethodSet {
        MethodSet::only(self.names.intern(name))
    }
}

/// Methods that have a bit.
const METHODS: usize = 128;

impl MethodSet {
    /// None for a name that no control counts.
    fn only(name: Symbol) -> Self {
        let index = name.index();
        Self(if index < METHODS { 1 << index } else { 0 })
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

    fn methods() -> Methods {
        let strengths = BTreeMap::from([
            (
                PHISHING_RESISTANT.to_owned(),
                vec![vec!["fido2".to_owned()], vec!["windowsHelloForBusiness".to_owned()]],
            ),
            (
                "pair".to_owned(),
                vec![vec!["password".to_owned(), "sms".to_owned()], vec!["fido2".to_owned()]],
            ),
        ]);
        let controls = [
            Control::Mfa,
            Control::AuthenticationStrength(PHISHING_RESISTANT.to_owned()),
            Control::AuthenticationStrength("pair".to_owned()),
            Control::CompliantDevice,
            Control::TermsOfUse("t".to_owned()),
        ];
        Methods::new(&controls, &strengths)
    }

    #[test]
    fn a_strength_is_met_by_any_whole_combination() {
        let met = |amr: &[&str]| {
            let amr: Vec<Text<'_>> = amr.iter().map(|name| Text::from(*name)).collect();
            methods().met(&amr).indices().collect::<Vec<_>>()
        };
        assert!(met(&["pwd"]).is_empty());
        assert_eq!(met(&["pwd", "sms", "mfa"]), [0, 2]);
        assert_eq!(met(&["fido", "ngcmfa"]), [0, 1, 2]);
        assert_eq!(met(&["termsOfUse:t", "authenticationStrength:pair"]), [2, 4]);
    }

    #[test]
    fn only_what_methods_can_bring_about_together_is_reachable() {
        let strengths = ControlSet::only(1).union(ControlSet::only(2));
        let reachable = methods().reachable(strengths, 64).unwrap();
        assert!(!reachable.contains(&ControlSet::only(1)) || reachable.contains(&strengths));
        assert!(reachable.contains(&ControlSet::EMPTY) && reachable.contains(&ControlSet::only(2)));
        assert_eq!(methods().reachable(strengths, 1), None, "the limit is kept");
    }
}
