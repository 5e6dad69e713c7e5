//! What the origin is told about a request that passed, and how it knows who told it.

use edgeward::Request;
use edgeward::decision::Decision;
use edgeward::identifier::encode_hex;
use hmac_sha256::HMAC;

use crate::asked::Asked;
use crate::session::Withheld;

/// Whether only Edgeward sets a header of this name, which is in lower case: a client's own are removed before the origin
/// sees them. CGI, WSGI, Rack and PHP hand `_` and `-` to
/// applications as one.
pub fn is_ours(name: &str) -> bool {
    name.strip_prefix("edgeward").is_some_and(|rest| rest.starts_with(['-', '_']))
}

/// How an origin reports that a request was a sign-in; taken off the response.
pub const SIGN_IN_HEADER: &str = "edgeward-sign-in";

/// A header to set.
pub type Header = (&'static str, String);

/// What the origin is sent instead of what the client sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Onward {
    /// Ours.
    pub headers: Vec<Header>,
    /// The client's own that do not go on as they came.
    pub withheld: Withheld,
}

/// What was decided. Values are percent-encoded where they are not plain.
#[must_use]
pub fn result_headers(decision: &Decision<'_>, facts: &Request<'_>) -> Vec<Header> {
    let mut headers = vec![
        ("edgeward-outcome", decision.outcome.name().to_owned()),
        ("edgeward-support-code", decision.support_code.to_string()),
        ("edgeward-agent", decision.agent.class.name().to_owned()),
        ("edgeward-risk", join(decision.risk.levels.iter().map(edgeward::risk::RiskLevel::name))),
    ];
    let texts = [
        ("edgeward-agent-name", decision.agent.name),
        ("edgeward-principal", facts.principal.id.as_deref()),
        ("edgeward-session", facts.session.id.as_deref()),
    ];
    headers.extend(texts.into_iter().filter_map(|(name, text)| {
        text.filter(|text| !text.is_empty()).map(|text| (name, encode_component(text)))
    }));
    if let Some(kind) = facts.principal.kind {
        headers.push(("edgeward-principal-kind", kind.name().to_owned()));
    }
    if !decision.detections.is_empty() {
        let kinds = decision.detections.iter().map(|detection| detection.kind.name());
        headers.push(("edgeward-detections", join(kinds)));
    }
    headers
}

/// The signature header over method, path, query, time and `headers`: for an origin that can be reached past the
/// edge. `now` in milliseconds.
#[must_use]
pub fn sign(secret: &[u8], asked: &Asked<'_>, headers: &[Header], now: i64) -> Header {
    let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    lines.sort_unstable();
    let mut message = format!("{now}\n{}\n{}", asked.method, asked.target());
    for line in &lines {
        message.push('\n');
        message.push_str(line);
    }
    let mac = encode_hex(&HMAC::mac(message.as_bytes(), secret));
    ("edgeward-signature", format!("t={now},v1={mac}"))
}

/// How a request turned out that was a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Whether it went well.
    pub succeeded: bool,
    /// As whom it was tried. A password spray is seen by whom it tries, and the request carries no identity yet.
    pub principal: Option<String>,
}

impl SignIn {
    /// Reads `success` or `failure`, with `; principal=` percent-encoded.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (result, principal) = match header.split_once(';') {
            None => (header, None),
            Some((result, rest)) => (result, Some(rest.trim_start_matches(' ').strip_prefix("principal=")?)),
        };
        if principal.is_some_and(|id| id.is_empty() || id.contains([';', ' ', '\t'])) {
            return None;
        }
        let succeeded = match result {
            "success" => true,
            "failure" => false,
            _ => return None,
        };
        Some(Self { succeeded, principal: principal.and_then(decode_component) })
    }
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(",")
}

/// ECMAScript's `encodeURIComponent`, which every origin can undo.
fn encode_component(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&encode_hex(&[byte]).to_ascii_uppercase());
        }
    }
    encoded
}

fn decode_component(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.extend(edgeward::identifier::decode_hex(std::str::from_utf8(&digits).ok()?)?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::tests::{get, url};

    #[test]
    fn the_signature_is_the_one_that_origins_check() {
        // HMAC-SHA256 under the secret over the time, method, path with query and headers in order, by OpenSSL.
        let url = url("https://app.example/a?b=c");
        let headers = [("edgeward-outcome", "allow".to_owned()), ("edgeward-agent", "browser".to_owned())];
        let (name, value) = sign(b"a secret of tests", &get(&url, &[]), &headers, 1_790_000_000_000);
        assert_eq!(name, "edgeward-signature");
        assert_eq!(
            value,
            "t=1790000000000,v1=beacc546f3a5157338b7736cc76e17c0f0e602b04f0ee2364ed826108b46ec40"
        );
    }

    #[test]
    fn components_are_encoded_as_scripts_do() {
        assert_eq!(encode_component("Zoë (a/b)*'!~"), "Zo%C3%AB%20(a%2Fb)*'!~");
        assert_eq!(decode_component("Zo%C3%ab%20").as_deref(), Some("Zoë "));
        assert_eq!(decode_component("%C3"), None);
        assert_eq!(decode_component("%4"), None);
    }

    #[test]
    fn a_sign_in_is_read_or_ignored() {
        let of = |succeeded, principal: Option<&str>| {
            Some(SignIn { succeeded, principal: principal.map(str::to_owned) })
        };
        assert_eq!(SignIn::parse("success"), of(true, None));
        assert_eq!(SignIn::parse("failure; principal=u%201"), of(false, Some("u 1")));
        assert_eq!(SignIn::parse("failure;principal=%FF"), of(false, None));
        for other in ["", "Success", "success;", "success; principal=", "success; principal=a b", "maybe"] {
            assert_eq!(SignIn::parse(other), None, "{other}");
        }
    }
}
