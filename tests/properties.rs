//! What must hold for any input.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64ct::{Base64, Encoding as _};
use edgeward::bundle::{Bundle, CompiledBundle};
use edgeward::ffi::{self, Instance, Question};
use edgeward::packed::{ANSWER_WORDS, Answer, PackedRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,12}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A request whose known members carry arbitrary values.
fn any_request() -> impl Strategy<Value = Value> {
    const MEMBERS: &[&str] = &[
        "time",
        "http",
        "client",
        "tls",
        "transport",
        "platformBot",
        "principal",
        "session",
        "device",
        "resource",
        "risk",
        "velocity",
        "profile",
    ];
    prop::collection::vec(any_json(), MEMBERS.len())
        .prop_map(|values| MEMBERS.iter().map(|name| (*name).to_owned()).zip(values).collect())
}

fn compiled() -> CompiledBundle {
    Bundle::compile(include_bytes!("corpus/decisions/bundle.json")).unwrap()
}

/// With something in every member, to be damaged.
fn whole() -> Value {
    let mut source = parsed(include_str!("corpus/decisions/bundle.json"));
    source["settings"] = json!({"addresses": "full", "costs": {"call": 1, "attack": 100, "alarm": 5}});
    source["selfTest"] = json!([{"name": "nobody", "request": {}, "outcome": "defer"}]);
    parsed(&Bundle::compile(source.to_string().as_bytes()).unwrap().text)
}

fn instance() -> Instance {
    let mut instance = Instance::new(r#"{"allowUnsigned":true}"#).unwrap();
    assert!(!instance.load(&compiled().text, None).contains("\"error\""));
    instance
}

thread_local! {
    static INSTANCE: Instance = instance();
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Sizes and numbers of each group of a packed request whose lists are empty or unknown, in the order of their bits.
const PACKED_GROUPS: [(usize, usize); 13] =
    [(5, 0), (7, 3), (2, 0), (2, 0), (1, 3), (2, 1), (6, 0), (4, 2), (3, 1), (6, 0), (4, 0), (5, 0), (0, 2)];

fn packed_number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => Just(f64::NAN), 4 => (0_u32..9).prop_map(f64::from), 1 => any::<f64>()]
}

