//! A model as it is written, for people or compact, and what is checked of it.

use serde_json::value::RawValue;

use super::{Model, POINTS_LIMIT, Points, Thresholds};
use crate::error::Error;
use crate::read::{Record, Slot, record};
use crate::request::Text;
use crate::risk::band::BandFile;
use crate::risk::calibration::{Calibration, KnotFile};
use crate::signal::{CATALOGUE, NetworkKindsFile, Population, RarityFile};
use crate::vocabulary::vocabulary;

#[derive(Default)]
pub(super) struct ModelFile<'a> {
    pub(super) schema: Option<u32>,
    pub(super) id: String,
    /// Read so that a model must say where its points come from.
    origin: Option<Origin>,
    /// For people.
    notes: Option<Vec<Text<'a>>>,
    /// For people and for the laboratory.
    evidence: Option<&'a RawValue>,
    /// SHA-256 of the events it was learned from, in hexadecimal. For people.
    training_digest: Option<Text<'a>>,
    pub(super) expires: Option<i64>,
    /// How rare values are among all principals; without, nothing is known to be.
    pub(super) rarity: RarityFile,
    /// Autonomous systems that are intermediaries; without, the host's word is all there is.
    pub(super) networks: NetworkKindsFile,
    pub(super) standard: Option<CardFile>,
    /// The standard one serves both settings where it is left out.
    pub(super) hardened: Option<CardFile>,
}

record!(strict ModelFile<'a> {
    "schema" => Whole(schema),
    "id" => String(id),
    "origin" => OneOf(origin),
    "notes" => Texts(notes),
    "evidence" => Raw(evidence),
    "trainingDigest" => Text(training_digest),
    "expires" => Whole(expires),
    "rarity" => Record(rarity),
    "networks" => Record(networks),
    "standard" => Record(standard),
    "hardened" => Record(hardened),
} requires {
    "schema" => schema,
    "id" => id,
    "origin" => origin,
    "standard" => standard,
});

/// One scorecard.
#[derive(Default)]
pub(super) struct CardFile {
    /// What it must answer ([`Model::check`]).
    check: Option<String>,
    calibration: Vec<KnotFile>,
    levels: LevelsFile,
    /// A card without a band never decides alone on a score: all it has is levels.
    band: Option<BandFile>,
    signals: SignalsFile,
}

record!(strict CardFile {
    "check" => Optional(check),
    "calibration" => Records(calibration),
    "levels" => Record(levels),
    "band" => Record(band),
    "signals" => Record(signals),
} requires {});

vocabulary! {
    enum Origin {
        /// Set by hand.
        Priors = "priors",
        /// Fitted to labelled requests.
        Learned = "learned",
    }
}

#[derive(Default)]
struct LevelsFile {
    low: Option<i32>,
    medium: Option<i32>,
    high: Option<i32>,
}

record!(strict LevelsFile {
    "low" => Whole(low),
    "medium" => Whole(medium),
    "high" => Whole(high),
} requires {
    "low" => low,
    "medium" => medium,
    "high" => high,
});

/// The bins of every signal, in the order of [`CATALOGUE`].
struct SignalsFile(Vec<BinsFile>);

struct BinsFile {
    names: &'static [&'static str],
    points: Vec<PointsFile>,
    /// Written as a row, in the order of the bins.
    is_row: bool,
}

#[derive(Clone, Copy, Default)]
struct PointsFile {
    points: Option<i32>,
    low: Option<i32>,
    high: Option<i32>,
}

impl Default for SignalsFile {
    fn default() -> Self {
        let bins = |(_, names): &(_, &'static [_])| BinsFile {
            names,
            points: vec![PointsFile::default(); names.len()],
            is_row: false,
        };
        Self(CATALOGUE.iter().map(bins).collect())
    }
}

