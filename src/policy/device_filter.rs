//! The rule language of `conditions.devices.deviceFilter` (Entra `concept-condition-filters-for-devices.md`).
//!
//! ```text
//! rule       = term { -or term }
//! term       = factor { -and factor }
//! factor     = -not factor | ( rule ) | comparison
//! comparison = device.ATTRIBUTE OPERATOR VALUE
//! ```
//!
//! Attribute names, operators and values are compared without regard to case. A device that is not registered has
//! no attributes: each is null, a positive operator never matches null, and a negative one always does.

mod attribute;
mod compiled;
mod parse;

pub(super) use attribute::{Attribute, AttributeType, AttributeValue, Attributes};
pub(super) use parse::{RuleError, parse, parse_custom};

use super::truth::Truth;
use crate::fact::FactSet;

/// Longest rule, characters (Entra's limit).
pub(super) const MAX_LENGTH: usize = 3072;

/// A parsed rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Comparison(Comparison),
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

/// `device.attribute -operator value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) attribute: Attribute,
    pub(super) operator: Operator,
    /// `-ne`, `-notIn`, … : true where the operator is false.
    pub(super) negated: bool,
    /// Several only for `-in`.
    pub(super) values: Vec<String>,
}

/// An operator in its positive form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `-eq`, and `-in` with several values.
    Equals,
    StartsWith,
    EndsWith,
    /// Part of a text, or an element of a collection.
    Contains,
}

impl Rule {
    /// Whether a device matches.
    pub(super) fn matches(&self, device: &Attributes<'_>) -> Truth {
        match self {
            Self::Comparison(comparison) => comparison.matches(device),
            Self::Not(rule) => !rule.matches(device),
            Self::And(rules) => rules.iter().fold(Truth::True, |all, rule| all.and(rule.matches(device))),
            Self::Or(rules) => rules.iter().fold(Truth::False, |any, rule| any.or(rule.matches(device))),
        }
    }

    /// Whether it holds, where every comparison is decided.
    pub(super) fn holds(&self, decide: &dyn Fn(&Comparison) -> bool) -> bool {
        match self {
            Self::Comparison(comparison) => decide(comparison),
            Self::Not(rule) => !rule.holds(decide),
            Self::And(rules) => rules.iter().all(|rule| rule.holds(decide)),
            Self::Or(rules) => rules.iter().any(|rule| rule.holds(decide)),
        }
    }

    /// Every comparison of the rule.
    pub(super) fn comparisons<'r>(&'r self, found: &mut Vec<&'r Comparison>) {
        match self {
            Self::Comparison(comparison) => found.push(comparison),
            Self::Not(rule) => rule.comparisons(found),
            Self::And(rules) | Self::Or(rules) => rules.iter().for_each(|rule| rule.comparisons(found)),
        }
    }
}

impl Comparison {
    fn matches(&self, device: &Attributes<'_>) -> Truth {
        let positive = match device.get(self.attribute) {
            AttributeValue::Unknown => return Truth::Unknown(FactSet::only(self.attribute.fact())),
            AttributeValue::Null => false,
            AttributeValue::Text(text) => self.holds(text),
            AttributeValue::List(elements) => elements
                .iter()
                .any(|element| self.values.iter().any(|value| value.eq_ignore_ascii_case(element))),
        };
        (positive != self.negated).into()
    }

    /// Whether the positive operator holds for a text.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.values.iter().any(|value| match self.operator {
            Operator::Equals => text.eq_ignore_ascii_case(value),
            Operator::StartsWith => text
                .as_bytes()
                .get(..value.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(value.as_bytes())),
            Operator::EndsWith => text
                .len()
                .checked_sub(value.len())
                .and_then(|start| text.as_bytes().get(start..))
                .is_some_and(|end| end.eq_ignore_ascii_case(value.as_bytes())),
            Operator::Contains => text
                .as_bytes()
                .windows(value.len().max(1))
                .any(|part| part.eq_ignore_ascii_case(value.as_bytes())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Device, Text, TrustType};

