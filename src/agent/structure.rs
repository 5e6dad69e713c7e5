//! What no real build says of itself: frozen parts that are not as frozen, pairs that never shipped together.

use super::evidence::{Evidence, KITS, Span};
use super::table::Mark;
use crate::request::Platform;

/// Whether the user agent claims a build that never existed. Each rule states what is frozen, since when.
pub fn impossible(found: &Evidence) -> bool {
    let marks = found.marks;
    let chrome = found.chrome;
    // Forks of a browser, and what is built on its engine, keep numbers of their own.
    let plain = !marks.has(Mark::Browser) && found.stranger.is_none();
    let mac_view = found.platform == Some(Platform::MacOs) && found.webkit == 605 && found.safari == 605;
    let desktop = matches!(found.platform, Some(Platform::Windows | Platform::MacOs | Platform::Linux));
    let nightly = found.firefox <= 26 && (20_120_801..20_140_501).contains(&found.gecko);
    // Safari on iOS ends `Safari/604.1` since iOS 11; 605.1.15 is the Mac's. Applications write what they like.
    (found.platform == Some(Platform::Ios) && found.safari == 605 && found.safari_last && found.version > 0 && plain && !marks.has(Mark::Edge))
        // Blink reports WebKit 537.36 since Chrome 28 (2013). Applications on the Mac give their WebView Chrome's name, and it
        // keeps WebKit's own number in both places.
        || (chrome >= 28 && found.webkit >= 538 && plain && desktop && !mac_view)
        // `Safari/` carries WebKit's build, never Safari's version.
        || (chrome >= 28 && (1..=99).contains(&found.safari))
        // The minor number of Blink's WebKit is as frozen as the major.
        || (chrome >= 29 && found.safari == 537 && !matches!(found.safari_minor, 0 | 3 | 36) && desktop)
        // Gecko's build date is frozen at 20100101 since Firefox 17; older ones never came with such versions.
        // Builds between releases named their own day, up to 26.
        || (found.firefox >= 17 && found.gecko > 19_000_000 && found.gecko != 20_100_101 && plain && !nightly)
        // It is a date wherever there is no telephone.
        || (found.firefox >= 70 && (1..19_000_000).contains(&found.gecko) && plain && desktop)
        // Firefox reports no updates of a version.
        || (found.firefox >= 50 && found.firefox_minor > 0 && plain)
        // Internet Explorer is `Mozilla/5.0` since 9, and in its compatibility view it is `MSIE 7.0`. What embeds it may say
        // otherwise, and keeps its engine's name.
        || (found.mozilla == 4 && found.msie >= 9 && !marks.has(Mark::Phone) && !marks.has(Mark::Trident))
        // Firefox says macOS 10.15 for every later version since Firefox 87.
        || (found.firefox >= 88 && found.mac >= 11)
        // On iOS there is no Gecko, and Firefox calls itself `FxiOS`.
        || (found.platform == Some(Platform::Ios) && found.firefox > 0 && found.gecko > 0)
        // Every browser of this age is `Mozilla/5.0`.
        || (found.mozilla_first && found.mozilla != 5 && (chrome >= 28 || found.firefox >= 17))
        // Windows NT was 3.1 to 4.0, 5.0 to 5.2, 6.0 to 6.4 and is 10.0, and browsers say 10.0 for what came after (UA reduction).
        || !matches!(found.windows, (0 | 3 | 4, _) | (5, 0..=2) | (6, 0..=4) | (10, 0))
        // A PC has one system.
        || (marks.has(Mark::Windows) && marks.has(Mark::Mac) && desktop && (chrome >= 60 || found.firefox >= 60))
        // Windows has no X11 display.
        || (marks.has(Mark::X11) && marks.has(Mark::Windows) && chrome > 0)
        // Gecko's frozen date beside Blink's name.
        || (found.gecko == 20_100_101 && marks.has(Mark::Chrome) && found.firefox == 0)
        || (is_of_two_versions(found.firefox, found.rv) && plain)
        // Nobody is both.
        || (chrome >= 28 && found.firefox >= 17 && plain)
        // Chrome names Windows by its version.
        || (chrome >= 60 && marks.has(Mark::Windows) && found.windows.0 == 0 && plain && desktop)
        // WebKit's number has been 601 and more since iOS 9; Safari on Windows ended with 5.1, and on Android there is none.
        || (found.platform == Some(Platform::Ios) && found.version >= 10 && (1..600).contains(&found.webkit) && plain && chrome == 0)
        || (found.platform == Some(Platform::Windows) && found.version >= 6 && found.safari >= 600 && plain && chrome == 0)
        || (found.platform == Some(Platform::Android) && found.version >= 9 && found.webkit >= 600 && plain && chrome == 0)
        || marks.has(Mark::Impossible)
        // Internet Explorer writes blanks before its comment and after `compatible;`.
        || (found.unspaced && marks.has(Mark::Msie))
}

