//! The other headers against the browser claimed: what every request of it carries, and shapes it never has.
//!
//! A tool that forges the user agent seldom forges the rest, and page scripts can set none of it. Only engines of an
//! age at which presence is the rule are judged, over HTTPS, and only requests whose headers the host reports at all.
//! Applications that fetch with a library under the user agent of their WebView look the same; they, and proxies that
//! rewrite headers, are why none of this makes a person a bot.

use super::claims::Claims;
use super::table::Mark;
use super::{Finding, Findings, Heard};
use crate::request::{Header, Platform, Request};

/// Releases from which on every request over HTTPS carries `Sec-Fetch-Mode` (MDN browser-compat-data,
/// `http.headers.Sec-Fetch-Mode`: Chrome 76, Firefox 90, Safari 16.4).
const FETCH_METADATA: [(Engine, u32); 3] =
    [(Engine::Chromium, 76), (Engine::Firefox, 90), (Engine::Safari, 17)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Chromium,
    Firefox,
    Safari,
}

/// The engine claimed and its version; browsers on iOS are Safari's, whatever they are called.
fn engine(claims: &Claims) -> Option<(Engine, u32)> {
    let ios = claims.platform == Some(Platform::Ios);
    if claims.chrome > 0 && !ios {
        Some((Engine::Chromium, claims.chrome))
    } else if claims.firefox > 0 && !ios {
        Some((Engine::Firefox, claims.firefox))
    } else if claims.version > 0
        && claims.marks.has(Mark::Safari)
        && (ios || claims.platform == Some(Platform::MacOs))
    {
        Some((Engine::Safari, claims.version))
    } else {
        None
    }
}

/// Compares the headers with what the user agent says.
pub fn check(request: &Request<'_>, claims: &Claims, Heard { package, .. }: Heard, findings: &mut Findings) {
    let http = &request.http;
    let header = |name| http.header(name).map(str::trim);
    let (mode, dest) = (header(Header::SecFetchMode), header(Header::SecFetchDest));
    let navigates = mode == Some("navigate");
    if impossible(mode, dest, header(Header::SecFetchUser), header(Header::SecFetchSite)) {
        findings.insert(Finding::FetchMetadataMismatch);
    }
    if package && matches!(claims.platform, Some(Platform::Windows | Platform::MacOs | Platform::Ios)) {
        findings.insert(Finding::WebviewMismatch);
    }
    let Some((engine, version)) = engine(claims) else { return };
    let (accept, language) = (header(Header::Accept), header(Header::AcceptLanguage));
    let encoding = header(Header::AcceptEncoding);
    // The Fetch standard has browsers set `Accept` themselves (§4.1, "main fetch"), but not for WebSockets; and who hands on
    // fetch metadata and nothing else left it out.
    let is_reported = accept.is_some() || navigates && (language.is_some() || encoding.is_some());
    // A library under a WebView's user agent is how its application fetches.
    let judged = is_reported
        && http.scheme.as_deref() == Some("https")
        && http.method.as_deref() != Some("OPTIONS")
        && !claims.marks.has(Mark::Webview)
        && !package;
    if !judged {
        return;
    }
    let is_due = FETCH_METADATA.iter().any(|(known, first)| *known == engine && version >= *first);
    if is_due && (mode.is_none() || language.is_none()) || accept.is_none() {
        findings.insert(Finding::BrowserHeadersMissing);
    }
    let Some(accept) = accept else { return };
    // Every browser asks for pages as HTML first. `gzip, deflate` alone is what libraries ask for; browsers have
    // understood Brotli over HTTPS since Chrome 50, Firefox 44 and Safari 11.
    let library_encoding =
        encoding.is_some_and(|value| ["gzip, deflate", "gzip,deflate", "deflate, gzip"].contains(&value));
    if navigates && dest == Some("document") && !accept.contains("text/html") || is_due && library_encoding {
        findings.insert(Finding::AcceptMismatch);
    }
    if (navigates || accept.starts_with("text/html")) && out_of_order(request, engine) {
        findings.insert(Finding::HeaderOrderMismatch);
    }
}

