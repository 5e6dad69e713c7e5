//! What was asked for, as the client wrote it.

use std::borrow::Cow;

use edgeward::request::{Header, Headers, Http, Text};
use url::Url;

use crate::origin::is_ours;

/// The engine is handed at most so many headers, and those that tell the client,
pub const HEADER_COUNT_LIMIT: usize = 100;
/// so many characters of each value,
pub const HEADER_VALUE_LIMIT: usize = 2_048;
/// and so many characters in all. What comes after is left out; the origin still gets every header whole.
pub const HEADER_TOTAL_LIMIT: usize = 32_768;

/// Secrets: never facts.
const WITHHELD: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What a client is told by beside what decisions read ([`Header`]): what signatures are checked with. The first of each is
/// always handed on: no flood of others in front hides it.
const SIGNING: [&str; 2] = ["signature", "signature-agent"];

/// Headers whose order tells browsers apart.
const ORDERED: [&str; 4] = ["accept", "accept-encoding", "accept-language", "user-agent"];

/// A request, bodies excluded.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Upper-case method.
    pub method: &'a str,
    /// The whole address, as the client asked for it.
    pub url: &'a Url,
    /// `1.0`, `1.1`, `h2` or `h3`, as the client spoke it.
    pub version: Option<&'static str>,
    /// Names in lower case, in the order the host gives them.
    pub headers: Vec<(&'a str, Cow<'a, str>)>,
}

/// A header's value: one character for each byte, as `fetch` reads it, so that bytes that are no UTF-8 lose nothing
/// and fail nothing.
#[must_use]
pub fn header_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The bytes of a value that [`header_text`] has read.
#[must_use]
pub fn header_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

/// The names of a request's headers, in the order the client wrote them and cut down to where each first stands of those
/// whose order tells.
#[must_use]
pub fn telling_order<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'static str> {
    let mut order = Vec::new();
    for name in names {
        let telling = ORDERED.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        order.extend(telling.filter(|known| !order.contains(known)));
    }
    order
}

impl Asked<'_> {
    /// Every value of a header; `name` in lower case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| *key == name).map(|(_, value)| &**value)
    }

    /// All values of a header as one, joined as `fetch` joins them, or cookies as HTTP/2 has it, which sends each in a
    /// header of its own (RFC 9113 §8.2.3); `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.headers.iter().filter(|(key, _)| *key == name).map(|(_, value)| &**value);
        let separator = if name == "cookie" { "; " } else { ", " };
        let first = values.next()?;
        Some(values.fold(Cow::Borrowed(first), |joined, value| format!("{joined}{separator}{value}").into()))
    }

    /// Whether this asks to speak WebSocket on its connection (RFC 6455 §4.1). Others that name a protocol are requests as
    /// any.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.method == "GET"
            && self.header("upgrade").is_some_and(|name| name.eq_ignore_ascii_case("websocket"))
            && self.header("sec-websocket-key").is_some()
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The facts in it, within the limits above.
    #[must_use]
    pub fn facts(&self) -> Http<'_> {
        Http {
            method: Some(self.method.into()),
            scheme: Some(self.url.scheme().into()),
            host: self.url.host_str().map(Text::from),
            path: Some(self.url.path().into()),
            // Only a signature that covers it needs it.
            query: self.header("signature-input").map(|_| self.url.query().unwrap_or_default().into()),
            version: self.version.map(Text::from),
            headers: Some(self.fact_headers()),
        }
    }

    fn fact_headers(&self) -> Headers<'_> {
        let mut kept = Headers::default();
        let mut untold: Vec<_> = Header::ALL.iter().map(|header| header.name()).chain(SIGNING).collect();
        let (mut total, mut is_full) = (0, false);
        for (name, value) in &self.headers {
            if is_ours(name) {
                continue;
            }
            let (value, length) = cut(value);
            if let Some(telling) = untold.iter().position(|telling| telling == name) {
                untold.swap_remove(telling);
            } else if is_full || WITHHELD.contains(name) {
                continue;
            } else {
                total += name.len() + length;
                is_full = total > HEADER_TOTAL_LIMIT || kept.len() >= HEADER_COUNT_LIMIT;
                if is_full {
                    continue;
                }
            }
            kept.push((*name).into(), value.into());
        }
        kept
    }
}

