//! Risk: levels, and the integer scorecard that an interval of them comes from.

mod band;
mod calibration;
mod costs;
mod counterfactual;
mod level;
mod model;
mod probability;
mod score;

pub use band::{Band, Setting, is_trustworthy};
pub use costs::Costs;
pub(crate) use costs::Worth;
pub(crate) use counterfactual::counterfactual;
pub use counterfactual::{Change, Changes, Counterfactual};
pub use level::{InsiderRiskLevel, LevelSet, RiskLevel};
pub use model::{Model, Thresholds};
pub use score::{Contribution, Risk, Score, score};
