//! The model file: what the laboratory learned, in the form the engine reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgeward::signal::CATALOGUE;
use serde_json::{Value, json};

use crate::calibrate::{Platt, Promise, Thresholds};
use crate::dataset::Dataset;
use crate::scorecard::Scorecard;

/// Share of attacks the probabilities are stated at.
pub const PREVALENCE: f64 = 0.01;

/// A learned model.
#[derive(Debug, Clone)]
pub struct Learned {
    /// Name.
    pub id: String,
    /// Points.
    pub card: Scorecard,
    /// Probabilities.
    pub platt: Platt,
    /// What the bands promise.
    pub promise: Promise,
    /// Standard and hardened thresholds.
    pub bands: [Thresholds; 2],
    /// What it was learned from.
    pub learned_from: String,
}

const SETTINGS: [&str; 2] = ["standard", "hardened"];

impl Learned {
    /// The file: one signal per line, members in order.
    #[must_use]
    pub fn to_json(&self, dataset: &Dataset) -> String {
        let (slope, prior) = self.platt.integers();
        let mut text = String::from("{\n  \"schema\": 1,\n");
        let mut line = |name: &str, value: &Value| {
            let _ = writeln!(text, "  \"{name}\": {value},");
        };
        line("id", &json!(self.id));
        line("origin", &json!("learned"));
        line(
            "notes",
            &json!([
                "Points are learned (edgeward train); one point is 1/64 bit of log-odds, positive is riskier.",
                self.learned_from,
                "What is held of every signal, with reasons: lab/data/constraints.json."
            ]),
        );
        let families = |band: &Thresholds| -> BTreeMap<&str, usize> {
            band.families.iter().filter_map(|(family, n)| Some((dataset.name(*family)?, *n))).collect()
        };
        line(
            "evidence",
            &json!({
                "alpha": self.promise.alpha, "beta": self.promise.beta, "delta": self.promise.delta,
                "prevalence": PREVALENCE,
                "samples": SETTINGS.iter().zip(&self.bands).map(|(name, band)| (*name, families(band))).collect::<BTreeMap<_, _>>(),
            }),
        );
        line("slopeQ16", &json!(slope));
        line("priorPoints", &json!(prior));
        // A band that abstains allows nothing and stops nothing.
        let bands = SETTINGS.iter().zip(&self.bands).map(|(name, band)| {
            (
                *name,
                json!({ "allow": band.allow.unwrap_or(i32::MIN), "block": band.block.unwrap_or(i32::MAX) }),
            )
        });
        line("bands", &json!(bands.collect::<BTreeMap<_, _>>()));
        line("levels", &self.levels());
        text.push_str("  \"signals\": {\n");
        for (index, ((signal, bins), points)) in CATALOGUE.iter().zip(&self.card.points).enumerate() {
            let members: Vec<String> =
                bins.iter().zip(points).map(|(bin, points)| format!("\"{bin}\": {points}")).collect();
            let comma = if index + 1 < CATALOGUE.len() { "," } else { "" };
            let _ = writeln!(text, "    \"{signal}\": {{ {} }}{comma}", members.join(", "));
        }
        text.push_str("  }\n}\n");
        text
    }

    /// Levels of those no band applies to: even odds at a prevalence of 1, 10 and 50 in a hundred.
    fn levels(&self) -> Value {
        let at = |share: f64| {
            let odds = libm::log(share / (1.0 - share));
            libm::round((odds - self.platt.intercept) / self.platt.slope) as i32
        };
        json!({ "low": at(0.05), "medium": at(0.2), "high": at(0.5) })
    }
}

/// The parts of a model file that an assessment needs.
#[derive(Debug, Clone)]
pub struct ModelFile {
    /// Name.
    pub id: String,
    /// Points.
    pub card: Scorecard,
    /// Probabilities.
    pub platt: Platt,
    /// By setting, the highest score allowed and the lowest stopped.
    pub bands: BTreeMap<String, (i32, i32)>,
}

/// Reads a model file.
///
/// # Errors
/// What is wrong with the file, by path.
pub fn read(text: &str) -> Result<ModelFile, String> {
    edgeward::risk::Model::parse(text, edgeward::risk::Setting::Standard).map_err(|why| why.to_string())?;
    let file: Value = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let whole = |value: &Value| value.as_i64().and_then(|value| i32::try_from(value).ok());
    let member = |path: [&str; 3]| {
        let value =
            path.iter().filter(|name| !name.is_empty()).try_fold(&file, |value, name| value.get(name));
        value
            .and_then(|value| whole(value).or_else(|| whole(value.get("points")?)))
            .ok_or_else(|| format!("{}: is missing or no whole number", path.join(".")))
    };
    let mut points = Vec::with_capacity(CATALOGUE.len());
    for (signal, bins) in CATALOGUE {
        let row: Result<Vec<i32>, String> = bins.iter().map(|bin| member(["signals", signal, bin])).collect();
        points.push(row?);
    }
    let mut bands = BTreeMap::new();
    for setting in SETTINGS {
        let (allow, block) = (member(["bands", setting, "allow"])?, member(["bands", setting, "block"])?);
        bands.insert(setting.to_owned(), (allow, block));
    }
    let slope = f64::from(member(["slopeQ16", "", ""])?) / 65_536.0 / crate::scorecard::POINTS_PER_NAT;
    let intercept = f64::from(member(["priorPoints", "", ""])?) / crate::scorecard::POINTS_PER_NAT;
    let id = file.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(ModelFile { id, card: Scorecard { points }, platt: Platt { slope, intercept }, bands })
}