/// A value within its limit, and how many characters that is.
fn cut(value: &str) -> (&str, usize) {
    match value.char_indices().nth(HEADER_VALUE_LIMIT) {
        Some((end, _)) => (value.get(..end).unwrap_or_default(), HEADER_VALUE_LIMIT),
        None => (value, if value.is_ascii() { value.len() } else { value.chars().count() }),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A GET of `url` with `headers`.
    pub(crate) fn get<'a>(url: &'a Url, headers: &[(&'a str, &'a str)]) -> Asked<'a> {
        let headers = headers.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
        Asked { method: "GET", url, version: Some("h2"), headers }
    }

    pub(crate) fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn secrets_and_our_own_headers_are_no_facts() {
        let url = url("https://app.example:8443/a%20b?q=1");
        let asked = get(
            &url,
            &[("accept", "*/*"), ("cookie", "a=b"), ("authorization", "x"), ("edgeward-outcome", "allow")],
        );
        let facts = asked.facts();
        assert_eq!(facts.headers, Some(vec![("accept".into(), "*/*".into())].into()));
        assert_eq!(facts.host.as_deref(), Some("app.example"));
        assert_eq!(facts.path.as_deref(), Some("/a%20b"));
    }

    #[test]
    fn a_flood_is_cut_at_each_limit() {
        let url = url("https://app.example/");
        let long = "é".repeat(HEADER_VALUE_LIMIT + 1);
        let many = vec![("x", "y"); 200];
        let wide = vec![("x", long.as_str()); 200];
        assert_eq!(get(&url, &many).facts().headers.unwrap().len(), HEADER_COUNT_LIMIT);
        let asked = get(&url, &wide);
        let kept = asked.facts().headers.unwrap();
        assert_eq!(kept.len(), HEADER_TOTAL_LIMIT / (HEADER_VALUE_LIMIT + 1));
        assert!(kept.iter().all(|(_, value)| value.chars().count() == HEADER_VALUE_LIMIT));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_read_one_by_one() {
        assert_eq!(header_text(b"\xff\xe9"), "ÿé");
        assert_eq!(header_text("é".as_bytes()), "Ã©");
        assert_eq!(header_bytes(&header_text(b"a\xff\xe9")), b"a\xff\xe9");
        assert!(matches!(header_text(b"plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn no_flood_in_front_hides_what_tells_a_client() {
        let url = url("https://app.example/");
        let wide = "y".repeat(HEADER_VALUE_LIMIT);
        for flood in [vec![("x", "y"); 500], vec![("x", wide.as_str()); 500], vec![("accept", "a"); 500]] {
            let telling = [
                ("user-agent", "sqlmap/1.8"),
                ("user-agent", "second"),
                ("signature", wide.as_str()),
                ("referer", "${jndi:ldap://x}"),
            ];
            let headers = [flood, telling.to_vec()].concat();
            let asked = get(&url, &headers);
            let kept = asked.facts().headers.unwrap();
            let values = |wanted: &str| {
                let found = kept.iter().filter(|(name, _)| &**name == wanted);
                found.map(|(_, value)| value.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(values("user-agent"), ["sqlmap/1.8"]);
            assert_eq!(values("signature"), [&*wide]);
            assert_eq!(values("referer"), ["${jndi:ldap://x}"]);
        }
    }

    #[test]
    fn the_order_that_tells_is_found_behind_a_flood() {
        let flood = std::iter::repeat_n("Accept", 200).chain(std::iter::repeat_n("X", 200));
        let names = flood.chain(["User-Agent", "Cookie", "accept-language", "user-agent"]);
        assert_eq!(telling_order(names), ["accept", "user-agent", "accept-language"]);
    }

    #[test]
    fn several_headers_are_one_and_cookies_stay_cookies() {
        let url = url("https://app.example/");
        let asked = get(&url, &[("cookie", "a=1; b=2"), ("cookie", "c=3"), ("x", "1"), ("x", "2")]);
        assert_eq!(asked.header("cookie").as_deref(), Some("a=1; b=2; c=3"));
        assert_eq!(asked.header("x").as_deref(), Some("1, 2"));
        assert_eq!(asked.header("y"), None);
    }

    #[test]
    fn only_a_handshake_is_an_upgrade() {
        let url = url("https://app.example/");
        let whole = [("upgrade", "WebSocket"), ("sec-websocket-key", "x")];
        assert!(get(&url, &whole).is_upgrade());
        assert!(!get(&url, &whole[..1]).is_upgrade());
        assert!(!get(&url, &[("upgrade", "h2c"), whole[1]]).is_upgrade());
        assert!(!Asked { method: "POST", ..get(&url, &whole) }.is_upgrade());
    }
}
