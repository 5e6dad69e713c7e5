//! The agent corpus: what each user agent must be taken for.

use std::collections::BTreeMap;
use std::{fs, path::Path};

use edgeward::agent;
use edgeward::request::{Request, Text};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    why: String,
    /// The finding that has an innocent cause here.
    innocent: Option<String>,
    agent: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    time: Option<i64>,
    ja4: Option<String>,
    /// Names of headers as they arrived.
    order: Option<Vec<String>>,
    class: String,
    name: Option<String>,
    browser: Option<String>,
    platform: Option<String>,
    device_kind: Option<String>,
    verification: Option<String>,
    findings: Option<Vec<String>>,
}

impl Case {
    fn request(&self) -> Request<'_> {
        let mut request = Request { time: self.time, ..Request::default() };
        request.http.scheme = Some(Text::from("https"));
        request.tls.ja4 = self.ja4.as_deref().map(Text::from);
        request.transport.header_order =
            self.order.as_ref().map(|order| order.iter().map(|name| Text::from(name.as_str())).collect());
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        request.http.headers = Some(
            [("user-agent", self.agent.as_str())]
                .into_iter()
                .chain(headers)
                .map(|(name, value)| (Text::from(name), Text::from(value)))
                .collect(),
        );
        request
    }
}

#[test]
fn every_case_of_the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/agents");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let corpus: Corpus = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in corpus.case {
            count += 1;
            let request = case.request();
            let agent = serde_json::to_value(agent::classify(&request)).unwrap();
            let label = format!("{}: {} ({:?}) => {agent}", path.display(), case.why, case.agent);
            assert_eq!(agent["class"], case.class, "{label}");
            if let Some(name) = case.name {
                assert_eq!(agent["name"], name, "{label}");
            }
            if let Some(browser) = case.browser {
                let said = format!(
                    "{} {}",
                    agent["browser"]["name"].as_str().unwrap_or("none"),
                    agent["browser"]["major"]
                );
                assert_eq!(said, browser, "{label}");
            }
            if let Some(platform) = case.platform {
                assert_eq!(agent["platform"], platform, "{label}");
            }
            if let Some(kind) = case.device_kind {
                assert_eq!(agent["deviceKind"], kind, "{label}");
            }
            if let Some(verification) = case.verification {
                assert_eq!(agent["verification"], verification, "{label}");
            }
            if let Some(findings) = case.findings {
                assert_eq!(agent["findings"], serde_json::json!(findings), "{label}");
            }
        }
    }
    assert!(count >= 30, "{count} cases");
}

/// What is found against an innocent person must be known, and must not make a bot of them.
#[test]
fn every_finding_has_a_case_and_one_of_each_innocent_cause() {
    let corpus: Corpus = toml::from_str(include_str!("corpus/agents/findings.toml")).unwrap();
    for finding in agent::Finding::ALL {
        let found = |case: &&Case| case.findings.iter().flatten().any(|name| name == finding.name());
        let cases: Vec<&Case> = corpus.case.iter().filter(found).collect();
        assert!(!cases.is_empty(), "{} has no case", finding.name());
        for case in &cases {
            let request = case.request();
            let explanation = agent::explain(&request);
            let note = explanation.notes.iter().find(|note| note.finding == *finding).unwrap();
            // These two decide by themselves.
            let decides =
                matches!(finding, agent::Finding::ImpossibleToken | agent::Finding::InjectedPayload);
            let innocent = cases.iter().any(|case| case.innocent.as_deref() == Some(finding.name()));
            assert_eq!(innocent, !decides && note.innocent_causes != "None known.", "{}", case.why);
        }
    }
    for case in corpus.case.iter().filter(|case| case.innocent.is_some()) {
        assert!(matches!(case.class.as_str(), "browser" | "app" | "bot"), "{}", case.why);
    }
}

