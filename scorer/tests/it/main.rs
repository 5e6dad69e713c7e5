//! The scorer as its edges meet it: over HTTP, on a real database.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that can not go on says so by stopping"
)]

mod audit;
mod bad_input;
mod bundle;
mod edge;
mod flood;
#[cfg(unix)]
mod process;
mod serving;
mod story;
mod support;
