//! Policies, locations and a directory to work in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{Run, edgeward};

/// A directory of one test's own, emptied first.
pub struct Directory(PathBuf);

impl Directory {
    /// Makes it.
    pub fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        // Left over from the run before, or not there at all.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Path of a file in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and answers its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// Bytes of a file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Builds `bundle.json` of policies and answers its path.
    pub fn bundle(&self, policies: &Value) -> String {
        let policies = self.write("policies.json", policies.to_string());
        let out = self.path("bundle.json");
        let run =
            edgeward(&["bundle", "build", "--policies", &policies, "--version", "1", "--out", &out], "");
        assert_eq!(run.status, 0, "{}", run.err);
        out
    }

    /// Makes a key pair in `keys`.
    pub fn keygen(&self, keys: &str) -> Run {
        edgeward(&["bundle", "keygen", "--out", &self.path(keys)], "")
    }
}

/// Multi-factor authentication for a group.
pub fn admins_need_mfa() -> Value {
    json!({
        "id": "6f1c0c3e-0000-4000-8000-0000000000c1",
        "displayName": "Admins need MFA",
        "state": "enabled",
        "conditions": {
            "users": {"includeGroups": ["6f1c0c3e-0000-4000-8000-0000000000a1"]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

/// Labelled events whose parts share no user become a model and a report.
pub fn feeds_the_laboratory(name: &str, import: &Run) {
    let mut parts = BTreeMap::<String, BTreeSet<String>>::new();
    for event in import.json() {
        let text = |path| event.pointer(path).and_then(Value::as_str).map(str::to_owned);
        if let Some((split, user)) = text("/split").zip(text("/request/principal/id")) {
            parts.entry(split).or_default().insert(user);
        }
    }
    assert_eq!(parts.len(), 3);
    let users: usize = parts.values().map(BTreeSet::len).sum();
    assert_eq!(users, parts.values().flatten().collect::<BTreeSet<_>>().len());

    let directory = Directory::new(name);
    let model = directory.path("model.json");
    let id = format!("learned-{name}");
    let trained = edgeward(&["train", "--id", &id, "--out", &model], &import.out);
    assert_eq!(trained.status, 0, "{}", trained.err);
    let calibrate = ["calibrate", "--alpha", "0.2", "--model", &model, "--out", &model];
    let calibrated = edgeward(&calibrate, &import.out);
    assert!(calibrated.status < 2, "{}", calibrated.err);
    let assessed = edgeward(&["assess", "--model", &model], &import.out);
    assert_eq!(assessed.status, 0, "{}", assessed.err);
    assert!(assessed.out.contains(&format!("\"model\":\"{id}\"")));
}

/// UTF-16, little endian, with a byte order mark: what Windows shells write.
pub fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}
