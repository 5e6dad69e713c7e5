//! Risk: levels, and the integer scorecard that an interval of them comes from.

mod band;
mod calibration;
mod level;
mod model;
mod probability;
mod score;

pub use band::{Band, Setting, is_trustworthy};
pub use level::{InsiderRiskLevel, LevelSet, RiskLevel};
pub use model::{Model, Thresholds};
pub use score::{Contribution, Risk, Score, score};
