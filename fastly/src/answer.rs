//! The forms an answer comes in: those of `js/src/answer.ts`.

use serde::Serialize;

use crate::asked::Asked;
use crate::origin::Header;
use crate::page::{CONTENT_SECURITY_POLICY, Page};

/// An answer of the edge's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// 302, 401 or 403.
    pub status: u16,
    /// Each name once.
    pub headers: Vec<Header>,
    /// Empty, a page or JSON.
    pub body: String,
}

/// Stable codes of the answers a client may see; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each says what it is")]
pub enum Code {
    Blocked,
    VerificationRequired,
    VerificationIncomplete,
    NoDecision,
}

impl Code {
    /// Its number in JSON-RPC answers, from the range that JSON-RPC 2.0 leaves to servers.
    const fn json_rpc(self) -> i32 {
        match self {
            Self::Blocked => -32_030,
            Self::VerificationRequired => -32_031,
            Self::VerificationIncomplete => -32_032,
            Self::NoDecision => -32_033,
        }
    }
}

/// What is to be said, to a person and to a program.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// 401 or 403.
    pub status: u16,
    /// Which answer it is.
    pub code: Code,
    /// What happened.
    pub title: &'static str,
    /// What it means.
    pub text: String,
    /// For a person to quote.
    pub support_code: String,
    /// What must be met, if anything would help.
    pub controls: Option<Vec<String>>,
    /// Where a person can object.
    pub appeal: Option<String>,
}

/// RFC 9457.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: Code,
    support_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    controls: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appeal: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonRpc<'a> {
    jsonrpc: &'static str,
    /// The call's own id is in its body, which is not ours to read: null, as JSON-RPC 2.0 §5 has it then.
    id: (),
    error: JsonRpcError<'a>,
}

#[derive(Serialize)]
struct JsonRpcError<'a> {
    code: i32,
    message: String,
    data: Problem<'a>,
}

/// A page for a person, a JSON-RPC error for its clients, problem details for everything else.
#[must_use]
pub fn explain(asked: &Asked<'_>, explanation: &Explanation) -> Answered {
    let Explanation { status, code, title, text, support_code, controls, appeal } = explanation;
    let mut headers: Vec<Header> =
        vec![("cache-control", "no-store".to_owned()), ("x-content-type-options", "nosniff".to_owned())];
    if is_navigation(asked) {
        headers.push(("content-type", "text/html; charset=utf-8".to_owned()));
        headers.push(("content-security-policy", CONTENT_SECURITY_POLICY.to_owned()));
        headers.push(("referrer-policy", "no-referrer".to_owned()));
        let link = appeal.clone().map(|address| ("Ask for this to be looked at", address));
        let page = Page { title, text: text.clone(), support_code: support_code.clone(), link };
        return Answered { status: *status, headers, body: page.render() };
    }
    let problem = Problem {
        r#type: "about:blank",
        title,
        status: *status,
        detail: text,
        code: *code,
        support_code,
        controls: controls.as_deref(),
        appeal: appeal.as_deref(),
    };
    let (kind, body) = if is_json_rpc(asked) {
        let error =
            JsonRpcError { code: code.json_rpc(), message: format!("{title}. {text}"), data: problem };
        ("application/json", serde_json::to_string(&JsonRpc { jsonrpc: "2.0", id: (), error }))
    } else if asked.method == "HEAD" {
        ("application/problem+json", Ok(String::new()))
    } else {
        ("application/problem+json", serde_json::to_string(&problem))
    };
    headers.push(("content-type", kind.to_owned()));
    Answered { status: *status, headers, body: body.unwrap_or_default() }
}

/// Whether a browser asks for a page to show, so that a redirect reaches a person. Fetch metadata tells
/// (<https://www.w3.org/TR/fetch-metadata/>); browsers that send none are known by what they accept.
#[must_use]
pub fn is_navigation(asked: &Asked<'_>) -> bool {
    if asked.method != "GET" {
        return false;
    }
    match asked.header("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => asked.header("accept").is_some_and(|accept| accept.contains("text/html")),
    }
}

/// Whether the client speaks JSON-RPC over HTTP: it says so, or it keeps the rules of MCP's Streamable HTTP transport,
/// whose clients name the protocol version once they know it and accept both kinds of answer from the first call on
/// (<https://modelcontextprotocol.io/specification/2025-06-18/basic/transports>).
fn is_json_rpc(asked: &Asked<'_>) -> bool {
    // MCP also listens by GET and ends its session by DELETE, naming the version.
    if asked.header("mcp-protocol-version").is_some() {
        return !matches!(asked.method, "HEAD" | "OPTIONS");
    }
    if asked.method != "POST" {
        return false;
    }
    let header = |name| asked.header(name).unwrap_or_default();
    let (kind, accept) = (header("content-type"), header("accept"));
    kind.starts_with("application/json-rpc")
        || (kind.starts_with("application/json")
            && accept.contains("application/json")
            && accept.contains("text/event-stream"))
}

/// Whether a browser asks on a page's behalf if it may ask (CORS preflight). It does so without cookies or tokens,
/// whoever is signed in.
#[must_use]
pub fn is_preflight(asked: &Asked<'_>) -> bool {
    asked.method == "OPTIONS"
        && asked.header("origin").is_some()
        && asked.header("access-control-request-method").is_some()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::asked::tests::{get, url};
    use serde_json::{Value, json};

    /// The one header of this name.
    pub(crate) fn header<'a>(answer: &'a Answered, name: &str) -> &'a str {
        let mut found = answer.headers.iter().filter(|(key, _)| *key == name);
        let value = &found.next().unwrap_or_else(|| panic!("no {name} in {answer:?}")).1;
        assert!(found.next().is_none(), "{name} twice");
        value
    }

    #[test]
    fn a_json_rpc_client_is_answered_in_json_rpc() {
        let url = url("https://app.example/mcp");
        let explanation = Explanation {
            status: 403,
            code: Code::Blocked,
            title: "Access was refused",
            text: "No.".to_owned(),
            support_code: "CODE".to_owned(),
            controls: None,
            appeal: None,
        };
        let version = ("mcp-protocol-version", "2025-06-18");
        let json = ("content-type", "application/json");
        for (method, headers, is_json_rpc) in [
            ("POST", &[("content-type", "application/json-rpc")][..], true),
            ("POST", &[version], true),
            ("GET", &[version, ("accept", "text/event-stream")], true),
            ("DELETE", &[version], true),
            ("POST", &[json, ("accept", "application/json, text/event-stream")], true),
            ("POST", &[json, ("accept", "application/json")], false),
            ("PUT", &[json, ("accept", "application/json, text/event-stream")], false),
            ("OPTIONS", &[version], false),
        ] {
            let mut asked = get(&url, headers);
            asked.method = method;
            let answer = explain(&asked, &explanation);
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let problem = json!({"type": "about:blank", "title": "Access was refused", "status": 403, "detail": "No.",
                                 "code": "blocked", "supportCode": "CODE"});
            if is_json_rpc {
                assert_eq!(header(&answer, "content-type"), "application/json");
                let error = json!({"code": -32030, "message": "Access was refused. No.", "data": problem});
                assert_eq!(body, json!({"jsonrpc": "2.0", "id": null, "error": error}));
            } else {
                assert_eq!(header(&answer, "content-type"), "application/problem+json");
                assert_eq!(body, problem);
            }
        }
    }
}
