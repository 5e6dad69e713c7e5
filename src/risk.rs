//! Risk: levels, and the integer scorecard that an interval of them comes from.

mod level;

pub use level::{InsiderRiskLevel, LevelSet, RiskLevel};
