//! Edgeward decides, at the edge, whether a request may go on.

mod error;

pub mod agent;
pub mod assess;
pub mod detection;
pub mod fact;
pub mod identifier;
pub mod location;
pub mod net;
pub mod policy;
pub mod profile;
pub mod request;
pub mod risk;
pub mod signal;

pub use error::Error;
pub use request::Request;
