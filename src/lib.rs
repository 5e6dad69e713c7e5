//! Edgeward decides, at the edge, whether a request may go on.

mod engine;
mod error;

pub mod agent;
pub mod assess;
pub mod bundle;
pub mod decision;
pub mod detection;
pub mod fact;
pub mod ffi;
pub mod identifier;
pub mod location;
pub mod net;
pub mod policy;
pub mod profile;
pub mod receipt;
pub mod request;
pub mod risk;
pub mod signal;

pub use engine::Engine;
pub use error::Error;
pub use request::Request;
