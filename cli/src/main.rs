//! edgeward cli
fn main() {}
