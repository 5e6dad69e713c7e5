//! From log-odds in 1/64 bit to a probability in 1/65536, without a float: `ln` and `exp` come from each
//! platform's libm, and two platforms may disagree in the last bit.

/// 2^(i/64) for i in 0..64 with 30 fractional bits, by six integer square roots of two and products of them.
const EXP2: [u64; 64] = {
    let one = 1_u128 << 60;
    let mut root = one * 2;
    let mut halving = 0;
    while halving < 6 {
        root = (root * one).isqrt();
        halving += 1;
    }
    let mut table = [0_u64; 64];
    let (mut rest, mut power, mut index) = (table.as_mut_slice(), one, 0);
    while let [first, tail @ ..] = rest {
        *first = (power >> 30) as u64;
        power = power * root / one;
        rest = tail;
        index += 1;
    }
    assert!(index == 64);
    table
};

/// Probability with log-odds `points`/64 bits, in 1/65536: between 0 and 65536, both included.
pub(super) fn from_points(points: i32) -> u32 {
    // From 17 bits on it rounds to one; 30 keep the odds within 64 bits.
    let size = points.unsigned_abs().min(30 * 64);
    let (whole, part) = (size / 64, (size % 64) as usize);
    let one = 1_u64 << 30;
    // 1 + odds, where odds = 2^(size/64) ≥ 1, with 30 fractional bits.
    let sum = one + (EXP2.get(part).copied().unwrap_or(one) << whole);
    // odds / (1 + odds) is 1 - 1 / (1 + odds), which needs no more than 64 bits; halves round up.
    let unlikely = (one << 16).saturating_sub(sum / 2).div_ceil(sum);
    let likely = 65536 - u32::try_from(unlikely).unwrap_or(0);
    if points >= 0 { likely } else { 65536 - likely }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logistic_function_to_the_last_digit_but_one() {
        for points in -3000..=3000 {
            let exact = 65536.0 / (1.0 + (-f64::from(points) / 64.0).exp2());
            assert!((f64::from(from_points(points)) - exact).abs() <= 1.0, "{points}");
        }
    }

    #[test]
    fn it_is_monotone_and_survives_the_extremes() {
        assert_eq!((from_points(i32::MIN), from_points(0), from_points(i32::MAX)), (0, 32768, 65536));
        assert!((-3000..3000).all(|points| from_points(points) <= from_points(points + 1)));
    }
}
