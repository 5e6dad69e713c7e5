//! The laboratory behind Edgeward's risk model: streams to learn from, the learner, and the measures.
//!
//! A library for the command line; the engine never sees it. Floats are allowed here and nowhere in a verdict:
//! what leaves the laboratory is a model file of integers.

pub mod assess;
pub mod calibrate;
pub mod calibration;
mod coverage;
pub mod dataset;
pub mod event;
#[cfg(test)]
mod fixture;
pub mod freeman;
pub mod learn;
pub mod login;
pub mod measure;
pub mod model;
pub mod network;
pub mod population;
pub mod random;
pub mod rarity;
pub mod reauthentication;
mod refine;
pub mod report;
pub mod scorecard;
pub mod simulate;
pub mod threshold;
