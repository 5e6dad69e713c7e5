//! One file per resource.

pub mod assess;
pub mod audit;
pub mod bundle;
pub mod health;
pub mod identities;
pub mod receipts;
pub mod revocations;
pub mod risk;
pub mod state;
