//! Connections: taken, bounded in time, and let go.
//!
//! Threat: whoever reaches the port can open connections and say nothing, or little at a time, without any token. Each
//! costs a file descriptor, and when these run out no edge is heard. So a connection that waits for the head of a
//! request has a deadline; requests have one of their own ([`router`]).

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::router::router;
use crate::scorer::Scorer;

/// How long a connection may take to bring the head of a request, its first or its next. Longer than proxies and
/// clients keep connections that nobody uses, so that it is they who close them, and not the scorer as a request comes.
const HEAD: Duration = Duration::from_secs(75);
/// How long requests under way may take to finish once the scorer is told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait where the system has no connection to give, as when file descriptors run out.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is ready; then takes no more connections and lets requests under way finish, for
/// five seconds at most.
pub async fn serve(
    listener: TcpListener,
    scorer: Arc<Scorer>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    serve_within(listener, scorer, shutdown, HEAD).await;
}

async fn serve_within(
    listener: TcpListener,
    scorer: Arc<Scorer>,
    shutdown: impl Future<Output = ()> + Send + 'static,
    head: Duration,
) {
    let service = TowerToHyperService::new(router(scorer));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head);
    let open = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = http.serve_connection(TokioIo::new(stream), service.clone());
                let connection = open.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            // The client's doing, and nobody else's matter.
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, open.shutdown()).await.is_err() {
        tracing::warn!("requests still under way were cut off");
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Tokens;
    use crate::scorer::system_clock;
    use crate::store::Sqlite;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn who_brings_no_request_is_let_go_and_who_brings_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("scorer.db")).unwrap();
        let tokens = Tokens::new(&["token-of-the-oslo-edge"], &[]).unwrap();
        let scorer = Scorer::new(Box::new(store), tokens, None, system_clock()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let head = Duration::from_millis(200);
        let server = tokio::spawn(serve_within(listener, Arc::new(scorer), std::future::pending(), head));

        let mut said = Vec::new();
        for start in ["", "GET /healthz HTTP/1.1\r\nhost: ", "GET /healthz HTTP/1.1\r\nhost: scorer\r\n\r\n"]
        {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(start.as_bytes()).await.unwrap();
            let mut reply = String::new();
            // Ends, which is what is asked here: without a deadline it would not.
            client.read_to_string(&mut reply).await.unwrap();
            said.push(reply.contains(r#"{"status":"ok"}"#));
        }
        assert_eq!(said, [false, false, true]);
        server.abort();
    }
}