/// Whether fetch metadata are such as no browser sends (W3C Fetch Metadata Request Headers §2).
fn impossible(mode: Option<&str>, dest: Option<&str>, user: Option<&str>, site: Option<&str>) -> bool {
    const MODES: &[&str] = &["cors", "navigate", "no-cors", "same-origin", "websocket", "webtransport"];
    const SITES: &[&str] = &["cross-site", "same-origin", "same-site", "none"];
    const PAGES: &[&str] = &["document", "iframe", "frame", "fencedframe", "embed", "object"];
    mode.is_some_and(|mode| !MODES.contains(&mode))
        || site.is_some_and(|site| !SITES.contains(&site))
        || mode == Some("navigate") && dest.is_some_and(|dest| !PAGES.contains(&dest))
        || mode.is_some_and(|mode| mode != "navigate") && (dest == Some("document") || user == Some("?1"))
}

/// Whether the headers of a page stand in an order the engine never writes: Chromium puts `Accept-Encoding` before
/// `Accept-Language` (`net/url_request/url_request_http_job.cc`), Firefox behind it, and both put `User-Agent` before
/// `Accept` and that before `Accept-Encoding` (`netwerk/protocol/http/nsHttpHandler.cpp`); Python's requests has the last
/// two the other way round, and often no language. Alphabetical order is a proxy's.
fn out_of_order(request: &Request<'_>, engine: Engine) -> bool {
    let Some(order) = request.transport.header_order.as_deref() else { return false };
    let place = |name: &str| order.iter().position(|known| known.eq_ignore_ascii_case(name));
    let language = place("accept-language");
    let [Some(accept), Some(encoding), Some(agent)] = ["accept", "accept-encoding", "user-agent"].map(place)
    else {
        return false;
    };
    let languages_last = match engine {
        Engine::Chromium => language.is_none_or(|language| encoding < language),
        Engine::Firefox => language.is_none_or(|language| language < encoding),
        Engine::Safari => return false,
    };
    let by_a_proxy = accept < encoding
        && encoding < agent
        && language.is_none_or(|language| encoding < language && language < agent);
    !(by_a_proxy || languages_last && agent < accept && accept < encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::classify;
    use crate::request::Text;

    const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    const WEBVIEW: &str = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0.0.0 Mobile Safari/537.36";
    const PAGE: &[(&str, &str)] = &[
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-user", "?1"),
        ("sec-fetch-dest", "document"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en"),
    ];

    /// Findings of this file in a page's request, of which some headers are set or, by `""`, left out.
    fn findings(agent: &str, changes: &[(&str, &str)], order: Option<&[&str]>, scheme: &str) -> Vec<Finding> {
        const OURS: [Finding; 5] = [
            Finding::BrowserHeadersMissing,
            Finding::FetchMetadataMismatch,
            Finding::AcceptMismatch,
            Finding::HeaderOrderMismatch,
            Finding::WebviewMismatch,
        ];
        let mut headers = vec![("user-agent", agent)];
        headers.extend(PAGE.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name)));
        headers.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let mut request = Request::default();
        request.http.scheme = Some(scheme.into());
        request.http.headers =
            Some(headers.into_iter().map(|(name, value)| (Text::from(name), Text::from(value))).collect());
        request.transport.header_order =
            order.map(|order| order.iter().map(|name| Text::from(*name)).collect());
        classify(&request).findings.iter().filter(|finding| OURS.contains(finding)).collect()
    }

    #[test]
    fn browsers_as_they_are_are_not_accused() {
        let fetch: &[(&str, &str)] = &[
            ("accept", "*/*"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-user", ""),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-site", "same-origin"),
        ];
        let chromium = ["host", "connection", "user-agent", "accept", "accept-encoding", "accept-language"];
        let firefox = ["host", "user-agent", "accept", "accept-language", "accept-encoding", "connection"];
        for (agent, changes, order) in [
            (CHROME, &[][..], Some(&chromium[..])),
            (FIREFOX, &[], Some(&firefox)),
            (SAFARI, &[], Some(&["accept", "user-agent", "accept-language", "accept-encoding"])),
            (CHROME, fetch, None),
            (FIREFOX, fetch, Some(&["accept", "accept-language", "user-agent", "accept-encoding"])),
            (WEBVIEW, &[("x-requested-with", "com.example.shop")], None),
            (WEBVIEW, &[("sec-fetch-mode", ""), ("accept-language", "")], None),
            (CHROME, &[("x-requested-with", "XMLHttpRequest")], None),
            // A host that reports the user agent alone proves nothing.
            (CHROME, &[("accept", ""), ("sec-fetch-mode", ""), ("accept-language", "")], None),
            // So does one that reports fetch metadata alone.
            (CHROME, &[("accept", ""), ("accept-encoding", ""), ("accept-language", "")], None),
            // A WebSocket accepts nothing.
            (
                CHROME,
                &[
                    ("accept", ""),
                    ("sec-fetch-mode", "websocket"),
                    ("sec-fetch-user", ""),
                    ("sec-fetch-dest", "empty"),
                ],
                None,
            ),
            // Media is asked for as it is.
            (CHROME, &[("accept-encoding", "identity;q=1, *;q=0")], None),
            // A proxy that sorts.
            (CHROME, &[], Some(&["accept", "accept-encoding", "accept-language", "user-agent"])),
        ] {
            assert_eq!(findings(agent, changes, order, "https"), [], "{agent} {changes:?}");
        }
        assert_eq!(
            findings(CHROME, &[("sec-fetch-mode", ""), ("accept-encoding", "gzip, deflate")], None, "http"),
            []
        );
    }

    #[test]
    fn each_shape_that_no_browser_has_is_named() {
        for (agent, changes, order, wanted) in [
            (
                CHROME,
                &[("sec-fetch-mode", ""), ("sec-fetch-dest", ""), ("sec-fetch-user", "")][..],
                None,
                Finding::BrowserHeadersMissing,
            ),
            (SAFARI, &[("accept-language", "")], None, Finding::BrowserHeadersMissing),
            (CHROME, &[("accept", "")], None, Finding::BrowserHeadersMissing),
            (FIREFOX, &[("accept", ""), ("accept-language", "")], None, Finding::BrowserHeadersMissing),
            (CHROME, &[("sec-fetch-dest", "empty")], None, Finding::FetchMetadataMismatch),
            (FIREFOX, &[("sec-fetch-mode", "cors")], None, Finding::FetchMetadataMismatch),
            (FIREFOX, &[("sec-fetch-site", "cross-origin")], None, Finding::FetchMetadataMismatch),
            (CHROME, &[("accept", "*/*")], None, Finding::AcceptMismatch),
            (FIREFOX, &[("accept-encoding", "gzip, deflate")], None, Finding::AcceptMismatch),
            (
                CHROME,
                &[],
                Some(&["user-agent", "accept", "accept-language", "accept-encoding"][..]),
                Finding::HeaderOrderMismatch,
            ),
            (
                FIREFOX,
                &[],
                Some(&["accept-language", "accept-encoding", "accept", "user-agent"]),
                Finding::HeaderOrderMismatch,
            ),
            (
                CHROME,
                &[],
                Some(&["user-agent", "accept-encoding", "accept", "connection", "accept-language"]),
                Finding::HeaderOrderMismatch,
            ),
            (CHROME, &[("x-requested-with", "com.example.shop")], None, Finding::WebviewMismatch),
        ] {
            assert_eq!(findings(agent, changes, order, "https"), [wanted], "{agent} {changes:?}");
        }
    }
}
