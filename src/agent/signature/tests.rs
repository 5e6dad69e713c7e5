use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use ed25519_compact::{KeyPair, Seed};

use super::super::key::Jwk;
use super::super::{AgentClass, Finding, Verification, classify_known};
use super::*;
use crate::read::{Slot, from_json};
use crate::request::Text;

const NOW: i64 = 1_790_000_000;

/// Reads a request of `https://shop.example/cart?item=1` with these headers.
fn request<'a>(headers: &[(&'a str, &'a str)]) -> Request<'a> {
    let mut request = Request { time: Some(NOW * 1_000), ..Request::default() };
    let text = |text: &'a str| Some(Text::from(text));
    (request.http.method, request.http.scheme) = (text("GET"), text("https"));
    (request.http.host, request.http.path) = (text("shop.example"), text("/cart"));
    request.http.query = text("item=1");
    request.http.headers =
        Some(headers.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect());
    request
}

fn pair(seed: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([seed; 32]))
}

fn x(pair: &KeyPair) -> String {
    Base64UrlUnpadded::encode_string(&*pair.pk)
}

fn thumbprint(pair: &KeyPair) -> String {
    let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, x(pair));
    Base64UrlUnpadded::encode_string(&hmac_sha256::Hash::hash(text.as_bytes()))
}

/// `https://agent.example` of the operator Example, with the key of seed 1; `https://other.example` with that of
/// seed 2; `https://fetched.example`, whose keys the host brings.
fn registry() -> Registry {
    let json = format!(
        r#"{{"directories":[
            {{"url":"https://agent.example","name":"Example agent","operator":"Example","class":"aiBot",
              "keys":[{{"kty":"OKP","crv":"Ed25519","x":"{}","use":"sig"}}]}},
            {{"url":"https://other.example","name":"Other","keys":[{{"kty":"OKP","crv":"Ed25519","x":"{}"}}]}},
            {{"url":"https://fetched.example","name":"Fetched","fetch":true}}],
          "addresses":[
            {{"operator":"OpenAI","names":["GPTBot"],"ranges":["192.0.2.0/24"]}},
            {{"operator":"Google","domains":["bot.example"]}}]}}"#,
        x(&pair(1)),
        x(&pair(2)),
    );
    let mut file = super::super::RegistryFile::default();
    from_json(&json, Slot::Record(&mut file)).unwrap();
    Registry::new(&file).unwrap()
}

/// A signature by the key of `seed`, over what `input` covers.
fn sign(request: &Request<'_>, input: &str, seed: u8) -> String {
    let members = structured::dictionary(input).unwrap();
    let (label, Member::List(list)) = &members[0] else { panic!("{input}") };
    let base = base::write(&request.http, list).unwrap();
    format!("{label}=:{}:", Base64::encode_string(&*pair(seed).sk.sign(base, None)))
}

fn parameters(seed: u8) -> String {
    let id = thumbprint(&pair(seed));
    format!(
        r#"created={};expires={};keyid="{id}";alg="ed25519";nonce="n1";tag="web-bot-auth""#,
        NOW - 5,
        NOW + 55
    )
}

const AGENT: &str = r#"sig1="https://agent.example""#;

