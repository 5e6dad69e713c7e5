//! The scorecard: integer points per signal and bin, and the levels they add up to.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::RiskLevel;
use super::band::{Band, Bands, Setting};
use crate::error::Error;
use crate::signal::{CATALOGUE, SignalBin};

/// The scorecard every edge starts with. Its points are priors set by hand, not learned; the file says so.
const PRIORS: &str = include_str!("../../data/model/priors.json");

/// Largest magnitude of one bin's points: 16 bits of evidence. Keeps every sum far from overflow.
const POINTS_LIMIT: i32 = 1024;

/// Points of one bin, in 1/64 bit of log-odds, and what the signal could still contribute if it were known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Points {
    pub points: i32,
    pub low: i32,
    pub high: i32,
}

/// Least points of each level above `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Thresholds {
    /// Least points of `low`.
    pub low: i32,
    /// Least points of `medium`.
    pub medium: i32,
    /// Least points of `high`.
    pub high: i32,
}

impl Thresholds {
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

/// A validated scorecard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    id: String,
    slope: i64,
    prior: i32,
    thresholds: Thresholds,
    band: Option<Band>,
    /// By signal and bin, in the order of [`CATALOGUE`].
    table: Vec<Vec<Points>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ModelFile {
    schema: u32,
    id: String,
    #[expect(dead_code, reason = "read so that a model must say where its points come from")]
    origin: Origin,
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    notes: Vec<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people and for the laboratory")]
    evidence: Option<Value>,
    #[serde(default = "one")]
    slope_q16: u32,
    prior_points: i32,
    levels: Thresholds,
    #[serde(default)]
    bands: Option<Bands>,
    signals: Map<String, Value>,
}

const fn one() -> u32 {
    1 << 16
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Origin {
    Priors,
    Learned,
}

impl Model {
    /// Reads a model and checks it: every signal and bin of the engine, no other, within limits. Of its bands, the
    /// one of `setting` is used.
    ///
    /// # Errors
    /// [`Error::Model`] with the path of the first member that is wrong.
    pub fn parse(json: &str, setting: Setting) -> Result<Self, Error> {
        let file: ModelFile = serde_json::from_str(json).map_err(|why| Error::json("model", &why))?;
        if file.schema != 1 {
            return Err(Error::model("schema", format!("`{}` is not a known schema; 1 is", file.schema)));
        }
        let thresholds = file.levels;
        if !(thresholds.low < thresholds.medium && thresholds.medium < thresholds.high) {
            return Err(Error::model("levels", "must ascend from low over medium to high".to_owned()));
        }
        if let Some(stranger) =
            file.signals.keys().find(|name| !CATALOGUE.iter().any(|(known, _)| known == name))
        {
            return Err(Error::model(
                &format!("signals.{stranger}"),
                "is not a signal of this engine".to_owned(),
            ));
        }
        let table = CATALOGUE
            .iter()
            .map(|(signal, bins)| bins_of(&file.signals, signal, bins))
            .collect::<Result<_, _>>()?;
        let band = file.bands.map(|bands| bands.of(setting));
        if band.is_some_and(|band| band.allow >= band.block) {
            return Err(Error::model("bands", "must allow below where they stop".to_owned()));
        }
        if file.slope_q16 > 4 << 16 {
            return Err(Error::model("slopeQ16", "is more than four".to_owned()));
        }
        Ok(Self {
            id: file.id,
            slope: i64::from(file.slope_q16),
            prior: file.prior_points.clamp(-4096, 4096),
            thresholds,
            band,
            table,
        })
    }

    /// The priors that ship with the engine.
    ///
    /// # Errors
    /// None in a released engine: a test reads the same file.
    pub fn priors() -> Result<Self, Error> {
        Self::parse(PRIORS, Setting::default())
    }

    /// Name of the model, for the decision's `versions`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Calibrated log-odds of a score, in points.
    pub(super) fn calibrated(&self, score: i32) -> i32 {
        let scaled = (i64::from(score) * self.slope) >> 16;
        i32::try_from(scaled)
            .unwrap_or(if score > 0 { i32::MAX } else { i32::MIN })
            .saturating_add(self.prior)
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

fn bins_of(signals: &Map<String, Value>, signal: &str, bins: &[&str]) -> Result<Vec<Points>, Error> {
    let path = format!("signals.{signal}");
    let given = signals
        .get(signal)
        .and_then(Value::as_object)
        .ok_or_else(|| Error::model(&path, "is missing or not an object".to_owned()))?;
    if let Some(stranger) = given.keys().find(|name| !bins.contains(&name.as_str())) {
        return Err(Error::model(&format!("{path}.{stranger}"), "is not a bin of this signal".to_owned()));
    }
    bins.iter()
        .map(|bin| {
            let path = format!("{path}.{bin}");
            let value = given.get(*bin).ok_or_else(|| Error::model(&path, "is missing".to_owned()))?;
            points_of(value).ok_or_else(|| {
                Error::model(
                    &path,
                    format!("`{value}` is neither points nor {{points, low, high}} with low ≤ points ≤ high, all within ±{POINTS_LIMIT}"),
                )
            })
        })
        .collect()
}

fn points_of(value: &Value) -> Option<Points> {
    let within =
        |value: &Value| i32::try_from(value.as_i64()?).ok().filter(|points| points.abs() <= POINTS_LIMIT);
    if let Some(points) = within(value) {
        return Some(Points { points, low: points, high: points });
    }
    let object = value.as_object().filter(|object| object.len() == 3)?;
    let member = |name: &str| object.get(name).and_then(within);
    let points = Points { points: member("points")?, low: member("low")?, high: member("high")? };
    (points.low <= points.points && points.points <= points.high).then_some(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(edit: impl Fn(&mut Value)) -> Result<Model, Error> {
        let mut file: Value = serde_json::from_str(PRIORS).unwrap();
        edit(&mut file);
        Model::parse(&file.to_string(), Setting::Standard)
    }

    #[test]
    fn the_shipped_priors_are_valid() {
        assert!(Model::priors().unwrap().id().starts_with("priors"));
    }

    #[test]
    fn a_wrong_model_is_refused_with_the_path() {
        let refused = |edit: &dyn Fn(&mut Value)| edited(edit).unwrap_err().to_string();
        assert!(refused(&|file| file["signals"]["asn"]["known"] = 5000.into()).contains("signals.asn.known"));
        assert!(refused(&|file| file["signals"]["moon"] = 1.into()).contains("signals.moon"));
        assert!(refused(&|file| file["signals"]["asn"]["odd"] = 1.into()).contains("signals.asn.odd"));
        assert!(
            refused(&|file| drop(file["signals"].as_object_mut().unwrap().remove("travel")))
                .contains("signals.travel")
        );
        assert!(refused(&|file| file["levels"]["low"] = 900.into()).contains("levels"));
        assert!(refused(&|file| file["schema"] = 2.into()).contains("schema"));
        assert!(
            refused(&|file| file["signals"]["asn"]["noProfile"]["low"] = 900.into()).contains("noProfile")
        );
    }
}
