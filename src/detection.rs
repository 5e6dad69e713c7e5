//! Named findings over signals. Names are Entra's `riskEventType` where one exists.

mod kind;

pub use kind::{DetectionKind, DetectionSet};
