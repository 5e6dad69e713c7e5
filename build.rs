//! Compiles `data/` to tables; nothing to compile yet.
fn main() {}
