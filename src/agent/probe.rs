//! A user agent on its own, as people have it in logs.

use serde_json::value::RawValue;

use crate::read::{self, Record, Slot};
use crate::request::{Headers, Request, Text};

/// `{"ua":"…","headers":{"sec-ch-ua":"…"}}`: a request of which only this is known.
#[derive(Default)]
struct Probe<'a> {
    /// `null` is a client without a user agent; leaving it out means that this is no probe.
    ua: Option<&'a RawValue>,
    headers: Option<Spelled<'a>>,
}

impl<'de> Record<'de> for Probe<'de> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        Some(match name {
            "ua" => Slot::Raw(&mut self.ua),
            "headers" => Slot::Record(&mut self.headers),
            _ => return None,
        })
    }
}

/// Names as they are spelled in requests, with their values.
#[derive(Default)]
struct Spelled<'a>(Vec<(Text<'a>, Option<&'a RawValue>)>);

impl<'de> Record<'de> for Spelled<'de> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = name.strip_prefix("http-").unwrap_or(&name).to_owned();
        self.0.push((Text(name.into()), None));
        let (_, value) = self.0.last_mut()?;
        Some(Slot::Raw(value))
    }
}

/// Reads a [`Request`], or `{"ua":…,"headers":{…}}` where `ua` is the user agent, `null` or
/// blank for none. Header names may be
/// spelled as in CGI (`HTTP_X_REQUESTED_WITH`); values that are not strings are no headers and are ignored.
///
/// # Errors
/// The JSON is malformed, or a member has the wrong type.
pub fn read(json: &str) -> Result<Request<'_>, serde_json::Error> {
    let mut probe = Probe::default();
    read::from_json(json, Slot::Record(&mut probe))?;
    let mut request = Request::default();
    if probe.ua.is_none() && probe.headers.is_none() {
        read::from_json(json, Slot::Record(&mut request))?;
        return Ok(request);
    }
    let mut agent = None;
    if let Some(ua) = probe.ua {
        read::from_json(ua.get(), Slot::Text(&mut agent))?;
    }
    let mut headers = Headers::default();
    if let Some(agent) = agent.filter(|agent| !agent.trim().is_empty()) {
        headers.push(Text::from("user-agent"), agent);
    }
    for (name, value) in probe.headers.unwrap_or_default().0 {
        let mut text = None;
        if let Some(value) = value
            && read::from_json(value.get(), Slot::Text(&mut text)).is_ok()
            && let Some(text) = text
        {
            headers.push(name, text);
        }
    }
    request.http.headers = Some(headers);
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
        assert_eq!(probe.http.headers.unwrap()[1..], [("x-requested-with".into(), "com.example".into())]);
        assert_eq!(read(r#"{"ua":null}"#).unwrap().http.user_agent(), Some(None));
        let request = read(r#"{"http":{"headers":[["user-agent","a \"b\""]]}}"#).unwrap();
        assert_eq!(request.http.user_agent(), Some(Some("a \"b\"")));
        assert!(read("{").is_err());
        assert!(read(r#"{"ua":7}"#).is_err());
    }
}
