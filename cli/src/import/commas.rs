//! Comma-separated values, as rows of JSON: what the portals of Log Analytics and of Entra let people download.
//!
//! Log Analytics writes the table's own columns. Entra's portal has names of its own, in the language of whoever downloads;
//! read are the English ones.

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::rows::Take;
use crate::failure::Failure;

/// A header is quoted up to so many characters.
const QUOTE: usize = 40;

/// Columns of the table that tell a log of sign-ins.
const TABLE: [&str; 6] =
    ["userid", "serviceprincipalid", "ipaddress", "useragent", "appid", "createddatetime"];

/// The portal's columns, in lower case, and those of the table that they are. Several of its names end with a space or
/// have two within.
const PORTAL: [(&str, &str); 21] = [
    ("date (utc)", "CreatedDateTime"),
    ("request id", "Id"),
    ("user agent", "UserAgent"),
    ("user id", "UserId"),
    ("user type", "UserType"),
    ("cross tenant access type", "CrossTenantAccessType"),
    ("authentication protocol", "AuthenticationProtocol"),
    ("original transfer method", "OriginalTransferMethod"),
    ("application id", "AppId"),
    ("service principal id", "ServicePrincipalId"),
    ("resource tenant id", "ResourceTenantId"),
    ("home tenant id", "HomeTenantId"),
    ("ip address", "IPAddress"),
    ("sign-in error code", "ResultType"),
    ("client app", "ClientAppUsed"),
    ("session id", "SessionId"),
    ("autonomous system number", "AutonomousSystemNumber"),
    ("authentication requirement", "AuthenticationRequirement"),
    ("location", PLACE),
    ("status", OUTCOME),
    ("multifactor authentication result", "Status.additionalDetails"),
];

const DEVICE: [(&str, &str); 4] = [
    ("device id", "DeviceDetail.deviceId"),
    ("operating system", "DeviceDetail.operatingSystem"),
    ("compliant", "DeviceDetail.isCompliant"),
    ("join type", "DeviceDetail.trustType"),
];

/// `Oslo, Oslo, NO`
const PLACE: &str = "LocationDetails";
/// `Success`, `Failure` or `Interrupted`
const OUTCOME: &str = "Status";

/// Whether a line is a header: values between commas, and no JSON.
pub fn is_header(first: &[u8]) -> bool {
    first.iter().filter(|byte| **byte == b',').count() > 2
        && !first.iter().any(|byte| matches!(byte, b'{' | b'}'))
}

/// Hands every row to `take`. The text begins with the header, on line `first` of its input.
pub fn each_row(name: &str, first: usize, text: &str, take: Take<'_>) -> Result<(), Failure> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let place =
        |line: u64| format!("{name}:{}", first.saturating_add(usize::try_from(line).unwrap_or_default()) - 1);
    let header = reader.headers().map_err(|why| Failure::input(name, why))?.clone();
    let columns = columns(&header).ok_or_else(|| {
        let start: String = text.chars().take(QUOTE).collect();
        let why = format!(
            "begins with `{start}…`, which is no JSON and names no column of a sign-in (UserId, User ID, …)"
        );
        Failure::input(name, why)
    })?;
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let place = place(record.position().map_or(1, csv::Position::line));
                if record.len() == columns.len() {
                    let row = Value::Object(row(&columns, &record)).to_string();
                    take(&place, Ok(row.as_bytes()), false)?;
                } else {
                    let why = format!("{} columns, the first line names {}", record.len(), columns.len());
                    take(&place, Err(why), false)?;
                }
            }
            Err(why) => take(&place(reader.position().line()), Err(why.to_string()), false)?,
        }
    }
}

/// Names of the columns as the table has them; `None` if they are of something else.
fn columns(header: &StringRecord) -> Option<Vec<String>> {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let names: Vec<String> = header.iter().map(plain).collect();
    if names.iter().any(|name| name == "date (utc)") {
        let known = |name: &String| PORTAL.iter().chain(&DEVICE).find(|(portal, _)| portal == name);
        return Some(
            names.iter().map(|name| known(name).map_or("", |(_, table)| table).to_owned()).collect(),
        );
    }
    let is_known = |name: &String| TABLE.contains(&name.trim_end_matches(" [utc]"));
    names.iter().any(is_known).then(|| header.iter().map(str::to_owned).collect())
}

fn row(columns: &[String], record: &StringRecord) -> Map<String, Value> {
    let mut row = Map::new();
    for (column, value) in columns.iter().zip(record) {
        let value = value.trim();
        if column.is_empty() || value.is_empty() || row.contains_key(column) {
            continue;
        }
        match column.as_str() {
            // The table's own are the JSON of structures.
            PLACE if !value.starts_with('{') => {
                let mut parts = value.rsplit(',').map(str::trim);
                put(&mut row, "LocationDetails.countryOrRegion", parts.next().unwrap_or_default());
                put(&mut row, "LocationDetails.city", parts.next_back().unwrap_or_default());
            }
            OUTCOME if value == "Success" => {
                row.entry("ResultType").or_insert_with(|| "0".into());
            }
            OUTCOME if !value.starts_with('{') => {}
            column => put(&mut row, column, value),
        }
    }
    row
}

/// Puts a text at a path.
fn put(row: &mut Map<String, Value>, path: &str, value: &str) {
    match path.split_once('.') {
        None => drop(row.insert(path.to_owned(), value.into())),
        Some((column, member)) => {
            let column = row.entry(column).or_insert_with(|| Map::new().into());
            if let Some(column) = column.as_object_mut() {
                column.insert(member.to_owned(), value.into());
            }
        }
    }
}
