//! The bundle as edges load it: signed, tagged, and never half of one and half of the next.

use std::path::Path;

use crate::support::{Service, edge};
use axum::body::Body;
use axum::http::{StatusCode, header};
use edgeward::bundle::PublicKey;
use edgeward_scorer::BundleFile;
use serde_json::{Value, json};

/// Any seed does: the tests sign their own bundles.
const SEED: [u8; 32] = [7; 32];

fn bundle(version: &str) -> String {
    json!({"schema":1,"version":version,"policies":[],"namedLocations":[]}).to_string()
}

fn key_pair() -> ed25519_compact::KeyPair {
    ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(SEED))
}

fn signature(bundle: &str) -> Value {
    let keys = key_pair();
    let signature = keys.sk.sign(bundle.as_bytes(), None);
    let key_id = PublicKey::new(&keys.pk).id;
    json!({"keyId":key_id,"algorithm":"Ed25519","signature":base64(&signature[..])})
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|group| {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - group.len()));
            (0..4).map(move |place| match place <= group.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]),
                false => '=',
            })
        })
        .collect()
}

fn service(keys: Vec<PublicKey>) -> Service {
    Service::with_bundle(|directory| {
        Some(BundleFile::new(directory.join("bundle.json"), directory.join("bundle.sig"), keys))
    })
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn publish(service: &Service, bundle: &str) {
    write(&service.path("bundle.json"), bundle);
    write(&service.path("bundle.sig"), &signature(bundle).to_string());
}

#[tokio::test]
async fn a_bundle_is_served_as_signed_and_only_when_new() {
    let service = service(vec![PublicKey::new(&key_pair().pk)]);
    assert_eq!(service.get("/v1/bundle").await.json()["code"], "no_bundle", "not written yet");

    publish(&service, &bundle("7"));
    let reply = service.get("/v1/bundle").await;
    assert_eq!((reply.status, reply.header("etag")), (StatusCode::OK, "\"7\""));
    assert_eq!(reply.body, bundle("7").as_bytes(), "byte for byte, or the signature is void");
    assert_eq!(reply.header("content-type"), "application/json");
    let sent: Value = serde_json::from_str(reply.header("edgeward-signature")).unwrap();
    assert_eq!(sent, signature(&bundle("7")));

    for (tags, status) in [
        ("\"7\"", StatusCode::NOT_MODIFIED),
        ("W/\"7\"", StatusCode::NOT_MODIFIED),
        ("\"6\", \"7\"", StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("\"6\"", StatusCode::OK),
        ("7", StatusCode::OK),
    ] {
        let request = edge("GET", "/v1/bundle").header(header::IF_NONE_MATCH, tags);
        let reply = service.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((reply.status, reply.header("etag")), (status, "\"7\""), "{tags}");
        assert_eq!(reply.body.is_empty(), status == StatusCode::NOT_MODIFIED);
    }

    publish(&service, &bundle("7.1"));
    assert_eq!(service.get("/v1/bundle").await.header("etag"), "\"7.1\"");
}

#[tokio::test]
async fn a_pair_that_does_not_belong_together_is_never_served() {
    for keys in [vec![PublicKey::new(&key_pair().pk)], vec![]] {
        let service = service(keys);
        publish(&service, &bundle("7"));
        assert_eq!(service.get("/v1/bundle").await.header("etag"), "\"7\"");
        for torn in [bundle("8.0"), bundle("8").chars().take(20).collect(), String::new(), "[]".to_owned()] {
            write(&service.path("bundle.json"), &torn);
            let reply = service.get("/v1/bundle").await;
            assert_eq!((reply.status, reply.header("etag")), (StatusCode::OK, "\"7\""), "{torn}");
            assert_eq!(reply.body, bundle("7").as_bytes());
        }
        std::fs::remove_file(service.path("bundle.json")).unwrap();
        assert_eq!(service.get("/v1/bundle").await.header("etag"), "\"7\"", "between delete and rename");
        publish(&service, &bundle("8.0"));
        assert_eq!(service.get("/v1/bundle").await.header("etag"), "\"8.0\"");
    }
}

#[tokio::test]
async fn with_a_key_only_what_it_signed_is_served() {
    let other = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([8; 32]));
    let service = service(vec![PublicKey::new(&other.pk)]);
    publish(&service, &bundle("7"));
    assert_eq!(service.get("/v1/bundle").await.json()["code"], "no_bundle");
}
