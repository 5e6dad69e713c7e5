//! Edgeward as a Fastly Compute service: the same engine, compiled into the service itself, because Fastly's
//! JavaScript runtime has no WebAssembly.
//!
//! ```text
//! host ── facts it vouches for ─► Edge::handle ─► engine ─► plan ─► host answers ─► receipt
//! ```
//!
//! Everything but `host` is free of Fastly's host calls, and tested natively. What the npm package decides, asks,
//! answers and signs (`js/src`) is decided, asked, answered and signed here alike.

pub mod answer;
pub mod asked;
pub mod challenge;
pub mod claims;
pub mod cookies;
pub mod dpop;
pub mod edge;
pub mod judge;
pub mod jwk;
pub mod loop_guard;
pub mod origin;
pub mod page;
pub mod receipts;
pub mod report;
pub mod session;
pub mod settings;
pub mod state;
pub mod store;
pub mod token;

#[cfg(target_os = "wasi")]
pub mod client;
#[cfg(target_os = "wasi")]
pub mod host;
#[cfg(target_os = "wasi")]
pub mod scorer;
