//! Rules in binary: what is combined before what combines it, so that reading needs no recursion.

use super::{Comparison, Operator, Rule};
use crate::compiled::{Bytes, Compiled, compiled};

/// Deepest tree: parentheses and negations nest 64 deep, and each pair of parentheses holds an `-or` of `-and`s.
const MAX_DEPTH: usize = 3 * 65;

const COMPARISON: u8 = 0;
const NOT: u8 = 1;
const AND: u8 = 2;
const OR: u8 = 3;

compiled!(Comparison { attribute, operator, negated, values });

impl Compiled for Operator {
    fn write(&self, into: &mut Vec<u8>) {
        (*self as u8).write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let operators = [Self::Equals, Self::StartsWith, Self::EndsWith, Self::Contains];
        operators.get(usize::from(u8::read(from)?)).copied()
    }
}

impl Compiled for Rule {
    fn write(&self, into: &mut Vec<u8>) {
        self.steps().write(into);
        self.write_steps(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let mut trees: Vec<(Self, usize)> = Vec::new();
        for _ in 0..u16::read(from)? {
            let tree = match u8::read(from)? {
                COMPARISON => (Self::Comparison(Comparison::read(from)?), 1),
                NOT => {
                    let (rule, depth) = trees.pop()?;
                    (Self::Not(Box::new(rule)), depth + 1)
                }
                kind @ (AND | OR) => {
                    let first = trees.len().checked_sub(usize::from(u16::read(from)?))?;
                    let (rules, depths): (Vec<_>, Vec<_>) = trees.drain(first..).unzip();
                    let rule = if kind == AND { Self::And(rules) } else { Self::Or(rules) };
                    (rule, depths.into_iter().max()? + 1)
                }
                _ => return None,
            };
            if tree.1 > MAX_DEPTH {
                return None;
            }
            trees.push(tree);
        }
        let (rule, _) = trees.pop()?;
        trees.is_empty().then_some(rule)
    }
}

impl Rule {
    /// A rule is too short for 65,536 of them.
    fn steps(&self) -> u16 {
        match self {
            Self::Comparison(_) => 1,
            Self::Not(rule) => rule.steps().saturating_add(1),
            Self::And(rules) | Self::Or(rules) => {
                rules.iter().fold(1, |steps, rule| rule.steps().saturating_add(steps))
            }
        }
    }

    fn write_steps(&self, into: &mut Vec<u8>) {
        match self {
            Self::Comparison(comparison) => {
                COMPARISON.write(into);
                comparison.write(into);
            }
            Self::Not(rule) => {
                rule.write_steps(into);
                NOT.write(into);
            }
            Self::And(rules) | Self::Or(rules) => {
                rules.iter().for_each(|rule| rule.write_steps(into));
                if matches!(self, Self::And(_)) { AND } else { OR }.write(into);
                u16::try_from(rules.len()).unwrap_or(u16::MAX).write(into);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::{from_bytes, to_bytes};
    use crate::policy::device_filter::parse;

    #[test]
    fn every_shape_of_rule_comes_back() {
        let nested = format!("{}device.model -eq \"a\"{}", "-not (".repeat(31), ")".repeat(31));
        for text in [
            r#"device.isCompliant -eq True"#,
            r#"-not device.model -in ["a", "b"] -and (device.trustType -ne "ServerAD" -or device.physicalIds -contains "x")"#,
            r#"device.displayName -startsWith "a" -or device.displayName -notEndsWith "b" -and device.model -eq "c""#,
            &nested,
        ] {
            let rule = parse(text).unwrap();
            assert_eq!(from_bytes::<Rule>(&to_bytes(&rule)), Some(rule), "{text}");
        }
    }

    #[test]
    fn no_bytes_nest_deeper_than_any_text() {
        let comparison = [COMPARISON, 0, 0, 0, 0];
        let deep = |nots: usize| {
            let mut bytes = to_bytes(&u16::try_from(nots + 1).unwrap());
            bytes.extend(comparison);
            bytes.extend(vec![NOT; nots]);
            from_bytes::<Rule>(&bytes)
        };
        assert!(deep(MAX_DEPTH - 1).is_some());
        assert!(deep(MAX_DEPTH).is_none());
        assert!(deep(60_000).is_none());
        assert!(from_bytes::<Rule>(&[1, AND, 0]).is_none(), "of nothing");
        assert!(from_bytes::<Rule>(&[1, AND, 1]).is_none(), "of what is not there");
        assert!(from_bytes::<Rule>(&[0]).is_none(), "no rule");
    }
}
