//! Compiles the pinned facts under `data/` into static tables. Deterministic, offline, no clock.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::needless_range_loop,
    reason = "bad data stops the build with a message; tables are indexed side by side"
)]

#[path = "build/agents.rs"]
mod agents;

fn main() {
    agents::compile();
}
