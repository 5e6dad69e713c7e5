//! Any head of a request: an answer, the explanation gives the same one, and its tokens are where it says.
//!
//! Input: lines `name: value`. Names beginning with `:` are facts that are no headers (`:ja4`, `:time`).
#![no_main]

use edgeward::agent;
use edgeward::request::{Header, Headers, Request, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut request = Request::default();
    request.http.scheme = Some(Text::from("https"));
    let headers = request.http.headers.insert(Headers::default());
    for line in text.lines() {
        let (name, value) = line.split_once(": ").unwrap_or(("user-agent", line));
        match name {
            ":ja4" => request.tls.ja4 = Some(Text::from(value)),
            ":time" => request.time = value.parse().ok(),
            _ => headers.push(Text::from(name), Text::from(value)),
        }
    }
    let agent = agent::classify(&request);
    let explanation = agent::explain(&request);
    assert_eq!(agent, explanation.agent);
    let stated = request.http.header(Header::UserAgent).unwrap_or_default();
    for token in explanation.tokens {
        assert_eq!(stated.get(token.start..token.start + token.text.len()), Some(token.text));
    }
});
