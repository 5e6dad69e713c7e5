//! What is known of a principal's past: a plain value that the host supplies and never the engine's to keep.

use serde::Serialize;

use crate::read::record;
use crate::request::Text;

/// History of one principal. Values are whatever the caller compares with: plain, or keyed hashes of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile<'a> {
    /// Successful sign-ins it was built from.
    pub count: u32,
    /// Autonomous system numbers seen.
    pub asns: Vec<u32>,
    /// Countries seen, ISO 3166-1 alpha-2.
    pub countries: Vec<Text<'a>>,
    /// Agent keys seen ([`Agent::key`](crate::agent::Agent::key)).
    pub agents: Vec<Text<'a>>,
    /// Device ids seen.
    pub devices: Vec<Text<'a>>,
    /// Where and when the principal was last seen.
    pub last: Option<Sighting>,
}

record!(Profile<'a> {
    "count" => Whole(count),
    "asns" => Counts(asns),
    "countries" => List(countries),
    "agents" => List(agents),
    "devices" => List(devices),
    "last" => Record(last),
});

/// A place and a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// Degrees north, in millionths.
    pub latitude_e6: i32,
    /// Degrees east, in millionths.
    pub longitude_e6: i32,
}

record!(Sighting {
    "time" => Whole(time),
    "latitudeE6" => Whole(latitude_e6),
    "longitudeE6" => Whole(longitude_e6),
});
