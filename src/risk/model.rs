//! The scorecard: integer points per signal and bin, and the levels they add up to.

mod compiled;
mod file;

use file::{CardFile, ModelFile};

use super::band::{Band, Setting};
use super::calibration::Calibration;
use super::{RiskLevel, Worth, probability};
use crate::error::Error;
use crate::read::{self, Slot};
use crate::signal::{Population, SignalBin};

/// The scorecards every edge starts with, learned and calibrated on a simulated stream; `data/model/README.md` says how.
const SHIPPED: &str = include_str!("../../data/model/learned.json");

/// Points of one bin, in 1/64 bit of log-odds, and what the signal could still contribute if it were known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Points {
    pub points: i32,
    pub low: i32,
    pub high: i32,
}

/// Largest magnitude of one bin's points: 16 bits of evidence. Keeps every sum far from overflow.
const POINTS_LIMIT: i32 = 1024;

impl Points {
    /// Whether they are in order, and within limits.
    const fn hold(self) -> bool {
        -POINTS_LIMIT <= self.low
            && self.low <= self.points
            && self.points <= self.high
            && self.high <= POINTS_LIMIT
    }
}

/// Least points of each level above `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Least points of `low`.
    pub low: i32,
    /// Least points of `medium`.
    pub medium: i32,
    /// Least points of `high`.
    pub high: i32,
}

impl Thresholds {
    const fn ascend(self) -> bool {
        self.low < self.medium && self.medium < self.high
    }

    pub(super) const fn level(self, score: i32) -> RiskLevel {
        if score >= self.high {
            RiskLevel::High
        } else if score >= self.medium {
            RiskLevel::Medium
        } else if score >= self.low {
            RiskLevel::Low
        } else {
            RiskLevel::None
        }
    }
}

/// A validated model: the scorecard of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    id: String,
    /// When it is no longer to be relied on, milliseconds since the Unix epoch.
    expires: Option<i64>,
    calibration: Calibration,
    thresholds: Thresholds,
    band: Option<Band>,
    /// What the operator says errors cost.
    worth: Option<Worth>,
    population: Population,
    /// By signal and bin, in the order of [`CATALOGUE`](crate::signal::CATALOGUE).
    table: Vec<Vec<Points>>,
}

impl Model {
    /// Reads a model and checks all of it: every signal and bin of the engine, no other, within limits. Used is the
    /// scorecard of `setting`.
    ///
    /// # Errors
    /// [`Error::Model`] with the path of the first member that is wrong.
    pub fn parse(json: &str, setting: Setting) -> Result<Self, Error> {
        let mut file = ModelFile::default();
        read::from_json(json, Slot::Record(&mut file)).map_err(|why| Error::json("model", &why))?;
        let schema = file.schema.unwrap_or_default();
        if schema != 1 {
            return Err(Error::model("schema", format!("`{schema}` is not a known schema; 1 is")));
        }
        let population = Population::of(file.rarity, file.networks)?;
        let card = |card: CardFile, name| {
            card.validate(&file.id, file.expires, population.clone()).map_err(|why| why.within(name))
        };
        let standard = card(file.standard.unwrap_or_default(), "standard")?;
        let hardened = file.hardened.map(|file| card(file, "hardened")).transpose()?;
        Ok(match (setting, hardened) {
            (Setting::Hardened, Some(hardened)) => hardened,
            _ => standard,
        })
    }

    /// The same, by an operator's costs.
    pub(crate) fn with_costs(self, worth: Option<Worth>) -> Self {
        Self { worth, ..self }
    }

    /// Whether the model may be relied on at a time, milliseconds since the Unix epoch. One that expires is not relied
    /// on while nobody tells the time.
    #[must_use]
    pub fn is_valid_at(&self, time: Option<i64>) -> bool {
        self.expires.is_none_or(|expires| time.is_some_and(|time| time < expires))
    }

