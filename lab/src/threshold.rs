//! Thresholds with a finite-sample guarantee, from order statistics (Tong, Feng, Li: Neyman–Pearson classification
//! algorithms, Science Advances 2018).
//!
//! Among n scores of a family, let k be the largest number for which a binomial of n draws with probability α is at
//! most k with probability at most δ. Allowing only scores below the (k+1)-th smallest leaks more than α of the
//! family with probability at most δ over the draw, whatever the scores' distribution and with ties: a threshold
//! that leaks more would need at most k of n scores below it although each falls there with more than α. The same holds
//! of the largest scores of people's own requests, of which at most β may be stopped.

/// P[Bin(n, p) ≤ k] for each k from 0 on, until `take` answers false.
fn binomial_tail(n: usize, p: f64, mut take: impl FnMut(usize, f64) -> bool) {
    // In logarithms: (1-p)^n underflows for large n.
    let (log_p, log_q) = (libm::log(p), libm::log1p(-p));
    let mut log_term = n as f64 * log_q;
    let mut sum = 0.0;
    for k in 0..=n {
        sum += libm::exp(log_term);
        if !take(k, sum) {
            return;
        }
        log_term += libm::log((n - k) as f64) - libm::log((k + 1) as f64) + log_p - log_q;
    }
}

/// Largest k with P[Bin(n, α) ≤ k] ≤ δ; `None` if there are too few samples for any.
#[must_use]
pub fn allowance(n: usize, alpha: f64, delta: f64) -> Option<usize> {
    let mut found = None;
    binomial_tail(n, alpha, |k, sum| {
        let fits = sum <= delta;
        if fits {
            found = Some(k);
        }
        fits
    });
    found
}

/// Fewest samples for which [`allowance`] is not `None`: (1-α)ⁿ ≤ δ.
#[must_use]
pub fn least_samples(alpha: f64, delta: f64) -> usize {
    libm::ceil(libm::log(delta) / libm::log1p(-alpha)) as usize
}

/// Highest score that may be allowed: one below the (k+1)-th smallest of a family's scores. `None`: abstain.
#[must_use]
pub fn allow_below(scores: &mut [i32], alpha: f64, delta: f64) -> Option<i32> {
    let k = allowance(scores.len(), alpha, delta)?;
    scores.sort_unstable();
    scores.get(k).and_then(|score| score.checked_sub(1))
}

/// Lowest score that may be stopped: one above the (k+1)-th largest of the benign scores. `None`: abstain.
#[must_use]
pub fn block_above(scores: &mut [i32], beta: f64, delta: f64) -> Option<i32> {
    let k = allowance(scores.len(), beta, delta)?;
    scores.sort_unstable_by_key(|score| std::cmp::Reverse(*score));
    scores.get(k).and_then(|score| score.checked_add(1))
}

/// Clopper–Pearson interval of a proportion at 95 %, by bisection on the binomial tail.
#[must_use]
pub fn interval(hits: usize, n: usize) -> (f64, f64) {
    let at_most = |k: usize, p: f64| {
        let mut found = 1.0;
        binomial_tail(n, p.clamp(1e-12, 1.0 - 1e-12), |at, sum| {
            found = sum;
            at < k
        });
        found
    };
    let solve = |mut holds: Box<dyn FnMut(f64) -> bool>| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if holds(middle) { low = middle } else { high = middle }
        }
        low
    };
    let low = match hits.checked_sub(1) {
        Some(below) => solve(Box::new(move |p| 1.0 - at_most(below, p) < 0.025)),
        None => 0.0,
    };
    let high = if hits >= n { 1.0 } else { solve(Box::new(move |p| at_most(hits, p) > 0.025)) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn least_samples_are_those_of_the_literature() {
        let split = 0.05 / 12.0;
        assert_eq!(
            [0.01, 0.005, 0.003, 0.001].map(|alpha| least_samples(alpha, split)),
            [546, 1094, 1825, 5478]
        );
        for alpha in [0.01, 0.003] {
            let n = least_samples(alpha, split);
            assert_eq!((allowance(n, alpha, split), allowance(n - 1, alpha, split)), (Some(0), None));
        }
    }

    #[test]
    fn the_tail_is_the_binomial_tail() {
        let mut tail = Vec::new();
        binomial_tail(4, 0.25, |_, sum| {
            tail.push(sum);
            true
        });
        let expected = [81.0, 189.0, 243.0, 255.0, 256.0].map(|part| part / 256.0);
        assert!(tail.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-12), "{tail:?}");
    }

    #[test]
    fn violations_are_as_rare_as_promised() {
        // Scores are uniform on 0..10_000, with ties: the true leak of a threshold t is (t+1)/10_000.
        let (alpha, delta, n) = (0.02, 0.05, 1_000);
        let random = &mut Random::new(7, 0);
        let runs = 2_000;
        let violations = (0..runs)
            .filter(|_| {
                let mut scores: Vec<i32> = (0..n).map(|_| random.below(10_000) as i32).collect();
                let threshold = allow_below(&mut scores, alpha, delta).unwrap();
                f64::from(threshold + 1) / 10_000.0 > alpha
            })
            .count();
        // δ of 2 000 is 100; four standard deviations on top.
        assert!(violations <= 140, "{violations}");
        assert!(violations >= 20, "{violations}: the bound is not used");
    }

    #[test]
    fn people_are_stopped_as_rarely_as_promised() {
        let (beta, delta, n, runs) = (0.02, 0.05, 1_000, 2_000);
        let random = &mut Random::new(8, 0);
        // Shares of scores as high as each of 0 to 10,000: even, coarse, and with a heap of one in a hundred at the top.
        let even: fn(i32) -> i32 = |unit| unit;
        let coarse: fn(i32) -> i32 = |unit| unit / 125 * 125;
        let heaped: fn(i32) -> i32 = |unit| if unit >= 9_900 { 20_000 } else { unit };
        for score in [even, coarse, heaped] {
            let violations = (0..runs)
                .filter(|_| {
                    let mut scores: Vec<i32> = (0..n).map(|_| score(random.below(10_000) as i32)).collect();
                    let threshold = block_above(&mut scores, beta, delta).unwrap();
                    let stopped = (0..10_000).filter(|unit| score(*unit) >= threshold).count();
                    stopped as f64 / 10_000.0 > beta
                })
                .count();
            // δ of 2 000 is 100; four standard deviations on top.
            assert!(violations <= 140, "{violations}");
            assert!(violations >= 20 || score(1) != 1, "{violations}: the bound is not used");
        }
    }

    #[test]
    fn past_the_last_score_there_is_no_threshold() {
        assert_eq!(block_above(&mut [i32::MAX; 400], 0.01, 0.05), None);
        assert_eq!(allow_below(&mut [i32::MIN; 400], 0.01, 0.05), None);
    }

    #[test]
    fn intervals_are_clopper_pearson() {
        let (low, high) = interval(0, 100);
        assert!(low == 0.0 && (high - 0.036_22).abs() < 1e-4, "{high}");
        let (low, high) = interval(5, 100);
        assert!((low - 0.016_43).abs() < 1e-4 && (high - 0.112_83).abs() < 1e-4, "{low} {high}");
        assert_eq!(interval(7, 7).1, 1.0);
    }
}
