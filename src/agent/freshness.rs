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

/// Days since a newer version took a version's place, at `time` (milliseconds since the epoch): 0 for the newest, however
/// old it is. `None` for families and versions that are not known.
pub fn outdated_days(browser: Browser, time: i64) -> Option<i64> {
    released(browser)?;
    let successor = released(Browser { major: browser.major.checked_add(1)?, ..browser });
    let since = |day: u16| time.div_euclid(DAY).saturating_sub(i64::from(day)).max(0);
    Some(successor.map_or(0, since))
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
        let first = i64::from(released(chrome).unwrap()) * DAY;
        assert!(!is_stale(chrome, first + STALE_DAYS * DAY));
        assert!(is_stale(chrome, first + (STALE_DAYS + 1) * DAY));
        assert!(!is_stale(Browser { name: "Chrome", major: 9_999 }, i64::MAX), "unknown version");
        assert!(!is_stale(Browser { name: "Nobody's", major: 1 }, i64::MAX), "unknown family");
        let successor = i64::from(released(Browser { major: 121, ..chrome }).unwrap()) * DAY;
        assert_eq!(
            [-9, 0, 61].map(|days| outdated_days(chrome, successor + days * DAY)),
            [0, 0, 61].map(Some)
        );
        assert_eq!(outdated_days(Browser { name: "Chrome", major: 9_999 }, successor), None);
        assert_eq!(outdated_days(chrome, i64::MIN), Some(0), "a clock before any release");
    }
}
