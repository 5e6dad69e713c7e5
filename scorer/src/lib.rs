//! The central scorer of Edgeward: edges ask it only when an answer could change a verdict, and tell it how each
//! request turned out. From that it learns what is normal for an identity and how risky it is, and it alone
//! sees what no single edge can: a spray over many principals, travel between edges.
//!
//! ```text
//! handlers ─► answer  (reads: assess)    ─► profile, risk ─► store
//!          └► learn   (writes: receipts) ─┘
//! ```

mod answer;
mod audit;
mod auth;
mod body;
mod bundle;
mod directory;
mod display;
mod handlers;
mod import;
mod learn;
mod limits;
mod problem;
mod profile;
mod risk;
mod router;
mod scorer;
mod store;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

pub use auth::Tokens;
pub use bundle::BundleFile;
pub use import::import;
pub use router::router;
pub use scorer::{Clock, Scorer, system_clock};
pub use store::{Sqlite, Store, StoreError};

/// How long requests under way may take to finish once the scorer is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `shutdown` is ready; then takes no more connections and lets requests under way finish, for
/// five seconds at most.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    scorer: Arc<Scorer>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = tokio::sync::watch::channel(false);
    let shutdown = async move {
        shutdown.await;
        stopping.send_replace(true);
    };
    let grace = async move {
        // The sender only goes away with the server, and then nobody waits for this.
        let _ = stopped.wait_for(|is_stopping| *is_stopping).await;
        tokio::time::sleep(GRACE).await;
    };
    let server = axum::serve(listener, router(scorer)).with_graceful_shutdown(shutdown);
    tokio::select! {
        result = server.into_future() => result,
        () = grace => {
            tracing::warn!("requests still under way were cut off");
            Ok(())
        }
    }
}
