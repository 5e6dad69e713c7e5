//! How rare values are among all principals, so that a match says as much as it is worth: everybody's browser in a
//! profile proves little, a rare one much.
//!
//! The odds of a value that a profile holds are those of the Dirichlet predictive over those of everybody:
//! `log₂ p − log₂((c + p)/(n + 1))` bits, with p the value's share among principals, n the sign-ins of the profile
//! and c how many had it ([`Habit`]; p beside c is left out). All in points of 1/64 bit.

use super::Familiarity;
use crate::compiled::compiled;
use crate::error::Error;
use crate::profile::Habit;
use crate::read::{Record, Slot};
use crate::sort::sort;
use crate::vocabulary::vocabulary;

/// Bits by which a match must be likelier for the principal than for anybody to count as distinctive, in points.
const DISTINCTIVE: i32 = 2 * 64;
/// Rarest value a table may state: one in 2³² (there are no more principals).
const RAREST: i32 = 32 * 64;
/// Values a table holds at most.
const LIMIT: usize = 128;

vocabulary! {
    /// A dimension of the profile whose values a model may know the rarity of, by the name of its signal.
    pub enum Dimension {
        /// Autonomous systems, in decimal digits.
        Asn = "asn",
        /// Countries.
        Country = "country",
        /// Half-degree cells.
        City = "city",
        /// Agent keys.
        Agent = "agent",
        /// Systems of user agents.
        System = "system",
        /// TLS clients.
        Tls = "tls",
    }
}

/// Rarities of values by dimension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rarity([Table; Dimension::ALL.len()]);

compiled!(@wrapper Rarity);

/// Hashes of values with their rarity, in the order of the hashes.
type Table = Vec<(u32, i32)>;

impl Rarity {
    /// Rarity of a value, which is given in parts, in points: −log₂ of its share among principals. A value that a table
    /// leaves out is as rare as its rarest; `None` where there is no table.
    fn of(&self, dimension: Dimension, value: &[&str]) -> Option<i32> {
        let table = self.0.get(dimension as usize).filter(|table| !table.is_empty())?;
        let hash = hash(value);
        let at = table.partition_point(|(other, _)| *other < hash);
        match table.get(at) {
            Some((other, points)) if *other == hash => Some(*points),
            _ => table.iter().map(|(_, points)| *points).max(),
        }
    }

    /// What it says that a profile holds a value which the principal shows by `habit`.
    #[must_use]
    pub fn familiarity(&self, dimension: Dimension, value: &[&str], habit: Habit) -> Familiarity {
        let Some(rarity) = self.of(dimension, value) else { return Familiarity::Known };
        match rarity - habit.points() {
            DISTINCTIVE.. => Familiarity::Distinctive,
            0.. => Familiarity::Known,
            _ => Familiarity::Seldom,
        }
    }

    /// Tables of a dimension, a value and its rarity in points each.
    ///
    /// # Errors
    /// [`Error::Model`] if a rarity is out of range, a value is named twice, or a table has more than 128 values.
    pub fn new(values: impl IntoIterator<Item = (Dimension, String, i32)>) -> Result<Self, Error> {
        let mut rarity = Self::default();
        for (dimension, value, points) in values {
            if !(0..=RAREST).contains(&points) {
                let why = format!("must be points from 0 to {RAREST}");
                return Err(Error::model(&format!("rarity.{}.{value}", dimension.name()), why));
            }
            if let Some(table) = rarity.0.get_mut(dimension as usize) {
                table.push((hash(&[&value]), points));
            }
        }
        for (table, dimension) in rarity.0.iter_mut().zip(Dimension::ALL) {
            let refused = |why| Err(Error::model(&format!("rarity.{}", dimension.name()), why));
            sort(table);
            if table.len() > LIMIT {
                return refused(format!("holds more than {LIMIT} values"));
            }
            if table.windows(2).any(|pair| matches!(pair, [one, other] if one.0 == other.0)) {
                return refused("names a value twice".to_owned());
            }
        }
        Ok(rarity)
    }

    /// Whether every table ascends, so that a value is found, and says what a rarity can be.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.iter().all(|table| {
            table.len() <= LIMIT
                && table.windows(2).all(|pair| matches!(pair, [one, other] if one.0 < other.0))
                && table.iter().all(|(_, points)| (0..=RAREST).contains(points))
        })
    }

    /// Its numbers, for a model's check.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.0.iter().flatten().map(|(hash, points)| i64::from(*hash) << 32 | i64::from(*points))
    }
}

