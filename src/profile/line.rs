//! Which copy of a cookie is the newest, and when there are two.
//!
//! A device's cookies form a line: each one that is issued has a counter higher by one than the one it replaces, and a
//! stamp, which only those have in common that replace the very same cookie: a page asks for several things at once. Whoever
//! copies a cookie presents, sooner or later, one that its owner has replaced, or one that descends from another than the
//! owner's: the line has forked. Counted is what is *presented* and not what was
//! issued, because an answer may be lost on its way, and the device then rightly goes on with the cookie it has.

use crate::read::record;
use crate::write::written;

/// Requests under way while a cookie is replaced still carry the old one, milliseconds.
const UNDER_WAY: i64 = 60_000;

/// One cookie of a line, as it was presented.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieUse {
    /// The line, eight hexadecimal digits; unique among those of its principal.
    pub line: String,
    /// Cookies of the line before it.
    pub counter: u32,
    /// Tells it from another of the same counter, eight hexadecimal digits.
    pub stamp: String,
}

/// What is remembered of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineSeen {
    /// Highest counter presented.
    pub counter: u32,
    /// Its stamp.
    pub stamp: String,
    /// When it was first presented, milliseconds since the Unix epoch.
    pub since: i64,
    /// Two copies of the line are in use.
    pub is_forked: bool,
}

written!(CookieUse { "line" => line, "counter" => counter, "stamp" => stamp, });
written!(LineSeen { "counter" => counter, "stamp" => stamp, "since" => since, "isForked" => is_forked, });

record!(CookieUse {
    "line" => String(line),
    "counter" => Whole(counter),
    "stamp" => String(stamp),
});

record!(LineSeen {
    "counter" => Whole(counter),
    "stamp" => String(stamp),
    "since" => Whole(since),
    "isForked" => Switch(is_forked),
});

impl LineSeen {
    /// What is remembered of a line once a cookie of it has been presented. A fork is for ever: nobody can tell which
    /// of the two is the owner's.
    #[must_use]
    pub fn after(before: Option<Self>, cookie: &CookieUse, time: i64) -> Self {
        let newest =
            |is_forked| Self { counter: cookie.counter, stamp: cookie.stamp.clone(), since: time, is_forked };
        let Some(before) = before else { return newest(false) };
        let is_forked = before.is_forked
            || (cookie.counter == before.counter && cookie.stamp != before.stamp)
            || (cookie.counter < before.counter && time.saturating_sub(before.since) > UNDER_WAY);
        if cookie.counter > before.counter { newest(is_forked) } else { Self { is_forked, ..before } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presents cookies `(counter, stamp, time)` one after the other; which of them showed a fork.
    fn forks(presented: &[(u32, &str, i64)]) -> Vec<bool> {
        let mut seen = None;
        let mut forks = Vec::new();
        for (counter, stamp, time) in presented {
            let cookie = CookieUse { line: "a".to_owned(), counter: *counter, stamp: (*stamp).to_owned() };
            let after = LineSeen::after(seen.take(), &cookie, *time);
            forks.push(after.is_forked);
            seen = Some(after);
        }
        forks
    }

    #[test]
    fn a_device_goes_on_and_may_lose_an_answer() {
        assert_eq!(forks(&[(0, "a", 0), (1, "b", 9), (1, "b", 900_000), (2, "c", 900_001)]), [false; 4]);
        // 1b never arrived: the device presents 0a again and is given 1c.
        assert_eq!(forks(&[(0, "a", 0), (0, "a", 500_000), (1, "c", 600_000)]), [false; 3]);
        assert_eq!(
            forks(&[(4, "a", 0), (5, "b", 1_000), (4, "a", 1_001)]),
            [false; 3],
            "two requests at once"
        );
    }

    #[test]
    fn a_copy_is_seen_whoever_comes_first() {
        assert_eq!(forks(&[(0, "a", 0), (1, "b", 100_000), (0, "a", 200_000)]), [false, false, true]);
        assert_eq!(forks(&[(0, "a", 0), (1, "b", 100_000), (1, "c", 100_001)]), [false, false, true]);
        let for_ever = forks(&[(1, "b", 0), (1, "c", 1), (2, "d", 900_000)]);
        assert_eq!(for_ever, [false, true, true], "a newer one proves nothing");
    }

    #[test]
    fn clocks_that_run_backwards_accuse_nobody() {
        assert_eq!(forks(&[(5, "b", i64::MAX), (4, "a", i64::MIN)]), [false; 2]);
    }
}
