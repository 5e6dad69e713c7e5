//! The directory file: identities told at start, for deployments without a provisioning feed.

use std::collections::BTreeMap;
use std::path::Path;

use edgeward::identifier::{IdentifierKind, Identifiers};
use serde::Deserialize;

use crate::directory::Identity;
use crate::limits;
use crate::problem::Problem;
use crate::store::Store;

/// The file: by plain id, what `PUT /v1/identities/{id}` takes. Ids of devices are plain too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    identities: BTreeMap<String, Identity>,
}

/// Reads a directory file into the store, ids written as the edges write them. Identities that the file does
/// not name stay as they are. How many it named.
///
/// # Errors
/// The file can not be read or is not a directory, with path, line and column; or the store failed. For people.
pub fn import(path: &Path, identifiers: &Identifiers, store: &dyn Store) -> Result<usize, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| at(&error))?;
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let directory: Directory =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| at(&error))?;
    deserializer.end().map_err(|error| at(&error))?;
    for (id, identity) in &directory.identities {
        check(id, identity).map_err(|problem| at(&problem))?;
    }
    let mut writer = store.write().map_err(|error| at(&error))?;
    for (id, identity) in &directory.identities {
        let mut identity = identity.clone();
        for device in &mut identity.devices {
            device.id = identifiers.of(IdentifierKind::Device, &device.id).to_string();
        }
        writer
            .put_identity(&identifiers.of(IdentifierKind::Principal, id), &identity)
            .map_err(|error| at(&error))?;
    }
    writer.commit().map_err(|error| at(&error))?;
    Ok(directory.identities.len())
}

fn check(id: &str, identity: &Identity) -> Result<(), Problem> {
    let at = format!("identities.{id}");
    limits::id(&at, id)?;
    identity.check(&format!("{at}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sqlite;

    fn imported(file: &str, identifiers: &Identifiers) -> (Result<usize, String>, Sqlite, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("directory.json");
        std::fs::write(&path, file).unwrap();
        let store = Sqlite::open(&directory.path().join("scorer.db")).unwrap();
        (import(&path, identifiers, &store), store, directory)
    }

    #[test]
    fn ids_are_written_as_the_edges_write_them() {
        let keyed = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
        let file = r#"{"identities":{"u1":{"kind":"user","groups":["g1"],"devices":[{"id":"d1","isCompliant":true}]}}}"#;
        let (count, store, _directory) = imported(file, &keyed);
        assert_eq!(count, Ok(1));
        let reader = store.read().unwrap();
        assert_eq!(reader.identity("u1").unwrap(), None);
        let identity = reader.identity("a37175dbb2a28c82d6ffa0e78baac0af").unwrap().unwrap();
        assert_eq!(
            identity.groups.unwrap(),
            ["g1"],
            "groups are compared with policies, which name them plainly"
        );
        assert_eq!(identity.devices[0].id, &*keyed.of(IdentifierKind::Device, "d1"));
    }

    #[test]
    fn a_bad_file_is_named_with_the_place_and_changes_nothing() {
        let cases = [
            (r#"{"identities":{"u1":{"kind":"user"},"#, "line 1 column"),
            (r#"{"identities":{"u1":{"kind":"robot"}}}"#, "identities.u1.kind"),
            (r#"{"identities":{"u1":{"kind":"user","group":[]}}}"#, "identities.u1.group"),
            (
                r#"{"identities":{"u0":{"kind":"user"},"u1":{"kind":"user","roles":[""]}}}"#,
                "identities.u1.roles[0]",
            ),
            (r#"{"identities":{"u1":{"kind":"anonymous"}}}"#, "identities.u1.kind"),
        ];
        for (file, place) in cases {
            let (error, store, directory) = imported(file, &Identifiers::plain());
            let error = error.unwrap_err();
            assert!(error.contains(place) && error.contains("directory.json"), "{error}");
            assert_eq!(store.read().unwrap().identity("u0").unwrap(), None, "{file}");
            drop(directory);
        }
    }
}