impl<'de> Record<'de> for SignalsFile {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        let index = CATALOGUE.iter().position(|(signal, _)| *signal == name)?;
        self.0.get_mut(index).map(|bins| Slot::Record(bins))
    }

    fn is_strict(&self) -> bool {
        true
    }
}

/// The bins by name, of which one that is left out is worth nothing, or the points of all in the order of the catalogue.
impl<'de> Record<'de> for BinsFile {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        let index = self.names.iter().position(|bin| *bin == name)?;
        self.points.get_mut(index).map(|points| Slot::Record(points))
    }

    fn element(&mut self, index: usize) -> Option<Slot<'_, 'de>> {
        self.is_row = true;
        self.points.get_mut(index).map(|points| Slot::Record(points))
    }

    fn is_strict(&self) -> bool {
        true
    }
}

impl<'de> Record<'de> for PointsFile {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        Some(Slot::Whole(match name {
            "points" => &mut self.points,
            "low" => &mut self.low,
            "high" => &mut self.high,
            _ => return None,
        }))
    }

    fn element(&mut self, index: usize) -> Option<Slot<'_, 'de>> {
        self.slot(["points", "low", "high"].get(index)?)
    }

    fn is_strict(&self) -> bool {
        true
    }

    /// A number is worth the same whether it is known or not.
    fn short(&mut self, points: i64) -> bool {
        self.points = i32::try_from(points).ok();
        (self.low, self.high) = (self.points, self.points);
        self.points.is_some()
    }
}

impl BinsFile {
    fn validate(&self, signal: &str) -> Result<Vec<Points>, Error> {
        if self.points.iter().all(|points| points.points.is_none()) {
            return Err(Error::model(&format!("signals.{signal}"), "is missing".to_owned()));
        }
        let mut table = Vec::with_capacity(self.points.len());
        for (bin, points) in self.names.iter().zip(&self.points) {
            table.push(points.validate(self.is_row).ok_or_else(|| {
                Error::model(
                    &format!("signals.{signal}.{bin}"),
                    format!("must be points, or {{points, low, high}} with low ≤ points ≤ high, all within ±{POINTS_LIMIT}"),
                )
            })?);
        }
        Ok(table)
    }
}

impl PointsFile {
    fn validate(self, is_needed: bool) -> Option<Points> {
        let (points, low, high) = match self {
            Self { points: None, low: None, high: None } if !is_needed => (0, 0, 0),
            Self { points: Some(points), low: Some(low), high: Some(high) } => (points, low, high),
            _ => return None,
        };
        Some(Points { points, low, high }).filter(|points| points.hold())
    }
}

impl CardFile {
    pub(super) fn validate(
        self,
        id: &str,
        expires: Option<i64>,
        population: Population,
    ) -> Result<Model, Error> {
        let LevelsFile { low: Some(low), medium: Some(medium), high: Some(high) } = self.levels else {
            return Err(Error::model("levels", "is missing".to_owned()));
        };
        let thresholds = Thresholds { low, medium, high };
        if !thresholds.ascend() {
            return Err(Error::model("levels", "must ascend from low over medium to high".to_owned()));
        }
        let mut table = Vec::with_capacity(CATALOGUE.len());
        for ((signal, _), bins) in CATALOGUE.iter().zip(&self.signals.0) {
            table.push(bins.validate(signal)?);
        }
        let calibration = Calibration::of(&self.calibration)
            .ok_or_else(|| Error::model("calibration", "must be two knots or more that ascend".to_owned()))?;
        let band = self.band.as_ref().map(BandFile::validate).transpose()?;
        let model = Model {
            id: id.to_owned(),
            expires,
            calibration,
            thresholds,
            band,
            worth: None,
            population,
            table,
        };
        match self.check {
            Some(check) if check != model.check() => Err(Error::model(
                "check",
                format!(
                    "is `{check}`, and this engine computes `{}`: the model is damaged or made for another engine",
                    model.check()
                ),
            )),
            _ => Ok(model),
        }
    }
}
