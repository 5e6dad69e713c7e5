//! edgeward scorer
fn main() {}
