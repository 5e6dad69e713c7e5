//! From scores to log-odds: a line through knots, in integers.
//!
//! Signals that come together are counted twice by a sum, so a score is no log-odds yet. The knots are fitted to
//! what was observed at each score (`lab`, calibrate.rs); beyond the outer ones nothing was, and nothing is claimed.

use crate::compiled::compiled;
use crate::read::record;

/// A point of the line, as it is written.
#[derive(Default)]
pub(super) struct KnotFile {
    score: Option<i32>,
    points: Option<i32>,
}

record!(strict KnotFile {
    "score" => Whole(score),
    "points" => Whole(points),
} requires {
    "score" => score,
    "points" => points,
});

/// Largest score and log-odds of a knot: 64 bits of evidence.
const LIMIT: i32 = 4096;

/// Log-odds by score, both in points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calibration(Vec<(i32, i32)>);

compiled!(@wrapper Calibration);

impl Calibration {
    /// `None` unless there are two knots, scores ascend, log-odds do not descend, and all are within limits.
    pub(super) fn of(knots: &[KnotFile]) -> Option<Self> {
        let knots = knots.iter().map(|knot| knot.score.zip(knot.points)).collect::<Option<_>>()?;
        Some(Self(knots)).filter(Self::is_sound)
    }

    pub(super) fn is_sound(&self) -> bool {
        let Self(knots) = self;
        let holds = |pair: &[(i32, i32)]| matches!(pair, [one, other] if one.0 < other.0 && one.1 <= other.1);
        let is_small = |value: i32| (-LIMIT..=LIMIT).contains(&value);
        knots.len() >= 2
            && knots.windows(2).all(holds)
            && knots.iter().all(|(score, points)| is_small(*score) && is_small(*points))
    }

    /// Log-odds at a score.
    pub(super) fn log_odds(&self, score: i32) -> i32 {
        let above = self.0.partition_point(|(knot, _)| *knot < score);
        let right = self.0.get(above).or(self.0.last());
        let left = above.checked_sub(1).and_then(|below| self.0.get(below)).or(self.0.first());
        let (Some((x0, y0)), Some((x1, y1))) = (left.copied(), right.copied()) else { return 0 };
        if x1 <= x0 {
            return y0;
        }
        // Both factors are below 2¹⁴.
        y0 + (y1 - y0) * (score - x0) / (x1 - x0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(knots: &[(i32, i32)]) -> Option<Calibration> {
        let file = |(score, points): &(i32, i32)| KnotFile { score: Some(*score), points: Some(*points) };
        Calibration::of(&knots.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn it_is_a_line_through_knots_and_flat_beyond_them() {
        let line = of(&[(-100, -800), (0, -400), (50, -400), (150, 600)]).unwrap();
        let scores = [i32::MIN, -101, -100, -50, 0, 25, 100, 150, i32::MAX];
        let expected = [-800, -800, -800, -600, -400, -400, 100, 600, 600];
        assert_eq!(scores.map(|score| line.log_odds(score)), expected);
        assert!((-300..300).all(|score| line.log_odds(score) <= line.log_odds(score + 1)));
    }

    #[test]
    fn what_is_no_ascending_line_is_refused() {
        let refused: [&[(i32, i32)]; 5] =
            [&[], &[(0, 0)], &[(0, 0), (0, 1)], &[(0, 1), (1, 0)], &[(0, 0), (5000, 1)]];
        assert!(refused.iter().all(|knots| of(knots).is_none()));
    }
}
