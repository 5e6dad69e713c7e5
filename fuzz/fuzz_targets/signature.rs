//! Any head of a signed request: its signature gets a status, whatever its headers say, and only a key of the bundle
//! verifies it.
//!
//! Input: lines `name: value`, as for `classify`.
#![no_main]

use std::sync::LazyLock;

use edgeward::Engine;
use edgeward::agent::{SignatureStatus, Verification};
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::request::{Request, Text};
use libfuzzer_sys::fuzz_target;

/// The one key that is trusted; the seeds are signed with it.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let bundle = br#"{"schema":1,"version":"1","policies":[],"agents":{"directories":[
        {"url":"https://agent.example","name":"Agent","operator":"Example","fetch":true,
         "keys":[{"kty":"OKP","crv":"Ed25519","x":"_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg"}]}]}}"#;
    let bundle = Bundle::unsigned(bundle).expect("it is well-formed");
    Engine::new(bundle, Identifiers::plain()).expect("it has no tests of its own")
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut request = Request { time: Some(1_760_000_000_000), ..Request::default() };
    let http = &mut request.http;
    (http.method, http.scheme) = (Some(Text::from("GET")), Some(Text::from("https")));
    (http.host, http.path, http.query) = (Some("app.example".into()), Some("/".into()), Some("a=b".into()));
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    http.headers = Some(lines.map(|(name, value)| (Text::from(name), Text::from(value))).collect());
    let decision = ENGINE.decide(&request);
    let status = decision.agent.signature.as_ref().map(|signature| signature.status);
    let verification = decision.agent.verification;
    assert!(verification != Verification::Signature || status == Some(SignatureStatus::Verified));
    assert!(status != Some(SignatureStatus::Invalid) || verification == Verification::Contradicted);
});
