//! Over a real socket: answers, concurrent edges, and an end that cuts nobody off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use crate::support::{OSLO_EDGE, open};
use edgeward_scorer::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    directory: tempfile::TempDir,
}

async fn start() -> Serving {
    let directory = tempfile::tempdir().unwrap();
    let scorer = open(directory.path(), &Arc::new(AtomicI64::new(1_790_000_000_000)), None);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, Arc::new(scorer), async {
        let _ = stopped.await;
    }));
    Serving { address, stop, server, directory }
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: scorer\r\nauthorization: Bearer {OSLO_EDGE}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn read(mut stream: TcpStream) -> String {
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply
}

async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read(stream).await
}

const QUESTION: &str = r#"{"schema":1,"needs":["userRisk"],"about":{"principalKind":"user","principal":"u1"},"bundleVersion":"1"}"#;

#[tokio::test]
async fn answers_over_http_to_many_at_once() {
    let serving = start().await;
    let edges: Vec<_> = (0..32)
        .map(|edge| {
            let revocation = post("/v1/revocations", &format!(r#"{{"session":"s{edge}"}}"#));
            tokio::spawn(async move {
                let told = exchange(serving.address, &revocation).await;
                let asked = exchange(serving.address, &post("/v1/assess", QUESTION)).await;
                (told, asked)
            })
        })
        .collect();
    for edge in edges {
        let (told, asked) = edge.await.unwrap();
        assert!(told.starts_with("HTTP/1.1 204 "), "{told}");
        assert!(asked.starts_with("HTTP/1.1 200 ") && asked.contains(r#"{"userRisk":"none"}"#), "{asked}");
    }
    serving.stop.send(()).unwrap();
    serving.server.await.unwrap();
    assert!(serving.directory.path().join("scorer.db").exists());
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_takes_nothing_new() {
    let serving = start().await;
    let request = post("/v1/revocations", r#"{"session":"s1"}"#);
    let (head, rest) = request.split_at(request.len() - 5);
    let mut slow = TcpStream::connect(serving.address).await.unwrap();
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server has read the head once it answers another on a later connection.
    exchange(serving.address, &post("/v1/assess", QUESTION)).await;

    serving.stop.send(()).unwrap();
    let refused = async {
        while TcpStream::connect(serving.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    refused.await;
    assert!(!serving.server.is_finished(), "one request is under way");
    slow.write_all(rest.as_bytes()).await.unwrap();
    let reply = read(slow).await;
    assert!(reply.starts_with("HTTP/1.1 204 "), "{reply}");
    serving.server.await.unwrap();
}
