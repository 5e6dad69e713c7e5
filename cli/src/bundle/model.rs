//! A risk model as a bundle carries it: compact, and without what is there for people.

use edgeward::risk::{Model, Setting};
use edgeward::signal::CATALOGUE;
use serde_json::{Map, Value, json};

/// Members that edges never read.
const FOR_PEOPLE: [&str; 2] = ["notes", "evidence"];

/// Makes a model compact: the bins of a signal become an array in the order of the engine's catalogue, and the model
/// states what it computes, so that a damaged one or another engine's is refused. It expires at `expires`, or as it
/// says itself.
///
/// # Errors
/// Why no edge would take the model, for people.
pub fn compact(text: &str, expires: Option<i64>) -> Result<Value, String> {
    let mut checks = Vec::new();
    for setting in Setting::ALL {
        let checked = Model::parse(text, *setting).map_err(|why| why.to_string())?;
        checks.push((setting.name(), checked.check()));
    }
    let mut model: Value = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let Some(members) = model.as_object_mut() else { return Err("is no object".to_owned()) };
    FOR_PEOPLE.iter().for_each(|name| drop(members.remove(*name)));
    if let Some(expires) = expires {
        members.insert("expires".to_owned(), expires.into());
    }
    for (setting, check) in checks {
        let Some(card) = members.get_mut(setting).and_then(Value::as_object_mut) else { continue };
        card.insert("check".to_owned(), check.into());
        if let Some(signals) = card.get_mut("signals").and_then(Value::as_object_mut) {
            shorten(signals);
        }
    }
    Ok(model)
}

fn shorten(signals: &mut Map<String, Value>) {
    for (signal, bins) in CATALOGUE {
        if let Some(points @ Value::Object(_)) = signals.get_mut(*signal) {
            *points = bins.iter().map(|bin| element(points.get(bin))).collect();
        }
    }
}

fn element(points: Option<&Value>) -> Value {
    match points {
        Some(Value::Object(known)) => {
            ["points", "low", "high"].iter().map(|name| known.get(*name).cloned()).collect()
        }
        Some(points) => points.clone(),
        None => json!(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::canonical;

    #[test]
    fn a_compact_model_is_the_same_and_small() {
        for text in [
            include_str!("../../../data/model/priors.json"),
            include_str!("../../../data/model/learned.json"),
        ] {
            let compact = canonical::to_string(&compact(text, None).unwrap());
            assert!(compact.len() <= 8_192, "{} bytes", compact.len());
            for setting in Setting::ALL {
                assert_eq!(Model::parse(&compact, *setting), Model::parse(text, *setting));
            }
        }
    }

    #[test]
    fn it_expires_when_it_is_told_to() {
        let priors = include_str!("../../../data/model/priors.json");
        let short = compact(priors, Some(1_790_000_000_000)).unwrap();
        assert_eq!(short["expires"], 1_790_000_000_000_i64);
        let why = compact(r#"{"schema":1}"#, None).unwrap_err();
        assert!(why.contains("model"), "{why}");
    }
}
