//! Counts how often a browser was sent to verify from a page, in a cookie of its own, `page.times~page.times`: that of
//! `js/src/loop-guard.ts`. Who changes it only sends himself around once more.

use crate::asked::Asked;
use crate::cookies;

/// After this many redirects of one page to the step-up address within [`SECONDS`] a person is told instead.
const LIMIT: u32 = 3;
const SECONDS: u32 = 120;
const COOKIE: &str = "edgeward_step_up";
/// Pages that are counted at once: tabs that open together are each sent to verify. The oldest is forgotten first.
const PAGES: usize = 8;

/// The counts that came with a request.
#[derive(Debug)]
pub struct LoopGuard {
    page: String,
    times: u32,
    others: Vec<(String, u32)>,
    is_secure: bool,
    is_readable: bool,
}

impl LoopGuard {
    /// Reads them. The query of the page does not count, because what verifies may add to it.
    #[must_use]
    pub fn new(asked: &Asked<'_>) -> Self {
        let page = fingerprint(asked.url.path());
        let header = asked.header("cookie").unwrap_or_default();
        let counts = cookies::first(&header, COOKIE).unwrap_or_default().split('~').take(PAGES);
        let (mine, others): (Vec<_>, Vec<_>) = counts.filter_map(read).partition(|(other, _)| *other == page);
        let times = mine.last().map_or(0, |(_, times)| *times);
        let is_readable = cookies::is_readable(&header);
        Self { page, times, others, is_secure: asked.url.scheme() == "https", is_readable }
    }

    /// Whether verifying has not helped, and will not: it can not with a header too long for the count, or for a session, to
    /// be read in it.
    #[must_use]
    pub const fn is_looping(&self) -> bool {
        self.times >= LIMIT || !self.is_readable
    }

    /// The cookie that remembers one redirect more.
    #[must_use]
    pub fn counted(&self) -> String {
        let forgotten = (self.others.len() + 1).saturating_sub(PAGES);
        let others = self.others.iter().skip(forgotten).map(|(page, times)| format!("{page}.{times}~"));
        let (others, page, times) = (others.collect::<String>(), &self.page, self.times.saturating_add(1));
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{COOKIE}={others}{page}.{times}; Max-Age={SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}")
    }
}

/// One count. What is none is forgotten, so that nothing else of a client's is ever written back.
fn read(pair: &str) -> Option<(String, u32)> {
    let (page, times) = pair.split_once('.')?;
    let is_page = (1..=7).contains(&page.len())
        && page.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_count = times.len() == 1;
    (is_page && is_count).then_some((page.to_owned(), times.parse().ok()?))
}

/// FNV-1a, 32 bits, in base 36. Two pages that share it share their count, and nothing else.
fn fingerprint(path: &str) -> String {
    let hash =
        path.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let rest = std::iter::successors(Some(hash), |rest| Some(rest / 36).filter(|rest| *rest > 0));
    let digits: Vec<char> = rest.filter_map(|rest| char::from_digit(rest % 36, 36)).collect();
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::tests::{get, url};

    /// The value of the cookie after each of `paths` was asked for, and whether it was looping before that.
    fn walk(paths: &[&str]) -> Vec<(bool, String)> {
        let mut cookie = "a=b".to_owned();
        let step = |path: &&str| {
            let url = url(&format!("https://app.example{path}"));
            let guard = LoopGuard::new(&get(&url, &[("cookie", &cookie)]));
            let (kept, attributes) =
                guard.counted().split_once("; ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            assert_eq!(attributes, "Max-Age=120; Path=/; HttpOnly; SameSite=Lax; Secure");
            cookie = format!("a=b; {kept}");
            (guard.is_looping(), kept)
        };
        paths.iter().map(step).collect()
    }

    #[test]
    fn each_page_is_counted_for_itself_and_its_query_does_not_count() {
        let looping: Vec<bool> =
            walk(&["/a", "/b", "/a?x", "/c", "/a", "/a", "/b"]).into_iter().map(|(is, _)| is).collect();
        assert_eq!(looping, [false, false, false, false, false, true, false]);
    }

    #[test]
    fn the_oldest_of_nine_pages_is_forgotten() {
        let paths = ["/1", "/1", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"];
        let walked = walk(&paths);
        assert!(walked.last().unwrap().1.split('~').count() == 8);
        assert!(
            walk(&[&paths[..], &["/1"]].concat()).last().unwrap().0,
            "the eighth page pushes nothing out"
        );
        assert!(!walk(&[&paths[..], &["/9", "/1"]].concat()).last().unwrap().0);
    }

    #[test]
    fn the_cookie_is_the_one_of_the_other_edges() {
        // As `js/src/loop-guard.ts` writes it.
        assert_eq!(walk(&["/page", "/", "/page"]).pop().unwrap().1, "edgeward_step_up=bo0mse.1~ktwzl1.2");
    }

    #[test]
    fn who_brings_more_cookies_than_are_read_is_not_sent_around() {
        let url = url("https://app.example/");
        for (length, is_looping) in [(16_384, false), (16_385, true)] {
            let cookie = format!("a={}", "x".repeat(length - 2));
            assert_eq!(LoopGuard::new(&get(&url, &[("cookie", &cookie)])).is_looping(), is_looping);
        }
    }

    #[test]
    fn a_cookie_that_is_none_counts_nothing_and_is_not_written_back() {
        let url = url("http://app.example/");
        for forged in ["3", "-1", ".3", "x.y~<b>.1~\u{e9}.1", "a.4294967296", "a.1.2", "aaaaaaaa.1"] {
            let cookie = format!("{COOKIE}={forged}");
            let guard = LoopGuard::new(&get(&url, &[("cookie", &cookie)]));
            assert!(!guard.is_looping());
            let page = fingerprint("/");
            assert_eq!(
                guard.counted(),
                format!("{COOKIE}={page}.1; Max-Age=120; Path=/; HttpOnly; SameSite=Lax")
            );
        }
    }
}
