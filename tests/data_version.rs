//! A decision and its receipt name the data they were made by (`versions.data`). The name is given by hand; this holds it to
//! what it names.

use std::path::{Path, PathBuf};
use std::{fs, io};

use edgeward::Engine;
use hmac_sha256::Hash;

/// Says of which content the version is.
const DIGEST: &str = "data/DIGEST";

/// Everything below a folder, but the version itself.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if !path.ends_with("data/VERSION") && !path.ends_with(DIGEST) {
            found.push(path);
        }
    }
    Ok(())
}

#[test]
fn data_that_changed_has_another_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("data"), &mut found).unwrap();
    found.sort();
    let mut hash = Hash::new();
    for path in found {
        hash.update(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
        hash.update([0]);
        hash.update(Hash::hash(&fs::read(&path).unwrap()));
    }
    let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let expected = format!("{} {digest}\n", Engine::DATA_VERSION);
    assert_eq!(
        fs::read_to_string(root.join(DIGEST)).unwrap(),
        expected,
        "the data has changed: give data/VERSION the day's date, and write into {DIGEST} that version and {digest}"
    );
}
