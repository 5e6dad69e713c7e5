//! Edgeward decides, at the edge, whether a request may go on.
//!
//! The engine is pure: facts in, decision out. It has no I/O, clock, randomness or async; time, a principal's
//! profile and the scorer's answers are arguments, so that any runtime reproduces a decision byte for byte.
//!
//! ```
//! use edgeward::bundle::Bundle;
//! use edgeward::identifier::Identifiers;
//! use edgeward::{Engine, Request};
//!
//! let bundle = br#"{"schema": 1, "version": "1", "policies": [{
//!     "id": "mfa-admin", "displayName": "Require MFA for administration", "state": "enabled",
//!     "conditions": {"users": {"includeUsers": ["All"]}, "clientAppTypes": ["all"],
//!                    "applications": {"includeApplications": ["admin"]}},
//!     "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}]}"#;
//! let engine = Engine::new(Bundle::unsigned(bundle)?, Identifiers::plain())?;
//!
//! let request: Request = serde_json::from_str(r#"{
//!     "resource": {"application": "admin"},
//!     "principal": {"kind": "user", "id": "u1"},
//!     "session": {"amr": ["pwd"]}}"#)?;
//! let decision = engine.decide(&request);
//! assert_eq!(decision.outcome.name(), "challenge");
//! assert_eq!(decision.controls[0].name(), "mfa");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Engine`] is the one orchestrator, [`ffi`] the one JSON surface that every binding shares.

mod base64;
mod compiled;
mod engine;
mod error;
mod logarithm;
mod node;
mod read;
mod sort;
mod structured;
mod vocabulary;
mod words;
mod write;

pub mod agent;
pub mod assess;
pub mod bits;
pub mod bundle;
pub mod city;
pub mod decision;
pub mod detection;
pub mod fact;
pub mod ffi;
pub mod identifier;
pub mod location;
pub mod net;
pub mod packed;
pub mod policy;
pub mod profile;
pub mod receipt;
pub mod request;
pub mod risk;
pub mod signal;
pub mod system;
pub mod tls;

pub use engine::Engine;
pub use error::Error;
pub use request::Request;
