//! Where the scorer keeps what it was told and what it learned.
//!
//! A store opens units of work: reads see one moment, writes happen whole or not at all. The units offer plain
//! records and no judgement, so that a second database brings its statements and nothing else. They are
//! blocking, because SQLite is: the handlers call them on tokio's blocking pool.

mod sqlite;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use edgeward::assess::ReportedDetection;
use edgeward::profile::{LineSeen, Profile, Sighting};
use edgeward::risk::RiskLevel;

pub use sqlite::Sqlite;

use crate::audit::Counted;
use crate::directory::{Identity, IdentityKind};
use crate::risk::{Remembered, RiskState};

/// A day, milliseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long learned things are kept without being seen again, milliseconds: 180 days. History older than half a
/// year no longer helps to tell an owner from a thief (Wiefling et al., TOPS 2022).
pub const RETENTION: i64 = 180 * DAY;
/// How long a receipt's digest is kept, milliseconds: 7 days. An edge gives up on a batch long before.
pub const RECEIPT_RETENTION: i64 = 7 * 24 * 60 * 60 * 1000;

/// A database.
pub trait Store: Send + Sync {
    /// Opens a unit that sees one moment.
    ///
    /// # Errors
    /// The database can not be reached.
    fn read(&self) -> Result<Box<dyn Reader + '_>, StoreError>;

    /// Opens the one unit that may write; dropped without `commit`, it leaves no trace.
    ///
    /// # Errors
    /// The database can not be reached, or another writer holds it too long.
    fn write(&self) -> Result<Box<dyn Writer + '_>, StoreError>;
}

/// Reads of one moment. Every method fails only as the database does.
pub trait Reader {
    /// What the directory says of an identity.
    fn identity(&self, id: &str) -> Result<Option<Identity>, StoreError>;
    /// What was learned of an identity's habits.
    fn profile(&self, id: &str) -> Result<Option<Profile<'static>>, StoreError>;
    /// Detections remembered of an identity: the latest of each kind and level.
    fn detections(&self, id: &str) -> Result<Vec<Remembered>, StoreError>;
    /// How many principals signed in from an address since a time.
    fn succeeding(&self, address: &str, since: i64) -> Result<u32, StoreError>;
    /// How many principals failed to; counted up to `most`.
    fn failing(&self, address: &str, since: i64, most: u32) -> Result<u32, StoreError>;
    /// Principals that signed in from an address since a time, and not from a network they are known on.
    fn unfamiliar_successes(&self, address: &str, since: i64) -> Result<Vec<Success>, StoreError>;
    /// What a person last decided of an identity.
    fn verdict(&self, id: &str) -> Result<Option<RiskState>, StoreError>;
    /// What is remembered of a line of an identity's device cookies.
    fn cookie_line(&self, id: &str, line: &str) -> Result<Option<LineSeen>, StoreError>;
    /// What the audit counted, by model.
    fn audits(&self) -> Result<Vec<ModelAudit>, StoreError>;
    /// How often each bin of a model contributed in the days from `first` to `last`, both included; signal `""` is
    /// the number of receipts. In order of signal and bin.
    fn contributions(&self, model: &str, first: i64, last: i64) -> Result<Vec<BinCount>, StoreError>;
    /// The model of the last day that has contributions.
    fn latest_model(&self) -> Result<Option<String>, StoreError>;
    /// Whether the session was revoked.
    fn is_revoked(&self, session: &str) -> Result<bool, StoreError>;
    /// The risk last announced for an identity, as each kind.
    fn announced(&self, id: &str) -> Result<Vec<AnnouncedRisk>, StoreError>;
    /// Announced risks that time has lowered by `now`, at most `limit`.
    fn fallen(&self, now: i64, limit: u32) -> Result<Vec<AnnouncedRisk>, StoreError>;
    /// What changed after a cursor, oldest first, at most `limit` entries, 1 or more. A cursor past the end is one
    /// of a database that is gone: it starts over.
    fn changes(&self, since: i64, limit: u32) -> Result<Changes, StoreError>;
}