    /// What the model answers to 64 made-up requests, as 16 hexadecimal digits: FNV-1a over what it knows of everybody, the scores
    /// that part its levels and bound its band, and the score and probability of each, whatever errors cost. The file states what it was when the model was made, so that no other arithmetic and no damaged table is
    /// ever scored with.
    #[must_use]
    pub fn check(&self) -> String {
        format!("{:016x}", self.digest())
    }

    fn digest(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |number: i64| {
            for byte in number.to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        self.population.numbers().for_each(&mut take);
        let Thresholds { low, medium, high } = self.thresholds;
        let band = self.band.map(|band| [band.allow, band.block]);
        [low, medium, high]
            .into_iter()
            .chain(band.into_iter().flatten())
            .for_each(|score| take(score.into()));
        for vector in 0..64_usize {
            let score = self.table.iter().enumerate().fold(0_i32, |score, (signal, bins)| {
                // Sixteen in a row show every bin of every signal; the next sixteen, in another company.
                let bin = (vector + vector / 16 * signal) % bins.len().max(1);
                score.saturating_add(self.points(SignalBin { signal, bin }).points)
            });
            let odds = self.calibration.log_odds(score);
            take(i64::from(score) << 32 | i64::from(probability::from_points(odds)));
        }
        hash
    }

    /// The model that ships with the engine.
    ///
    /// # Errors
    /// None in a released engine: a test reads the same file.
    pub fn shipped(setting: Setting) -> Result<Self, Error> {
        Self::parse(SHIPPED, setting)
    }

    /// Name of the model, for the decision's `versions`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the model knows of everybody.
    #[must_use]
    pub const fn population(&self) -> &Population {
        &self.population
    }

    /// What the bins of all signals ([`Signals::bins`](crate::signal::Signals::bins)) add up to.
    #[inline]
    pub(super) fn sum(&self, bins: impl IntoIterator<Item = u8>, part: impl Fn(&Points) -> i32) -> i32 {
        let observed = self.table.iter().zip(bins);
        observed.filter_map(|(points, bin)| points.get(usize::from(bin)).map(&part)).sum()
    }

    /// Points of every bin of every signal, in the order of [`CATALOGUE`](crate::signal::CATALOGUE).
    pub(crate) fn table_of_points(&self) -> Vec<Vec<i32>> {
        self.table.iter().map(|bins| bins.iter().map(|bin| bin.points).collect()).collect()
    }

    /// Calibrated log-odds of a score, in points, where attacks are as common as the operator says.
    pub(super) fn calibrated(&self, score: i32) -> i32 {
        self.calibration.log_odds(score) + self.worth.map_or(0, |worth| worth.shift)
    }

    pub(super) const fn worth(&self) -> Option<Worth> {
        self.worth
    }

    pub(super) const fn band(&self) -> Option<Band> {
        self.band
    }

    pub(super) const fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    pub(super) fn points(&self, observed: SignalBin) -> Points {
        let none = Points { points: 0, low: 0, high: 0 };
        self.table.get(observed.signal).and_then(|bins| bins.get(observed.bin)).copied().unwrap_or(none)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::signal::CATALOGUE;

    /// A model with points of every kind.
    const PRIORS: &str = include_str!("../../data/model/priors.json");

    fn priors() -> Model {
        Model::parse(PRIORS, Setting::Standard).unwrap()
    }

    fn edited(edit: impl Fn(&mut Value)) -> Result<Model, Error> {
        let mut file: Value = serde_json::from_str(PRIORS).unwrap();
        edit(&mut file);
        Model::parse(&file.to_string(), Setting::Standard)
    }

    #[test]
    fn the_shipped_model_is_valid() {
        for setting in [Setting::Standard, Setting::Hardened] {
            assert!(Model::shipped(setting).unwrap().band().is_some());
        }
    }

    #[test]
    fn compact_signals_are_the_same_model() {
        let compact = edited(|file| {
            for (signal, bins) in CATALOGUE {
                let row = bins.iter().map(|bin| match &file["standard"]["signals"][signal][bin] {
                    Value::Object(one) => serde_json::json!([one["points"], one["low"], one["high"]]),
                    points => points.clone(),
                });
                file["standard"]["signals"][signal] = row.collect();
            }
        });
        assert_eq!(compact.unwrap(), priors());
        for bad in [
            serde_json::json!([1, 2]),
            vec![0; 99].into(),
            serde_json::json!([[1], 2]),
            serde_json::json!("x"),
        ] {
            let why =
                edited(|file| file["standard"]["signals"]["asn"] = bad.clone()).unwrap_err().to_string();
            assert!(why.contains("signals.asn"), "{why}");
        }
    }

    #[test]
    fn a_model_that_answers_otherwise_than_it_says_is_refused() {
        let check = priors().check();
        assert!(edited(|file| file["standard"]["check"] = check.clone().into()).is_ok());
        let refused = |edit: &dyn Fn(&mut Value)| {
            edited(|file| {
                file["standard"]["check"] = check.clone().into();
                edit(file);
            })
            .unwrap_err()
            .to_string()
        };
        assert!(
            refused(&|file| file["standard"]["calibration"][0]["points"] = (-2400).into())
                .contains("`standard.check`")
        );
        for level in ["low", "medium", "high"] {
            let why = refused(&|file| {
                let levels = &mut file["standard"]["levels"];
                levels[level] = (levels[level].as_i64().unwrap() + 1).into();
            });
            assert!(why.contains("`standard.check`"), "{level}: every level is checked");
        }
        for (allow, block) in [(1, 500), (0, 501)] {
            let banded = |file: &mut Value, allow: i32, block: i32| {
                file["standard"]["band"] = serde_json::json!({"allow": allow, "block": block});
            };
            let of = edited(|file| banded(file, 0, 500)).unwrap().check();
            let moved = edited(|file| {
                banded(file, allow, block);
                file["standard"]["check"] = of.clone().into();
            });
            assert!(moved.unwrap_err().to_string().contains("`standard.check`"), "the band is checked");
        }
        for (signal, bins) in CATALOGUE {
            for bin in *bins {
                let why = refused(&|file| file["standard"]["signals"][signal][bin] = 77.into());
                assert!(why.contains("`standard.check`"), "{signal}.{bin}: every point is checked");
            }
        }
    }

    #[test]
    fn a_model_expires_by_the_time_it_is_told() {
        let model = edited(|file| file["expires"] = 1_790_000_000_000_i64.into()).unwrap();
        assert!(model.is_valid_at(Some(1_789_999_999_999)));
        assert!(!model.is_valid_at(Some(1_790_000_000_000)) && !model.is_valid_at(None));
        assert!(priors().is_valid_at(None));
    }

    #[test]
    fn a_wrong_model_is_refused_with_the_path() {
        let refused = |edit: &dyn Fn(&mut Value)| edited(edit).unwrap_err().to_string();
        assert!(
            refused(&|file| file["standard"]["signals"]["asn"]["known"] = 5000.into())
                .contains("standard.signals.asn.known")
        );
        assert!(refused(&|file| file["standard"]["signals"]["moon"] = 1.into()).contains("signals.moon"));
        assert!(
            refused(&|file| file["standard"]["signals"]["asn"]["odd"] = 1.into()).contains("signals.asn.odd")
        );
        assert!(
            refused(&|file| drop(file["standard"]["signals"].as_object_mut().unwrap().remove("travel")))
                .contains("signals.travel")
        );
        assert!(refused(&|file| file["standard"]["levels"]["low"] = 900.into()).contains("levels"));
        assert!(refused(&|file| file["schema"] = 2.into()).contains("schema"));
        assert!(
            refused(&|file| file["standard"]["signals"]["asn"]["noProfile"]["low"] = 900.into())
                .contains("noProfile")
        );
    }
}
