//! How old a browser's version was at the time of the request.

use super::Browser;
use super::table::RELEASES;

const DAY: i64 = 86_400_000;

/// Two years behind: past every extended-support channel (Firefox ESR ends after 15 months), and an age at which a
/// browser that updates itself has not been used, or is not one. Innocent causes: devices that no longer get updates,
/// televisions, kiosks.
const STALE_DAYS: i64 = 730;

/// Whether the version was released more than two years before `time` (milliseconds since the epoch). Unknown families
/// and versions are not stale.
pub fn is_stale(browser: Browser, time: i64) -> bool {
    released(browser).is_some_and(|day| time.div_euclid(DAY) - i64::from(day) > STALE_DAYS)
}

/// Day since the epoch on which a version was released.
fn released(browser: Browser) -> Option<u16> {
    let (_, first, days) = RELEASES.iter().find(|(name, ..)| *name == browser.name)?;
    let index = browser.major.checked_sub(*first)?;
    days.get(usize::try_from(index).ok()?).copied().filter(|day| *day > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_counted_from_the_request() {
        let chrome = Browser { name: "Chrome", major: 120 };
        let released = i64::from(released(chrome).unwrap()) * DAY;
        assert!(!is_stale(chrome, released + STALE_DAYS * DAY));
        assert!(is_stale(chrome, released + (STALE_DAYS + 1) * DAY));
        assert!(!is_stale(Browser { name: "Chrome", major: 9_999 }, i64::MAX), "unknown version");
        assert!(!is_stale(Browser { name: "Nobody's", major: 1 }, i64::MAX), "unknown family");
    }
}
