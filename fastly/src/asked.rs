//! What was asked for, as the client wrote it.

use std::borrow::Cow;

use edgeward::request::{Headers, Http, Text};
use url::Url;

use crate::origin::is_ours;

/// The engine is handed at most so many headers,
pub const HEADER_COUNT_LIMIT: usize = 100;
/// so many characters of each value,
pub const HEADER_VALUE_LIMIT: usize = 2_048;
/// and so many characters in all. What comes after is left out; the origin still gets every header whole.
pub const HEADER_TOTAL_LIMIT: usize = 32_768;

/// Secrets: never facts.
const WITHHELD: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

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

impl Asked<'_> {
    /// All values of a header, joined as `fetch` joins them; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut values = self.headers.iter().filter(|(key, _)| *key == name).map(|(_, value)| &**value);
        let first = values.next()?;
        Some(values.fold(Cow::Borrowed(first), |joined, value| format!("{joined}, {value}").into()))
    }

    /// First value of a cookie. Over HTTP/2 each may come in a header of its own.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers.iter().filter(|(key, _)| *key == "cookie");
        headers.flat_map(|(_, value)| value.split(';')).find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key.trim() == name && !key.is_empty()).then(|| value.trim())
        })
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
        let mut total = 0;
        for (name, value) in &self.headers {
            if WITHHELD.contains(name) || is_ours(name) {
                continue;
            }
            let (value, length) = cut(value);
            total += name.len() + length;
            if total > HEADER_TOTAL_LIMIT || kept.len() >= HEADER_COUNT_LIMIT {
                break;
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
        assert!(matches!(header_text(b"plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn cookies_are_found_wherever_they_are() {
        let url = url("https://app.example/");
        let asked = get(&url, &[("cookie", "=x; a = 1 ;b=2"), ("cookie", "c=3=4; a=5")]);
        assert_eq!(asked.cookie("a"), Some("1"));
        assert_eq!(asked.cookie("c"), Some("3=4"));
        assert_eq!(asked.cookie("d"), None);
        assert_eq!(asked.header("cookie").as_deref(), Some("=x; a = 1 ;b=2, c=3=4; a=5"));
    }
}
