//! One file per resource.

pub mod assess;
pub mod bundle;
pub mod health;
pub mod identities;
pub mod receipts;
pub mod revocations;
pub mod state;