/// Signs as `https://agent.example`, covering what `components` say; then `change` does what it wants.
fn status(
    components: &str,
    change: impl Fn(&mut Vec<(String, String)>, &mut Request<'_>),
) -> SignatureStatus {
    let input = format!("sig1=({components});{}", parameters(1));
    let signature = sign(&request(&[("signature-agent", AGENT)]), &input, 1);
    let mut headers = [("signature-agent", AGENT), ("signature-input", &input), ("signature", &signature)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let mut sent = request(&[]);
    change(&mut headers, &mut sent);
    sent.http.headers = Some(
        headers.iter().map(|(name, value)| (Text::from(name.as_str()), Text::from(value.as_str()))).collect(),
    );
    check(&sent, &registry()).unwrap().0.status
}

const USUAL: &str = r#""@authority" "signature-agent";key="sig1""#;

#[test]
fn the_vectors_of_the_documents_hold() {
    let key = Key::read(&Jwk {
        kty: Some("OKP".into()),
        crv: Some("Ed25519".into()),
        x: Some("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs".into()),
        ..Jwk::default()
    })
    .unwrap();
    // RFC 9421 §B.2.6.
    let mut rfc = request(&[
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]);
    (rfc.http.method, rfc.http.path) = (Some("POST".into()), Some("/foo".into()));
    let date = r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    // draft-meunier-web-bot-auth-architecture, appendix of test vectors.
    let draft =
        request(&[("host", "example.com"), ("signature-agent", r#"agent2="https://signature-agent.test""#)]);
    let agent = r#"sig2=("@authority" "signature-agent";key="agent2");created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600;nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";tag="web-bot-auth""#;
    let authority = r#"sig1=("@authority");created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600;nonce="zIW8+cdmA3vdYagbxojpONwa/l0EKJ/O3/wD486VvsQjO/RxPaSt6ZxvQaMcQzNnqKN/mQ6hpGiFro2L2qkz5A==";tag="web-bot-auth""#;
    for (request, input, signature) in [
        (
            &rfc,
            date,
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
        ),
        (
            &draft,
            agent,
            "RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==",
        ),
        (
            &draft,
            authority,
            "QKN4fTdIYfh82fvoZCQiQA1weuozfCS/Led2zTMbewMMqH8PI2Wsy/5c4ao6B6D09nraNQdBNOADg8aM1MqfCg==",
        ),
    ] {
        let members = structured::dictionary(input).unwrap();
        let (_, Member::List(list)) = &members[0] else { panic!() };
        let base = base::write(&request.http, list).unwrap();
        let mut bytes = [0; 64];
        Base64::decode(signature, &mut bytes).unwrap();
        assert!(key.verifies(base.as_bytes(), bytes), "{base}");
        assert!(!key.verifies(format!("{base} ").as_bytes(), bytes));
    }
}

#[test]
fn what_covers_enough_is_verified() {
    for components in [
        USUAL,
        r#""@method" "@authority" "@path" "signature-agent";key="sig1""#,
        r#""@target-uri" "signature-agent";key="sig1""#,
        r#""@scheme" "@query" "@request-target" "@authority" "signature-agent""#,
    ] {
        assert_eq!(status(components, |_, _| {}), SignatureStatus::Verified, "{components}");
    }
}

#[test]
fn each_way_to_fail_has_its_name() {
    use SignatureStatus as S;
    type Change = fn(&mut Vec<(String, String)>, &mut Request<'_>);
    let cases: [(S, &str, Change); 17] = [
        (S::Invalid, USUAL, |_, sent| sent.http.host = Some("another.example".into())),
        (S::Invalid, r#""@target-uri" "signature-agent";key="sig1""#, |_, sent| {
            sent.http.query = Some("item=2".into())
        }),
        (S::Invalid, USUAL, |headers, _| headers[1].1 = headers[1].1.replace("n1", "n2")),
        // Another's directory named: not covered as it stands.
        (S::UnknownKey, USUAL, |headers, _| headers[0].1 = r#"sig1="https://other.example""#.to_owned()),
        (S::UnknownDirectory, USUAL, |headers, _| {
            headers[0].1 = r#"sig1="https://nobody.example""#.to_owned()
        }),
        (S::Expired, USUAL, |_, sent| sent.time = Some((NOW + 55) * 1_000)),
        (S::NotYetValid, USUAL, |_, sent| sent.time = Some((NOW - 66) * 1_000)),
        (S::TimeUnknown, USUAL, |_, sent| sent.time = None),
        (S::Insecure, USUAL, |_, sent| sent.http.scheme = Some("http".into())),
        (S::Incomplete, r#""signature-agent";key="sig1""#, |_, _| {}),
        (S::Incomplete, r#""@authority""#, |_, _| {}),
        (S::Incomplete, USUAL, |headers, _| {
            headers[0].1 = r#"sig1="https://agent.example/jwks";type=jwks_uri"#.to_owned()
        }),
        (S::Incomplete, USUAL, |headers, _| headers[1].1 = headers[1].1.replace("expires", "until")),
        (S::Malformed, USUAL, |headers, _| headers[1].1.push('(')),
        (S::Malformed, USUAL, |headers, _| headers[2].1 = "sig1=:AAAA:".to_owned()),
        (S::Unsupported, USUAL, |headers, _| {
            headers[1].1 = headers[1].1.replace("ed25519", "rsa-pss-sha512")
        }),
        (S::Unsupported, r#""@target-uri" "signature-agent";key="sig1""#, |_, sent| sent.http.query = None),
    ];
    for (wanted, components, change) in cases {
        assert_eq!(status(components, change), wanted, "{components}");
    }
}

#[test]
fn what_no_request_has_is_malformed_and_what_a_host_withholds_unsupported() {
    let request = request(&[("x-long", "x")]);
    for (components, why) in [
        (r#""@status""#, SignatureStatus::Malformed),
        (r#""@method";req"#, SignatureStatus::Malformed),
        (r#""@method" "@method""#, SignatureStatus::Malformed),
        (r#""X-Long""#, SignatureStatus::Malformed),
        (r#""x-long";key="a""#, SignatureStatus::Malformed),
        ("1", SignatureStatus::Malformed),
        (r#""cookie""#, SignatureStatus::Unsupported),
        (r#""x-long";bs"#, SignatureStatus::Unsupported),
        (r#""@query-param";name="item""#, SignatureStatus::Unsupported),
    ] {
        let text = format!("a=({components})");
        let members = structured::dictionary(&text).unwrap();
        let (_, Member::List(list)) = &members[0] else { panic!() };
        assert_eq!(base::write(&request.http, list), Err(why), "{components}");
    }
}

#[test]
fn a_line_break_in_a_value_does_not_make_another_component() {
    let request = request(&[("x-note", "a\n\"@authority\": shop.example")]);
    let members = structured::dictionary(r#"a=("x-note")"#).unwrap();
    let (_, Member::List(list)) = &members[0] else { panic!() };
    assert_eq!(base::write(&request.http, list), Err(SignatureStatus::Unsupported));
}

#[test]
fn the_bare_string_of_earlier_drafts_is_understood() {
    let agent = ("signature-agent", r#""https://agent.example""#);
    let input = format!(r#"sig1=("@authority" "signature-agent");{}"#, parameters(1));
    let signature = sign(&request(&[agent]), &input, 1);
    let sent = request(&[agent, ("signature-input", &input), ("signature", &signature)]);
    let registry = registry();
    let (signature, signer) = check(&sent, &registry).unwrap();
    assert_eq!(signature.status, SignatureStatus::Verified);
    assert_eq!(signature.directory.as_deref(), Some("https://agent.example"));
    assert_eq!((signature.nonce.as_deref(), signature.expires), (Some("n1"), Some((NOW + 55) * 1_000)));
    assert_eq!(signer.unwrap().name, "Example agent");
}

#[test]
fn keys_that_the_host_fetched_count_for_their_directory_only() {
    let agent = ("signature-agent", r#"s="https://fetched.example""#);
    let input = format!(r#"s=("@authority" "signature-agent";key="s");{}"#, parameters(3));
    let signature = sign(&request(&[agent]), &input, 3);
    let mut sent = request(&[agent, ("signature-input", &input), ("signature", &signature)]);
    let status = |sent: &Request<'_>| check(sent, &registry()).unwrap().0.status;
    assert_eq!(status(&sent), SignatureStatus::UnknownKey, "not fetched");
    let x = x(&pair(3));
    sent.agent_directory.keys = vec![Jwk {
        kty: Some("OKP".into()),
        crv: Some("Ed25519".into()),
        x: Some(x.as_str().into()),
        ..Jwk::default()
    }];
    for (url, wanted) in [
        ("https://fetched.example/", SignatureStatus::Verified),
        ("https://agent.example", SignatureStatus::UnknownKey),
    ] {
        sent.agent_directory.url = Some(url.into());
        assert_eq!(status(&sent), wanted, "{url}");
    }
}

#[test]
fn a_name_is_backed_or_contradicted() {
    const GPT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";
    const GOOGLE: &str = "Googlebot/2.1 (+http://www.google.com/bot.html)";
    const BING: &str = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)";
    let registry = registry();
    let verification = |agent: &str, ip: Option<&str>, names: Option<&[&str]>| {
        let mut request = request(&[("user-agent", agent)]);
        request.client.ip = ip.map(|ip| ip.parse().unwrap());
        request.client.reverse_dns =
            names.map(|names| names.iter().map(|name| Text((*name).to_owned().into())).collect());
        classify_known(&request, &registry).verification
    };
    for (agent, ip, names, wanted) in [
        (GPT, Some("192.0.2.9"), None, Verification::Address),
        (GPT, Some("198.51.100.9"), None, Verification::Contradicted),
        (GPT, None, None, Verification::Claimed),
        (GOOGLE, Some("198.51.100.9"), None, Verification::Claimed),
        (GOOGLE, None, Some(&["c1.bot.example"][..]), Verification::Address),
        (GOOGLE, None, Some(&["c1.robot.example"]), Verification::Contradicted),
        (GOOGLE, None, Some(&[]), Verification::Contradicted),
        ("curl/8.5.0", Some("192.0.2.9"), None, Verification::None),
        // Whatever the bundle says, what operators document of their hosts counts.
        (GOOGLE, None, Some(&["crawl-192-0-2-9.googlebot.com"]), Verification::Address),
        (BING, None, Some(&["msnbot-192-0-2-9.Search.MSN.com."]), Verification::Address),
        (BING, None, Some(&["search.msn.com.bot.example", "research.msn.com"]), Verification::Contradicted),
        (BING, None, Some(&[]), Verification::Contradicted),
        (BING, Some("192.0.2.9"), None, Verification::Claimed),
        // Another operator's hosts, and one of its customers' machines.
        (GOOGLE, None, Some(&["msnbot-192-0-2-9.search.msn.com"]), Verification::Contradicted),
        (GOOGLE, None, Some(&["9.2.0.192.bc.googleusercontent.com"]), Verification::Contradicted),
        // Nobody documents theirs.
        (GPT, None, Some(&["crawl.example"]), Verification::Claimed),
    ] {
        assert_eq!(verification(agent, ip, names), wanted, "{agent} {ip:?} {names:?}");
    }
}

#[test]
fn a_browser_that_signs_is_the_agent_it_signs_as_and_nobody_elses() {
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    let registry = registry();
    for (user_agent, name, class, verification) in [
        (chrome, "Example agent", AgentClass::AiBot, Verification::Signature),
        (
            "Googlebot/2.1 (+http://www.google.com/bot.html)",
            "Googlebot",
            AgentClass::SearchCrawler,
            Verification::Contradicted,
        ),
    ] {
        let input = format!("sig1=({USUAL});{}", parameters(1));
        let signature = sign(&request(&[("signature-agent", AGENT)]), &input, 1);
        let headers = [
            ("user-agent", user_agent),
            ("signature-agent", AGENT),
            ("signature-input", &input),
            ("signature", &signature),
        ];
        let mut sent = request(&headers);
        let agent = classify_known(&sent, &registry);
        assert_eq!((agent.name, agent.class, agent.verification), (Some(name), class, verification));
        sent.time = Some((NOW + 3_600) * 1_000);
        let late = classify_known(&sent, &registry);
        assert!(late.findings.contains(Finding::SignatureUnusable));
        assert_eq!(late.verification, Verification::Claimed);
    }
}

#[test]
fn of_several_signatures_one_that_holds_is_enough_and_no_more_than_two_are_tried() {
    let first = format!("sig1=({USUAL});{}", parameters(1));
    let good = sign(&request(&[("signature-agent", AGENT)]), &first, 1);
    let bad = |label: &str| format!(r#"{label}=("@authority");{}"#, parameters(2));
    let zero = Base64::encode_string(&[0; 64]);
    for (order, wanted) in [
        (format!("{}, {first}", bad("a")), SignatureStatus::Verified),
        (format!("{}, {}, {first}", bad("a"), bad("b")), SignatureStatus::Incomplete),
    ] {
        let signatures = format!("a=:{zero}:, b=:{zero}:, {good}");
        let sent =
            request(&[("signature-agent", AGENT), ("signature-input", &order), ("signature", &signatures)]);
        assert_eq!(check(&sent, &registry()).unwrap().0.status, wanted);
    }
}

#[test]
fn other_uses_of_message_signatures_are_none_of_ours() {
    for input in [r#"s=("@authority");created=1;tag="other""#, "", "s=1", "((("] {
        assert!(check(&request(&[("signature-input", input)]), &registry()).is_none(), "{input}");
    }
    assert!(check(&request(&[]), &registry()).is_none());
}
