//! How old a browser's version was at the time of the request, and whether there could be one yet.

use super::claims::Claims;
use super::table::{ENDED, RELEASES};
use super::{Browser, Finding, Findings};
use crate::request::Platform;

const DAY: i64 = 86_400_000;

/// Two years behind: past every extended-support channel (Firefox ESR ends after 15 months), and an age at which a
/// browser that updates itself has not been used, or is not one. Innocent causes: devices that no longer get updates,
/// televisions, kiosks.
const STALE_DAYS: i64 = 730;

/// Versions ahead of the last one that is known to be due: nightly builds are four ahead, and Safari skipped seven at once.
const AHEAD: i64 = 16;

/// How many times its pace a train may gather: Chrome went from four weeks to two.
const HASTE: i64 = 2;

/// The first Opera of Blink. Those on phones and televisions have numbers of their own since.
const FIRST_BLINK: u32 = 15;

/// The releases of a family.
pub struct Train {
    pub family: &'static str,
    pub first: u32,
    /// Days since the epoch, from the first major version on; 0 for those that were skipped.
    pub days: &'static [u16],
    /// Days between the last releases.
    pub pace: u16,
}

/// Holds the version against its release train at `time` (milliseconds since the epoch). A family without dates is as old
/// as its Chromium.
pub fn check(claims: &Claims, time: i64, findings: &mut Findings) {
    let day = time.div_euclid(DAY);
    let browser = claims.browser.filter(|browser| is_dated(*browser, claims.platform));
    let chromium = Browser { name: "Chrome", major: claims.chrome };
    let has_ended = || {
        let end =
            ENDED.iter().find(|(family, _)| claims.browser.is_some_and(|browser| browser.name == *family));
        end.is_some_and(|(_, end)| day >= i64::from(*end))
    };
    let release = browser.and_then(released).or_else(|| released(chromium));
    if release.is_some_and(|release| day - i64::from(release) > STALE_DAYS) || has_ended() {
        findings.insert(Finding::StaleBrowser);
    }
    if is_unreleased(chromium, day) || browser.is_some_and(|browser| is_unreleased(browser, day)) {
        findings.insert(Finding::UnreleasedBrowser);
    }
}

/// Days since a newer version took a version's place, at `time` (milliseconds since the epoch): 0 for the newest, however
/// old it is. `None` for families and versions that are not known.
pub fn outdated_days(browser: Browser, platform: Option<Platform>, time: i64) -> Option<i64> {
    let browser = Some(browser).filter(|browser| is_dated(*browser, platform))?;
    released(browser)?;
    let successor = released(Browser { major: browser.major.checked_add(1)?, ..browser });
    let since = |day: u16| time.div_euclid(DAY).saturating_sub(i64::from(day)).max(0);
    Some(successor.map_or(0, since))
}

/// Whether the dates of its family are those of its build. Safari on other systems is another WebKit's, with any version.
fn is_dated(browser: Browser, platform: Option<Platform>) -> bool {
    match browser.name {
        "Opera" => {
            browser.major < FIRST_BLINK || !matches!(platform, Some(Platform::Android | Platform::Other))
        }
        "Safari" => matches!(platform, Some(Platform::Ios | Platform::MacOs)),
        _ => true,
    }
}

fn train(browser: Browser) -> Option<&'static Train> {
    RELEASES.iter().find(|train| train.family == browser.name)
}

/// Day since the epoch on which a version was released.
fn released(browser: Browser) -> Option<u16> {
    let train = train(browser)?;
    let index = browser.major.checked_sub(train.first)?;
    train.days.get(usize::try_from(index).ok()?).copied().filter(|day| *day > 0)
}

