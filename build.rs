//! Compiles the pinned facts under `data/` into static tables. Deterministic, offline, no clock.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "bad data stops the build with a message"
)]

#[path = "build/agents.rs"]
mod agents;

fn main() {
    agents::compile();
}
