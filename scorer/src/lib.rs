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
mod serve;
mod store;

pub use auth::Tokens;
pub use bundle::BundleFile;
pub use import::import;
pub use router::router;
pub use scorer::{Clock, Scorer, system_clock};
pub use serve::serve;
pub use store::{Sqlite, Store, StoreError};
