//! A user agent on its own, as people have it in logs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::request::{Request, Text};

/// `{"ua":"…","headers":{"sec-ch-ua":"…"}}`: a request of which only this is known.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Probe<'a> {
    #[serde(default, deserialize_with = "stated")]
    ua: Option<Option<Text<'a>>>,
    #[serde(default)]
    headers: Option<BTreeMap<Text<'a>, &'a RawValue>>,
}

/// `null` is a client without a user agent; leaving it out means that this is no probe.
fn stated<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Text<'de>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a [`Request`], or `{"ua":…,"headers":{…}}` where `ua` is the user agent, `null` or
/// blank for none. Header names may be
/// spelled as in CGI (`HTTP_X_REQUESTED_WITH`); values that are not strings are no headers and are ignored.
///
/// # Errors
/// The JSON is malformed, or a member has the wrong type.
pub fn read(json: &str) -> Result<Request<'_>, serde_json::Error> {
    let probe: Probe<'_> = serde_json::from_str(json)?;
    if probe.ua.is_none() && probe.headers.is_none() {
        return serde_json::from_str(json);
    }
    let agent = probe.ua.flatten().filter(|agent| !agent.trim().is_empty());
    let agent = agent.map(|agent| (Text::from("user-agent"), agent));
    let headers = probe.headers.unwrap_or_default().into_iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = name.strip_prefix("http-").map_or_else(|| name.clone(), str::to_owned);
        Some((Text(Cow::Owned(name)), serde_json::from_str(value.get()).ok()?))
    });
    let mut request = Request::default();
    request.http.headers = Some(agent.into_iter().chain(headers).collect());
    Ok(request)
}

/// A request of which only the user agent is known; a blank one is none.
#[must_use]
pub fn bare(agent: &str) -> Request<'_> {
    let mut request = Request::default();
    let agent = (!agent.trim().is_empty()).then(|| (Text::from("user-agent"), Text::from(agent)));
    request.http.headers = Some(agent.into_iter().collect());
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_told_from_a_request() {
        let probe = read(r#"{"ua":"curl/8.0","headers":{"HTTP_X_REQUESTED_WITH":"com.example","mobile":0}}"#)
            .unwrap();
        assert_eq!(probe.http.user_agent(), Some(Some("curl/8.0")));
        assert_eq!(probe.http.header("x-requested-with"), Some("com.example"));
        assert_eq!(probe.http.header("mobile"), None);
        assert_eq!(read(r#"{"ua":null}"#).unwrap().http.user_agent(), Some(None));
        let request = read(r#"{"http":{"headers":[["user-agent","a \"b\""]]}}"#).unwrap();
        assert_eq!(request.http.user_agent(), Some(Some("a \"b\"")));
        assert!(read("{").is_err());
        assert!(read(r#"{"ua":7}"#).is_err());
    }
}