    fn matches(rule: &str, device: &Device<'_>) -> Truth {
        parse(rule).unwrap().matches(&Attributes::of(device))
    }

    fn workstation() -> Device<'static> {
        Device {
            is_registered: Some(true),
            is_compliant: Some(true),
            trust_type: Some(TrustType::AzureAD),
            display_name: Some("PAW-0042".into()),
            device_ownership: Some("Personal".into()),
            physical_ids: Some(vec!["[ZTDId]:1".into(), "[OrderId]:ring2".into()]),
            ..Device::default()
        }
    }

    #[test]
    fn every_operator_and_its_negation() {
        let device = workstation();
        for (rule, expected) in [
            (r#"device.displayName -eq "paw-0042""#, true),
            (r#"device.displayName -ne "PAW-0042""#, false),
            (r#"device.displayName -startsWith "paw""#, true),
            (r#"device.displayName -notStartsWith "paw""#, false),
            (r#"device.displayName -endsWith "42""#, true),
            (r#"device.displayName -notEndsWith "43""#, true),
            (r#"device.displayName -contains "W-00""#, true),
            (r#"device.displayName -notContains "W-00""#, false),
            (r#"device.displayName -in ["x", "PAW-0042"]"#, true),
            (r#"device.displayName -notIn ["x", "y"]"#, true),
            ("device.isCompliant -eq True", true),
            (r#"device.isCompliant -eq "False""#, false),
            (r#"device.trustType -eq "AzureAD""#, true),
            (r#"device.trustType -ne "ServerAD" -or device.isCompliant -ne True"#, true),
            (r#"device.isCompliant -eq True -and device.deviceOwnership -eq "Company""#, false),
        ] {
            assert_eq!(matches(rule, &device), expected.into(), "{rule}");
        }
    }

    #[test]
    fn contains_is_a_part_of_a_text_and_an_element_of_a_collection() {
        let device = workstation();
        assert_eq!(matches(r#"device.physicalIds -contains "[OrderId]:ring2""#, &device), Truth::True);
        assert_eq!(matches(r#"device.physicalIds -contains "OrderId""#, &device), Truth::False);
        assert_eq!(matches(r#"device.physicalIds -notContains "OrderId""#, &device), Truth::True);
    }

    #[test]
    fn an_unregistered_device_fails_positive_and_passes_negative_operators() {
        let device = Device { is_registered: Some(false), ..Device::default() };
        for (rule, expected) in [
            (r#"device.isCompliant -eq "True""#, false),
            (r#"device.isCompliant -ne "True""#, true),
            (r#"device.model -in ["a"]"#, false),
            (r#"device.model -notIn ["a"]"#, true),
            (r#"device.systemLabels -notContains "a""#, true),
            (r#"-not device.model -eq "a""#, true),
        ] {
            assert_eq!(matches(rule, &device), expected.into(), "{rule}");
        }
    }

    #[test]
    fn unknown_attributes_leave_a_rule_open_unless_another_part_settles_it() {
        let device = Device { is_compliant: Some(false), ..Device::default() };
        let model = Truth::Unknown(FactSet::only(crate::fact::Fact::DeviceModel));
        assert_eq!(matches(r#"device.model -eq "a""#, &device), model);
        assert_eq!(
            matches(r#"device.model -eq "a" -and device.isCompliant -eq True"#, &device),
            Truth::False
        );
        assert_eq!(matches(r#"device.model -eq "a" -or device.isCompliant -ne True"#, &device), Truth::True);
    }

    #[test]
    fn an_empty_text_is_an_attribute_that_is_not_set() {
        let device = Device { model: Some(Text::from("")), ..Device::default() };
        assert_eq!(matches(r#"device.model -ne "a""#, &device), Truth::True);
        assert_eq!(matches(r#"device.model -startsWith "a""#, &device), Truth::False);
    }
}