/// Pieces that the reader treats specially, so that random strings reach its corners.
fn any_agent() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,12}",
        any::<String>(),
        prop::sample::select(vec![
            "Mozilla/5.0 (",
            "compatible; ",
            "Android ",
            "Googlebot/2.1",
            "; ",
            ")",
            "+http://",
            "%20",
            "${",
            "' or ",
            "bot",
            "Chrome/140.0",
            "Safari/537.36",
            "KHTML, like Gecko",
            "@example.org",
            "CFNetwork",
            "Screaming Frog ",
            "example.ai/",
            "com.example.app",
            "Version/17.5 Safari/605.1.15 ",
            "Macintosh; Intel Mac OS X 10_15_7",
            "/",
            "-",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is sent gets an answer, the explanation gives the same one, and its tokens are where it says.
    #[test]
    fn any_text_is_answered(text in any_agent()) {
        let request = agent::probe::bare(&text);
        let answer = agent::classify(&request);
        let explanation = agent::explain(&request);
        prop_assert_eq!(&answer, &explanation.agent);
        for token in &explanation.tokens {
            prop_assert_eq!(text.get(token.start..token.start + token.text.len()), Some(token.text));
        }
        prop_assert_eq!(answer.class == agent::AgentClass::Missing, text.trim().is_empty());
    }

    /// The cost of a header is bounded because what stands behind its first 512 bytes is not read.
    #[test]
    fn nothing_behind_the_cap_counts(tail in any_agent()) {
        let head = "Mozilla/5.0 (X11; Linux x86_64) ".repeat(16);
        prop_assert_eq!(head.len(), 512);
        let long = format!("{head}{tail}");
        let (long, head) = (agent::probe::bare(&long), agent::probe::bare(&head));
        let (long, head) = (agent::explain(&long), agent::explain(&head));
        prop_assert_eq!(long.tokens, head.tokens);
        prop_assert_eq!(long.agent, head.agent);
    }

    /// No header, however odd, makes it fail.
    #[test]
    fn any_hints_are_answered(brands in any_agent(), platform in any::<String>(), mobile in any::<String>()) {
        let mut request = agent::probe::bare("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36");
        let headers = request.http.headers.get_or_insert_default();
        for (name, value) in [("sec-ch-ua", &brands), ("sec-ch-ua-platform", &platform), ("sec-ch-ua-mobile", &mobile)] {
            headers.push(Text::from(name), Text::from(value.as_str()));
        }
        let _ = agent::classify(&request);
    }
}

/// Work grows with length, never faster: twice the text means at most twice the tokens that were looked at.
#[test]
fn work_is_linear_in_length() {
    for unit in [
        "monitor",
        "a-",
        "ab1-",
        "Chrome/1 ",
        "google-x;",
        "http://a.b ",
        "Mozilla/5.0 (",
        "%20a",
        "bot",
        ", Mozilla/",
        ".com",
        "a.com/",
        "; com.a.ai",
    ] {
        let tokens = |times: usize| agent::explain(&agent::probe::bare(&unit.repeat(times))).tokens.len();
        let (once, twice) = (tokens(20), tokens(40));
        assert!(twice <= 2 * once + 4, "{unit:?}: {once} tokens, then {twice}");
    }
}

/// What no user agent tells is not guessed.
#[test]
fn every_kind_of_device_has_a_case_and_none_is_made_up() {
    let corpus: Corpus = toml::from_str(include_str!("corpus/agents/people.toml")).unwrap();
    for kind in agent::DeviceKind::ALL {
        let told = |case: &Case| case.device_kind.as_deref() == Some(kind.name());
        assert!(corpus.case.iter().any(told), "{} has no case", kind.name());
    }
    for text in [
        "curl/8.5.0",
        "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)",
        "Gartenplaner/12 CFNetwork/1494.0.7 Darwin/23.4.0",
        "Mozilla/5.0 (compatible; Examplebot/1.0; +https://example.org/)",
        "Wget/1.21.3 (linux-gnu)",
        "",
    ] {
        assert_eq!(agent::classify(&agent::probe::bare(text)).device_kind, None, "{text}");
    }
}