/// Whether Firefox states two versions of its own. It does for 110 to 119, whose `rv:` is 109 (bugzil.la/1805967).
pub const fn is_of_two_versions(firefox: u32, rv: u32) -> bool {
    firefox >= 50 && rv > 0 && rv != firefox && rv != 109
}

/// Whether a WebKit runs on a PC that has no display: PhantomJS and its kin under other names.
pub fn displayless(found: &Evidence) -> bool {
    let marks = found.marks;
    marks.has(Mark::Displayless) && marks.has(Mark::Pc) && marks.has(Mark::Linux) && marks.has(Mark::Webkit)
}

/// Whether an engine stands without a browser. Applications on devices and in the Mac's WebView leave it out, and so do
/// builds between releases, `AppleWebKit/534+`.
pub fn engine_alone(found: &Evidence) -> bool {
    let marks = found.marks;
    let device =
        !matches!(found.platform, None | Some(Platform::Windows | Platform::MacOs | Platform::Linux));
    // Blink's number is 537.
    let mac_view = found.platform == Some(Platform::MacOs) && found.webkit >= 533 && found.webkit != 537;
    let gecko = found.gecko == 20_100_101 && !marks.has(Mark::Webkit);
    (marks.has(Mark::Webkit) || gecko)
        && !found.has_browser()
        && found.stranger.is_none()
        && !device
        && !mac_view
        && !found.webkit_plus
        && !marks.any(KITS)
}

/// A name that stands where a browser has none of its own, on a PC. Browsers that are built on others append their
/// names too, but with a version, and not to Safari, which nobody builds on, nor to Firefox since it lost the add-ons
/// that did so (57), and on Linux, where nobody holds it in a hand, the forks are few and known. On other systems
/// supervised browsers append a name alone.
pub fn appended(found: &Evidence) -> Option<Span> {
    let marks = found.marks;
    let fork = marks.has(Mark::Browser) || marks.has(Mark::Edge) || marks.has(Mark::Opera);
    let linux = found.platform == Some(Platform::Linux) && !marks.has(Mark::Mobile);
    let safari = found.platform == Some(Platform::MacOs) && found.version > 0 && found.chrome == 0;
    if fork {
        return None;
    }
    // No browser says more in a comment behind its last token.
    if let Some(remark) = found.remark {
        return Some(remark);
    }
    // Add-ons and toolbars named themselves beside the system and behind other marks while browsers let them.
    let modern = found.chrome >= 30 || found.firefox >= 17;
    if let Some(parted) = found.parted.filter(|_| modern) {
        return Some(parted);
    }
    let behind = found.appended.filter(|_| safari || found.firefox >= 57 || linux && found.unversioned_end);
    let pc = matches!(found.platform, Some(Platform::Windows | Platform::MacOs));
    // Blink has Chrome's name before or beside that of the application it is built into.
    let blink = found.webkit == 537 && (found.safari, found.safari_minor) == (537, 36);
    let unbranded = blink && found.chrome == 0 && found.version == 0 && (pc || linux);
    let instead = found.stranger.filter(|_| unbranded && !marks.any(KITS));
    let screen = linux && marks.has(Mark::X11) && found.human.is_none();
    // QtWebKit has the name of what it is built into in the place of `Version`; browsers have a version of their own.
    let alone = found
        .before
        .filter(|_| found.unversioned_before && screen && found.version == 0 && found.chrome == 0);
    behind.or(instead).or(alone).or(found.item.filter(|_| modern && pc))
}

/// Whether Chrome on a PC lacks what stands before and behind its name.
pub fn cut(found: &Evidence) -> bool {
    let marks = found.marks;
    let desktop = matches!(found.platform, Some(Platform::Windows | Platform::MacOs | Platform::Linux));
    let whole = marks.has(Mark::Webkit) && found.safari > 0;
    found.mozilla_first
        && found.chrome >= 30
        && desktop
        && !whole
        && !marks.has(Mark::Browser)
        && found.stranger.is_none()
        && !marks.any(KITS)
}

/// Whether Chrome names no system to run on; what is built on it names itself where it leaves that out.
pub fn nowhere(found: &Evidence) -> bool {
    found.mozilla_first && found.platform.is_none() && found.chrome >= 28 && !found.marks.has(Mark::Browser)
}

/// Whether a token is cut short: `Safari/537.3` is the beginning of `Safari/537.36`, kept in too small a field.
pub fn truncated(found: &Evidence) -> bool {
    found.chrome >= 28 && found.safari == 537 && found.safari_minor == 3
}
