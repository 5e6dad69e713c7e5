//! edgeward xtask
fn main() {}
