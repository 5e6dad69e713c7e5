//! Logarithms in integers, the same on every machine.

/// Binary logarithm in 1/64, rounded down: by squaring, a bit a time. That of 0 counts as that of 1.
pub(crate) fn log2(value: u32) -> i32 {
    let value = value.max(1);
    let whole = value.ilog2();
    // The value over its power of two, between one and two, in 31 fractional bits.
    let mut rest = u64::from(value) << (31 - whole);
    let mut points = whole as i32;
    for _ in 0..6 {
        rest = (rest * rest) >> 31;
        let is_above = rest >= 1 << 32;
        points = points * 2 + i32::from(is_above);
        rest >>= u32::from(is_above);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_the_last_point() {
        for value in (1..5_000).chain([10_000, 1_000_000, u32::MAX]) {
            assert_eq!(log2(value), (f64::from(value).log2() * 64.0 + 1e-9).floor() as i32, "{value}");
        }
    }
}
