//! Filters by custom security attributes: `applicationFilter`, `servicePrincipalFilter` and the like (Entra
//! `concept-filter-for-applications.md`).
//!
//! The language is that of device filters, about `CustomSecurityAttribute.Set_Name`. Only attributes of type string
//! can be asked for, and each may have several values: a positive operator holds if it does for one of them,
//! `-contains` if the value is one of them. An attribute without a value matches no positive operator and every
//! negative one.

use super::device_filter::{Operator, Rule, RuleError, parse_custom};
use crate::compiled::compiled;
use crate::request::Text;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttributeFilter {
    rule: Rule,
    /// Names of the attributes that the rule numbers.
    names: Vec<String>,
}

compiled!(AttributeFilter { rule, names });

impl AttributeFilter {
    pub(super) fn parse(text: &str) -> Result<Self, RuleError> {
        parse_custom(text).map(|(rule, names)| Self { rule, names })
    }

    /// Whether it holds for something with these attributes.
    pub(super) fn matches(&self, attributes: &[(Text<'_>, Text<'_>)]) -> bool {
        self.rule.holds(&|comparison| {
            let name = self.names.get(comparison.attribute.number()).map_or("", String::as_str);
            let mut values = attributes
                .iter()
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value);
            let holds = values.any(|value| match comparison.operator {
                Operator::Contains => {
                    comparison.values.iter().any(|stated| stated.eq_ignore_ascii_case(value))
                }
                _ => comparison.holds(value),
            });
            holds != comparison.negated
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_may_have_several_values_or_none() {
        let attributes =
            [("Test_Requirement", "requireMFA"), ("Test_Requirement", "blockGuests"), ("Test_Tier", "1a")]
                .map(|(name, value)| (Text::from(name), Text::from(value)));
        for (rule, expected) in [
            (r#"CustomSecurityAttribute.Test_Requirement -contains "requireMFA""#, true),
            (r#"CustomSecurityAttribute.Test_Requirement -contains "require""#, false),
            (r#"CustomSecurityAttribute.Test_Requirement -notContains "requireMFA""#, false),
            (
                r#"customsecurityattribute.test_tier -startsWith "1" -and -not CustomSecurityAttribute.Test_Tier -eq "1""#,
                true,
            ),
            (r#"CustomSecurityAttribute.Test_Tier -in ["2", "1A"]"#, true),
            (r#"CustomSecurityAttribute.Other_Name -eq "x""#, false),
            (r#"CustomSecurityAttribute.Other_Name -ne "x""#, true),
        ] {
            assert_eq!(AttributeFilter::parse(rule).unwrap().matches(&attributes), expected, "{rule}");
        }
        for (rule, position) in [
            ("device.model -eq a", 0),
            ("CustomSecurityAttribute. -eq a", 0),
            ("CustomSecurityAttribute.A_b -is a", 28),
        ] {
            assert_eq!(AttributeFilter::parse(rule).unwrap_err().position, position, "{rule}");
        }
    }
}