/// FNV-1a of a text in parts: short, and the same everywhere. Nobody gains by a collision: who can choose a value can
/// choose the right one.
fn hash(parts: &[&str]) -> u32 {
    parts
        .iter()
        .flat_map(|part| part.bytes())
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Rarities as they are written, by dimension: `{"agent": {"Chrome/windows": 120, …}, …}`.
#[derive(Default)]
pub(crate) struct RarityFile([TableFile; Dimension::ALL.len()]);

type TableFile = Vec<(String, Option<i32>)>;

impl RarityFile {
    pub(crate) fn validate(self) -> Result<Rarity, Error> {
        let values = self.0.into_iter().zip(Dimension::ALL).flat_map(|(table, dimension)| {
            // What was left unknown is out of range.
            table.into_iter().map(|(value, points)| (*dimension, value, points.unwrap_or(-1)))
        });
        Rarity::new(values)
    }
}

impl<'de> Record<'de> for RarityFile {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        let index = Dimension::ALL.iter().position(|dimension| dimension.name() == name)?;
        self.0.get_mut(index).map(|table| Slot::Record(table))
    }

    fn is_strict(&self) -> bool {
        true
    }
}

impl<'de> Record<'de> for TableFile {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        self.push((name.to_owned(), None));
        self.last_mut().map(|(_, points)| Slot::Whole(points))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn rarity(json: &str) -> Result<Rarity, String> {
        let mut file = RarityFile::default();
        read::from_json(json, Slot::Record(&mut file)).map_err(|why| why.to_string())?;
        file.validate().map_err(|why| why.to_string())
    }

    #[test]
    fn what_everybody_has_proves_nothing() {
        let rarity = rarity(r#"{"agent":{"Chrome/windows":100,"Firefox/linux":400}}"#).unwrap();
        let of = |value: &[&str], count, kept| {
            rarity.familiarity(Dimension::Agent, value, Habit::of(0, &[], kept, count))
        };
        assert_eq!(of(&["Chrome", "/", "windows"], 20, 1), Familiarity::Known);
        assert_eq!(
            of(&["Chrome/windows"], 20, 4),
            Familiarity::Seldom,
            "a quarter of the sign-ins, and of everybody a third"
        );
        assert_eq!(of(&["Firefox", "/", "linux"], 20, 1), Familiarity::Distinctive);
        // Six values share the sign-ins: 2.6 bits less.
        assert_eq!(of(&["Firefox/linux"], 20, 6), Familiarity::Distinctive);
        assert_eq!(
            of(&["Firefox/linux"], 1, 1),
            Familiarity::Distinctive,
            "of one sign-in one in two would be another"
        );
        assert_eq!(
            of(&["Lynx/linux"], 20, 1),
            Familiarity::Distinctive,
            "what no table lists is rarer than what it lists"
        );
        let unknown = rarity.familiarity(Dimension::Tls, &["x"], Habit::of(0, &[], 1, 20));
        assert_eq!(unknown, Familiarity::Known, "nothing is known");
    }

    #[test]
    fn odds_are_those_of_the_predictive() {
        // The bounds of two bits and of none, in doubles: p of a value, n sign-ins, c of them with it.
        for points in (0..800).step_by(7) {
            for (count, others) in [(1_u32, 0_u32), (1, 1), (3, 4), (39, 1), (1, 254), (200, 200)] {
                let exact =
                    -f64::from(points) / 64.0 - (f64::from(count) / f64::from(count + others + 1)).log2();
                let table = rarity(&format!(r#"{{"asn":{{"64500":{points}}}}}"#)).unwrap();
                let habit = Habit::of(1, &[others, count], 2, 9);
                let is = table.familiarity(Dimension::Asn, &["64500"], habit);
                // Three logarithms, each right to a point.
                let near = |bound: f64| (exact - bound).abs() < 3.0 / 64.0;
                assert!(
                    (is == Familiarity::Distinctive) == (exact <= -2.0) || near(-2.0),
                    "{points} {count} {others}"
                );
                assert!(
                    (is == Familiarity::Seldom) == (exact > 0.0) || near(0.0),
                    "{points} {count} {others}"
                );
            }
        }
    }

    #[test]
    fn a_wrong_table_is_refused_with_the_path() {
        for (json, path) in [
            (r#"{"moon":{}}"#, "moon"),
            (r#"{"asn":{"64500":-1}}"#, "rarity.asn.64500"),
            (r#"{"asn":{"64500":2049}}"#, "rarity.asn.64500"),
            (r#"{"asn":{"64500":"x"}}"#, "asn.64500"),
            (r#"{"asn":{"64500":1,"64500":1}}"#, "asn"),
        ] {
            let why = rarity(json).unwrap_err();
            assert!(why.contains(path), "{json}: {why}");
        }
        let many: Vec<String> = (0..=LIMIT).map(|value| format!(r#""{value}":1"#)).collect();
        assert!(rarity(&format!(r#"{{"asn":{{{}}}}}"#, many.join(","))).unwrap_err().contains("128"));
    }
}