/// Whether a version lies further ahead of the last that is known than a hasty train gets by that day. What is known was
/// released: only a clock could say otherwise.
fn is_unreleased(browser: Browser, day: i64) -> bool {
    train(browser).is_some_and(|train| {
        let last = i64::from(train.first) + train.days.len() as i64 - 1;
        let since = train.days.last().map_or(0, |last| day.saturating_sub(i64::from(*last)).max(0));
        let due = since.saturating_mul(HASTE) / i64::from(train.pace).max(1);
        i64::from(browser.major) - last > due + AHEAD
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::table::Marks;

    fn claims(name: &'static str, major: u32, chrome: u32, platform: Platform) -> Claims {
        Claims {
            marks: Marks::default(),
            platform: Some(platform),
            device_kind: None,
            browser: Some(Browser { name, major }),
            version: 0,
            chrome,
            firefox: 0,
            headless: false,
        }
    }

    fn found(claims: Claims, day: i64) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&claims, day.saturating_mul(DAY), &mut findings);
        findings.iter().collect()
    }

    const STALE: [Finding; 1] = [Finding::StaleBrowser];
    const UNRELEASED: [Finding; 1] = [Finding::UnreleasedBrowser];

    fn day(name: &'static str, major: u32) -> i64 {
        released(Browser { name, major }).unwrap().into()
    }

    #[test]
    fn age_is_counted_from_the_request() {
        let chrome = |major: u32| claims("Chrome", major, major, Platform::Windows);
        let first = day("Chrome", 120);
        assert_eq!(found(chrome(120), first + STALE_DAYS), []);
        assert_eq!(found(chrome(120), first + STALE_DAYS + 1), STALE);
        assert_eq!(found(claims("Nobody's", 1, 0, Platform::Windows), i64::MAX), [], "unknown family");
        let chrome = Browser { name: "Chrome", major: 120 };
        let successor = day("Chrome", 121) * DAY;
        let outdated = |browser, time| outdated_days(browser, Some(Platform::Windows), time);
        assert_eq!([-9, 0, 61].map(|days| outdated(chrome, successor + days * DAY)), [0, 0, 61].map(Some));
        assert_eq!(outdated(Browser { name: "Chrome", major: 9_999 }, successor), None);
        assert_eq!(outdated(chrome, i64::MIN), Some(0), "a clock before any release");
    }

    #[test]
    fn a_family_without_dates_is_as_old_as_its_chromium() {
        let later = day("Chrome", 120) + STALE_DAYS + 1;
        for name in ["Vivaldi", "QQ Browser", "Yandex Browser", "Silk", "Samsung Internet"] {
            assert_eq!(found(claims(name, 40, 120, Platform::Android), later), STALE, "{name}");
            assert_eq!(found(claims(name, 40, 140, Platform::Android), later), [], "{name}");
        }
        // Its own dates count where it has them, and Opera's are those of computers.
        assert_eq!(found(claims("Edge", 140, 120, Platform::Windows), later), []);
        assert_eq!(found(claims("Opera", 98, 140, Platform::Windows), later), STALE);
        assert_eq!(found(claims("Opera", 98, 140, Platform::Android), later), []);
        assert_eq!(outdated_days(Browser { name: "Opera", major: 98 }, Some(Platform::Android), 0), None);
    }

    #[test]
    fn a_browser_that_has_ended_is_stale_from_that_day_on() {
        let explorer = claims("Internet Explorer", 11, 0, Platform::Windows);
        let end = 19_158; // 2022-06-15
        assert_eq!([found(explorer, end - 1), found(explorer, end)], [vec![], STALE.to_vec()]);
    }

    #[test]
    fn a_version_is_unreleased_only_where_no_train_gets_there() {
        for train in &RELEASES {
            let last = train.first + train.days.len() as u32 - 1;
            let at = i64::from(*train.days.last().unwrap());
            let major = |major: u32| {
                let chrome = if train.family == "Chrome" { major } else { 0 };
                claims(train.family, major, chrome, Platform::MacOs)
            };
            assert_eq!(found(major(999), at), UNRELEASED, "{}", train.family);
            // Whatever comes at its pace, or at twice that, for years after this was built, and before its day for who tries it.
            for releases in 0..200 {
                let next = last + 4 + 2 * releases;
                let due = at + i64::from(releases) * i64::from(train.pace);
                assert_eq!(found(major(next), due), [], "{} {next}", train.family);
            }
            // What is known was released, whatever a clock says.
            assert_eq!(found(major(last), i64::MIN), [], "{}", train.family);
        }
        let last = day("Chrome", 140);
        assert_eq!(found(claims("Vivaldi", 7, 999, Platform::Windows), last), UNRELEASED);
        assert_eq!(found(claims("Safari", 605, 0, Platform::Linux), last), [], "another WebKit's");
    }
}