/// Whether a packed request is decided, which takes one that is classified; without a fault either way.
fn packed(text: &str, sizes: &[i32], numbers: &[f64]) -> bool {
    let mut answer = Answer::default();
    let request = PackedRequest { text: text.as_bytes(), sizes, numbers };
    let classified = ffi::classify_packed(request, &mut answer);
    let decided = INSTANCE.with(|it| it.evaluate_packed(request, &mut answer));
    assert_eq!(classified, decided, "what one reads, the other reads");
    let is_settled = INSTANCE.with(|it| it.resume_packed(request, Some("{}"), &mut answer));
    assert_eq!(decided, is_settled, "what can be decided can be settled");
    assert!(
        !INSTANCE.with(|it| it.resume_packed(request, Some("nothing"), &mut answer)),
        "no answer of a scorer"
    );
    assert!(answer.words().len() <= ANSWER_WORDS);
    decided
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_gets_an_answer(text in ".{0,300}") {
        let answers = INSTANCE.with(|instance| [
            instance.ask(Question::Evaluate, &text),
            instance.ask(Question::Resume(Some(&text)), "{}"),
            instance.ask(Question::Receipt(None, &text), "{}"),
            instance.ask(Question::Classify, &text),
        ]);
        for answer in answers {
            prop_assert!(parsed(&answer).is_object(), "{}", answer);
        }
    }

    #[test]
    fn any_members_get_an_answer(request in any_request()) {
        let answer = parsed(&INSTANCE.with(|instance| instance.ask(Question::Evaluate, &request.to_string())));
        prop_assert!(answer["outcome"].is_string() || answer["error"]["code"] == "invalid_json", "{}", answer);
    }

    #[test]
    fn any_bundle_is_loaded_or_refused(bundle in any_json(), policies in any_json(), locations in any_json()) {
        let mut instance = instance();
        let around = json!({"schema": 1, "version": "2", "policies": policies, "namedLocations": locations});
        for text in [bundle.to_string(), around.to_string()] {
            prop_assert!(parsed(&instance.load(&text, None)).is_object());
            prop_assert!(parsed(&ffi::compile(&text)).is_object());
        }
        prop_assert!(parsed(&instance.ask(Question::Evaluate, "{}"))["outcome"].is_string(), "still at work");
    }

    /// Whatever faults the bytes have, they are refused, or are policies that decide without one.
    #[test]
    fn damaged_policies_are_refused_or_decide(changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..8)) {
        let mut compiled = whole();
        let mut bytes = Base64::decode_vec(compiled["compiled"].as_str().unwrap()).unwrap();
        for (place, byte) in changes {
            // The first eight tell the engine they are for; the rest would not be read.
            let place = 8 + place.index(bytes.len() - 8);
            bytes[place] = byte;
        }
        compiled["compiled"] = Base64::encode_string(&bytes).into();
        compiled["version"] = "9".into();
        let mut instance = instance();
        let loaded = parsed(&instance.load(&compiled.to_string(), None));
        let refused = [json!("invalid_bundle"), json!("self_test_failed")];
        prop_assert!(loaded["version"] == "9" || refused.contains(&loaded["error"]["code"]), "{}", loaded);
        let every = if loaded["version"] == "9" { 7 } else { 60 };
        for line in include_str!("corpus/decisions/cases.jsonl").lines().step_by(every) {
            let request = parsed(line)["request"].to_string();
            prop_assert!(parsed(&instance.ask(Question::Evaluate, &request))["outcome"].is_string());
            prop_assert!(parsed(&instance.ask(Question::Resume(None), &request))["outcome"].is_string());
        }
    }

    #[test]
    fn any_user_agent_is_classified_and_decided(agent in ".{0,600}", platform in ".{0,20}") {
        let request = json!({"http": {"headers": [["user-agent", agent], ["sec-ch-ua-platform", platform]]}});
        prop_assert!(parsed(&INSTANCE.with(|instance| instance.ask(Question::Evaluate, &request.to_string())))["agent"]["class"].is_string());
    }

    /// Whatever a host writes into the buffers, and whatever it says of the text's length.
    #[test]
    fn any_packed_request_is_decided_or_refused(
        text in ".{0,40}",
        said in prop::option::of(any::<i32>()),
        mask in 0_i32..1 << 15,
        sizes in prop::collection::vec(prop_oneof![4 => Just(-1), 8 => 0_i32..4, 1 => any::<i32>()], 0..70),
        numbers in prop::collection::vec(packed_number(), 0..20),
    ) {
        let units = said.unwrap_or_else(|| i32::try_from(text.encode_utf16().count()).unwrap());
        packed(&text, &[&[mask, units][..], &sizes].concat(), &numbers);
    }

    /// The same for requests of which all groups but the profile are whole and most members are read: names, flags and
    /// empty texts.
    #[test]
    fn any_whole_packed_request_is_decided(
        mask in 0_i32..1 << PACKED_GROUPS.len(),
        sizes in prop::collection::vec(-1_i32..1, 47),
        numbers in prop::collection::vec(prop_oneof![Just(f64::NAN), (0_u32..90).prop_map(f64::from)], 14),
    ) {
        let groups = PACKED_GROUPS.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 != 0);
        let counts = groups.fold((0, 1), |(sizes, numbers), (_, more)| (sizes + more.0, numbers + more.1));
        let mut sizes = [&[mask, 0][..], &sizes[..counts.0]].concat();
        // No address is empty.
        if mask & 2 != 0 {
            sizes[if mask & 1 == 0 { 2 } else { 7 }] = -1;
        }
        prop_assert!(packed("", &sizes, &numbers[..counts.1]));
    }

    #[test]
    fn a_resumed_decision_never_defers(request in any_request()) {
        let answer = parsed(&INSTANCE.with(|instance| instance.ask(Question::Resume(None), &request.to_string())));
        prop_assert_ne!(&answer["outcome"], "defer");
    }
}
