//! What a signature, an address and a contradiction are worth, over the models that ship: honesty is never punished.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use ed25519_compact::{KeyPair, Seed};
use edgeward::agent::Verification;
use edgeward::bundle::Bundle;
use edgeward::detection::DetectionKind;
use edgeward::identifier::Identifiers;
use edgeward::request::Text;
use edgeward::{Engine, Request};

const NOW: i64 = 1_790_000_000;
const GPT_BOT: &str =
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";

fn pair() -> KeyPair {
    KeyPair::from_seed(Seed::new([7; 32]))
}

fn engine(model: &str) -> Engine {
    let x = Base64UrlUnpadded::encode_string(&*pair().pk);
    let bundle = format!(
        r#"{{"schema":1,"version":"1","policies":[],"model":{model},"agents":{{
            "directories":[{{"url":"https://agent.example","name":"Signer","operator":"OpenAI","class":"aiBot",
                             "keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}],
            "addresses":[{{"operator":"OpenAI","names":["GPTBot"],"ranges":["192.0.2.0/24"]}}]}}}}"#
    );
    Engine::new(Bundle::unsigned(bundle.as_bytes()).unwrap(), Identifiers::plain()).unwrap()
}

/// Signature-Input and Signature of a request to `authority`.
fn signed(authority: &str) -> [(&'static str, String); 3] {
    let x = Base64UrlUnpadded::encode_string(&*pair().pk);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let id = Base64UrlUnpadded::encode_string(&hmac_sha256::Hash::hash(jwk.as_bytes()));
    let input = format!(
        r#"("@authority" "signature-agent";key="s");created={NOW};expires={};keyid="{id}";tag="web-bot-auth""#,
        NOW + 60
    );
    let base = format!(
        "\"@authority\": {authority}\n\"signature-agent\";key=\"s\": \"https://agent.example\"\n\"@signature-params\": {input}"
    );
    let signature = Base64::encode_string(&*pair().sk.sign(base, None));
    [
        ("signature-agent", r#"s="https://agent.example""#.to_owned()),
        ("signature-input", format!("s={input}")),
        ("signature", format!("s=:{signature}:")),
    ]
}

/// Score, verification, and whether impersonation is detected.
fn judged(
    engine: &Engine,
    agent: Option<&str>,
    more: &[(&str, String)],
    ip: &str,
) -> (i32, Verification, bool) {
    let mut request = Request { time: Some(NOW * 1_000), ..Request::default() };
    request.http.scheme = Some("https".into());
    request.http.host = Some("shop.example".into());
    request.client.ip = Some(ip.parse().unwrap());
    let headers = agent.map(|agent| ("user-agent", agent)).into_iter();
    let headers = headers.chain(more.iter().map(|(name, value)| (*name, value.as_str())));
    request.http.headers = Some(headers.map(|(name, value)| (Text::from(name), Text::from(value))).collect());
    let decision = engine.decide(&request);
    let accused = decision.detections.iter().any(|one| one.kind == DetectionKind::AgentImpersonation);
    (decision.risk.score, decision.agent.verification, accused)
}

#[test]
fn signed_is_at_most_honest_is_at_most_silent_is_at_most_contradictory() {
    const LEARNED: &str = include_str!("../data/model/learned.json");
    const PRIORS: &str = include_str!("../data/model/priors.json");
    let (inside, outside, nowhere) = ("192.0.2.1", "198.51.100.1", &[][..]);
    for model in [PRIORS, LEARNED] {
        let engine = engine(model);
        let of = |agent, more: &[_], ip| judged(&engine, agent, more, ip);
        let (good, bad) = (signed("shop.example"), signed("elsewhere.example"));
        let by_signature = of(Some(GPT_BOT), &good, outside);
        let by_address = of(Some(GPT_BOT), nowhere, inside);
        // A name that nothing is known of, and so an honest claim.
        let honest = of(Some("ClaudeBot/1.0; +claudebot@anthropic.com"), nowhere, outside);
        let silent = of(None, nowhere, outside);
        let forged = of(Some(GPT_BOT), &bad, outside);
        let elsewhere = of(Some(GPT_BOT), nowhere, outside);
        let verifications = [by_signature, by_address, honest, silent, forged, elsewhere]
            .map(|(_, verification, _)| verification);
        assert_eq!(
            verifications,
            [
                Verification::Signature,
                Verification::Address,
                Verification::Claimed,
                Verification::None,
                Verification::Contradicted,
                Verification::Contradicted
            ]
        );
        let scores = [by_signature.0, honest.0, silent.0, forged.0];
        assert!(scores.is_sorted(), "{scores:?}");
        assert!(by_address.0 <= honest.0 && silent.0 <= elsewhere.0);
        assert!(forged.2 && elsewhere.2, "a contradicted name is a detection");
        assert!(!by_signature.2 && !by_address.2 && !honest.2 && !silent.2);
    }
}

#[test]
fn a_browser_that_signs_is_at_no_more_risk_than_one_that_does_not() {
    let engine = engine("null");
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    let (signed, verification, _) = judged(&engine, Some(chrome), &signed("shop.example"), "192.0.2.1");
    let (plain, ..) = judged(&engine, Some(chrome), &[], "192.0.2.1");
    assert_eq!(verification, Verification::Signature);
    assert!(signed <= plain, "{signed} {plain}");
}
