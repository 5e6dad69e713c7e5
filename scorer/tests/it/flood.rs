//! When writes pile up, or fail: what still works.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{DAY, Service};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde_json::json;

/// Threads for work that blocks; the program has twice as many.
const THREADS: usize = 8;

#[test]
fn questions_are_answered_while_writes_wait() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().max_blocking_threads(THREADS).enable_all().build();
    runtime.unwrap().block_on(async {
        let service = Arc::new(Service::new());
        // As a backup does.
        let other = Connection::open(service.path("scorer.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let writes: Vec<_> = (0..2 * THREADS)
            .map(|nth| {
                let service = Arc::clone(&service);
                let session = json!({"session":format!("s{nth}")});
                tokio::spawn(
                    async move { service.send_json("POST", "/v1/revocations", &session).await.status },
                )
            })
            .collect();
        // All of them have come as far as they can.
        tokio::time::sleep(Duration::from_millis(100)).await;
        service.ask(&["userRisk"], &json!({"principalKind":"user","principal":"u1"})).await;
        assert!(writes.iter().all(|write| !write.is_finished()), "the answer waited for a write to give up");
        other.execute_batch("ROLLBACK").unwrap();
        for write in writes {
            assert_eq!(write.await.unwrap(), StatusCode::NO_CONTENT);
        }
    });
}

#[tokio::test]
async fn what_was_revoked_is_told_where_nothing_can_be_written() {
    let service = Service::new();
    let stolen = json!({"time":service.now(),"principalKind":"user","principal":"u1","session":"s1",
                        "detections":[{"type":"anomalousToken","level":"high"}]});
    service.report(&[json!({"about":stolen,"outcome":"block"})]).await;
    // As on a full disk.
    let other = Connection::open(service.path("scorer.db")).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER full BEFORE UPDATE ON feed BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
        )
        .unwrap();
    service.pass(30 * DAY);
    let reply = service.get("/v1/state?since=0").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["revokedSessions"][0]["id"], "s1");
    assert_eq!(reply.json()["riskLevels"][0]["level"], "high", "as it was announced: too high is safe");

    other.execute_batch("DROP TRIGGER full").unwrap();
    assert_ne!(service.state(0).await["riskLevels"][0]["level"], "high", "and falls as soon as it can");
}