/// Writes of one unit. Every method fails only as the database does.
pub trait Writer: Reader {
    /// Notes a receipt by its digest, in hexadecimal; `false` if it was noted before.
    fn note_receipt(&mut self, digest: &str, now: i64) -> Result<bool, StoreError>;
    /// Sets what the directory says of an identity.
    fn put_identity(&mut self, id: &str, identity: &Identity) -> Result<(), StoreError>;
    /// Adds one sighting to an identity's habits.
    fn learn(&mut self, id: &str, habit: &Habit<'_>) -> Result<(), StoreError>;
    /// Remembers a detection; an earlier one of the same kind and level is replaced if older.
    fn remember(&mut self, id: &str, detection: ReportedDetection, time: i64) -> Result<(), StoreError>;
    /// Notes what a person decided of an identity. Dismissal forgets what was found.
    fn decide(&mut self, id: &str, state: RiskState, now: i64) -> Result<(), StoreError>;
    /// Remembers what was seen of a line of device cookies; a fork is announced.
    fn note_cookie(&mut self, id: &str, line: &str, seen: &LineSeen, now: i64) -> Result<(), StoreError>;
    /// Counts a session for the audit of a model, once.
    fn note_audited(&mut self, id: &str, session: &str, model: &str, time: i64) -> Result<(), StoreError>;
    /// Says of an audited session whether it was an attack; nothing happens if it is not audited.
    fn label_audited(&mut self, id: &str, session: &str, is_attack: bool) -> Result<(), StoreError>;
    /// Stops edges from allowing by a model, and announces it.
    fn fail_safe(&mut self, model: &str, now: i64) -> Result<(), StoreError>;
    /// Lets edges allow by their models again, and counts from the beginning for those that were stopped.
    fn resume(&mut self) -> Result<(), StoreError>;
    /// Counts contributions of a day.
    fn count_contribution(&mut self, model: &str, day: i64, counted: &BinCount) -> Result<(), StoreError>;
    /// Notes an attempt to sign in.
    fn note_attempt(&mut self, attempt: &Attempt<'_>) -> Result<(), StoreError>;
    /// Revokes a session that was established up to a time, and announces it; `false` if it was revoked just before.
    fn revoke(&mut self, session: &str, time: i64) -> Result<bool, StoreError>;
    /// Announces an identity's risk, as one kind. The entry moves to a new cursor only if the level changed.
    fn announce(&mut self, risk: &AnnouncedRisk) -> Result<(), StoreError>;
    /// Forgets what is past its retention, and attempts before `attempts_since`.
    fn prune(&mut self, now: i64, attempts_since: i64) -> Result<(), StoreError>;
    /// Makes the unit's writes last.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// One sighting of an identity: what it teaches. `None` teaches nothing.
#[derive(Debug, Clone, Default)]
pub struct Habit<'a> {
    /// When, milliseconds since the Unix epoch.
    pub time: i64,
    /// In which session. A session counts once, however many requests it makes.
    pub session: Option<&'a str>,
    /// From which network, a prefix of addresses.
    pub network: Option<Cow<'a, str>>,
    /// From which autonomous system.
    pub asn: Option<u32>,
    /// From which country.
    pub country: Option<&'a str>,
    /// With which agent key.
    pub agent: Option<&'a str>,
    /// With which family of TLS clients.
    pub tls: Option<&'a str>,
    /// On which device.
    pub device: Option<&'a str>,
    /// Where.
    pub place: Option<Sighting>,
}

/// An attempt to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// From which address or prefix.
    pub address: &'a str,
    /// As whom.
    pub identity: &'a str,
    /// What that is.
    pub kind: IdentityKind,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Whether the identity was known on that network before.
    pub familiar: bool,
    /// When, milliseconds since the Unix epoch.
    pub time: i64,
}

/// A sign-in that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// Whose.
    pub id: String,
    /// What that is.
    pub kind: IdentityKind,
    /// When, milliseconds since the Unix epoch.
    pub time: i64,
}

/// The risk of an identity, as announced to the edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedRisk {
    /// Whose.
    pub id: String,
    /// What it is.
    pub kind: IdentityKind,
    /// How high.
    pub level: RiskLevel,
    /// When time alone lowers it, milliseconds since the Unix epoch.
    pub falls_at: Option<i64>,
}

/// What the audit counted of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAudit {
    /// Its id.
    pub model: String,
    /// Sessions.
    pub counted: Counted,
    /// When edges were stopped from allowing by it, milliseconds since the Unix epoch.
    pub failed_at: Option<i64>,
}

/// How often one bin of a signal contributed to a score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BinCount {
    /// Signal.
    pub signal: String,
    /// Bin.
    pub bin: String,
    /// How often.
    pub count: u64,
}

/// A stretch of the state feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Where to go on from.
    pub cursor: i64,
    /// Sessions revoked: id, and when.
    pub revoked_sessions: Vec<(String, i64)>,
    /// Risk levels changed.
    pub risk_levels: Vec<AnnouncedRisk>,
    /// Device cookies of which two copies are in use: identity and line.
    pub forked_cookies: Vec<(String, String)>,
    /// Edges are not to allow by their models.
    pub fail_safe: bool,
}

/// The database failed, or holds something that this version did not write.
#[derive(Debug)]
pub struct StoreError {
    doing: &'static str,
    cause: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// What was being done, and why it failed.
    pub fn new(doing: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing, cause: cause.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.doing, self.cause)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}
