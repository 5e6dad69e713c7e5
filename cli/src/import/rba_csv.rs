//! `edgeward import rba-csv`: sign-ins in the columns of the RBA data set, as labelled events.
//!
//! The layout is that of "Login Data Set for Risk-Based Authentication" (Wiefling et al., "Pump Up Password Security!",
//! ACM TOPS 2022; github.com/das-group/rba-dataset), which says what a column holds.
//!
//! | fact | column | |
//! |---|---|---|
//! | `time` | Login Timestamp | UTC |
//! | `principal.id` | User ID | |
//! | `client.*` | IP Address, ASN, Country, City | `-` is unknown |
//! | `transport.rttMs` | `Round-Trip Time [ms]` | rounded; empty is unknown |
//! | `http.headers` | User Agent String | the only header |
//! | label | Login Successful, Is Account Takeover, Is Attack IP | below |
//!
//! A takeover is an attack. A success without takeover from an address that no list names is benign. Everything else has
//! no label that could be learned from, and is left out: who fails may be anybody, and `Is Attack IP` says what a list
//! of addresses says and not what happened.

use std::path::PathBuf;

use clap::Args;
use csv::{ByteRecord, ReaderBuilder};
use edgeward::Request;
use edgeward::request::{Client, Http, Principal, PrincipalKind, Text, Transport};
use edgeward_lab::event::{Event, Label};

use super::labelled::{Period, Tally};
use super::moment;
use crate::Done;
use crate::failure::{Failure, report};
use crate::input::{Line, MAX_LINE, Source};
use crate::output::Output;
use crate::stream::Progress;

/// Under this one id the data set keeps all sign-ins with names that nobody has.
const UNKNOWN_NAMES: &str = "-4324475583306591935";
/// Longest round trip believed, milliseconds: ten minutes.
const LONGEST_ROUND_TRIP: f64 = 600_000.0;
/// A quoted value is cut after so many characters.
const QUOTE: usize = 60;

/// Read sign-ins in the column layout of the RBA data set, as labelled events for `train` and `assess`
///
/// Columns are found by name, in any order: Login Timestamp, User ID, `Round-Trip Time [ms]`, IP Address, Country, City,
/// ASN, User Agent String, Login Successful, Is Attack IP, Is Account Takeover; others are ignored. Users are split
/// 34 : 40 : 26 into train, calibrate and test, and each part has its share of the period: before 60 %, from 30 to 70 %,
/// and after 70 % of it. What is outside its part's time is history only. Rows have to ascend in time, and each is a line.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 every row was read, 1 some values were not and are unknown, 2 some rows were not.\n\n\
    Example:\n  edgeward import rba-csv rba-dataset.csv | edgeward train --id learned-rba --out model.json"
)]
pub struct Arguments {
    /// Rows to read; standard input if left out
    file: Option<PathBuf>,
    /// Beginning of the period that is split
    #[arg(long, default_value = "2020-02-03T00:00:00Z", value_parser = moment::argument)]
    from: i64,
    /// End of the period that is split
    #[arg(long, default_value = "2021-03-01T00:00:00Z", value_parser = moment::argument)]
    to: i64,
}

/// Where each column stands.
struct Columns {
    time: usize,
    user: usize,
    round_trip: Option<usize>,
    address: usize,
    country: usize,
    city: Option<usize>,
    asn: usize,
    agent: usize,
    success: usize,
    listed: usize,
    takeover: usize,
    count: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    let period = Period::new(arguments.from, arguments.to)?;
    let mut source = Source::open(arguments.file.as_deref())?;
    let name = source.name().to_owned();
    let header = match source.next_line()? {
        Some(Line::Bytes(line)) => record(line),
        Some(Line::TooLong) => Err(too_long()),
        None => Err("is empty; a line with the names of the columns is expected".to_owned()),
    };
    let columns = header.and_then(|header| Columns::find(&header));
    let columns = columns.map_err(|why| Failure::input(&format!("{name}:1"), why))?;
    let (mut output, mut progress, mut tally) = (Output::new(), Progress::beside_output(), Tally::default());
    let mut last = i64::MIN;
    loop {
        let record = match source.next_line()? {
            None => break,
            Some(Line::Bytes(line)) if line.trim_ascii().is_empty() => continue,
            Some(Line::Bytes(line)) => record(line),
            Some(Line::TooLong) => Err(too_long()),
        };
        tally.rows += 1;
        progress.at(tally.rows);
        let place = format!("{name}:{}", source.line_number());
        let mut problems = Vec::new();
        let event = record.and_then(|record| {
            Row { record: &record, problems: &mut problems }.event(&columns, &period, last)
        });
        let event = match event {
            Ok(event) => event,
            Err(why) => {
                tally.unread += 1;
                progress.clear();
                report(&place, why);
                continue;
            }
        };
        if !problems.is_empty() {
            tally.incomplete += 1;
            progress.clear();
            report(&place, problems.join("; "));
        }
        let Some(event) = event else {
            tally.unlabelled += 1;
            continue;
        };
        last = event.request.time.unwrap_or(last);
        tally.count(event.label);
        output.sparse_line(&event)?;
    }
    progress.clear();
    output.flush()?;
    report(&name, &tally);
    Ok(tally.status())
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, String> {
        let place = |name: &str| header.iter().position(|column| column.trim_ascii() == name.as_bytes());
        let needed = |name: &str| place(name).ok_or_else(|| format!("column `{name}` is missing"));
        Ok(Self {
            time: needed("Login Timestamp")?,
            user: needed("User ID")?,
            round_trip: place("Round-Trip Time [ms]"),
            address: needed("IP Address")?,
            country: needed("Country")?,
            city: place("City"),
            asn: needed("ASN")?,
            agent: needed("User Agent String")?,
            success: needed("Login Successful")?,
            listed: needed("Is Attack IP")?,
            takeover: needed("Is Account Takeover")?,
            count: header.len(),
        })
    }
}

/// The fields of a row. Each is a line: were it read on past its end, a quote that nobody closed would swallow all
/// rows after it.
fn record(line: &[u8]) -> Result<ByteRecord, String> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).buffer_capacity(line.len().max(1)).from_reader(line);
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|why| why.to_string())?;
    // A quote opens a field where it begins one, and elsewhere it is a character.
    let fields = line.split(|byte| *byte == b',');
    let is_open = fields.fold(false, |is_open, field| {
        let is_odd = field.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        if is_open || field.first() == Some(&b'"') { is_open != is_odd } else { is_open }
    });
    if is_open {
        return Err("a quote is opened and not closed on its line".to_owned());
    }
    Ok(record)
}

fn too_long() -> String {
    format!("the line is longer than {MAX_LINE} bytes, the limit")
}

/// One row, and what of it could not be read.
struct Row<'r> {
    record: &'r ByteRecord,
    problems: &'r mut Vec<String>,
}

impl Row<'_> {
    /// The event; `None` if nothing says what it was. Fails when the row is none.
    fn event(
        &mut self,
        columns: &Columns,
        period: &Period,
        last: i64,
    ) -> Result<Option<Event<'static>>, String> {
        if self.record.len() != columns.count {
            return Err(format!("{} columns, the first line names {}", self.record.len(), columns.count));
        }
        let success = self.truth(columns.success, "Login Successful")?;
        let listed = self.truth(columns.listed, "Is Attack IP")?;
        let takeover = self.truth(columns.takeover, "Is Account Takeover")?;
        let time = self.text(columns.time);
        let time =
            moment::parse(&time).ok_or_else(|| format!("Login Timestamp: `{}` is no time", cut(&time)))?;
        let user = self.text(columns.user);
        if user.is_empty() {
            return Err("User ID: is empty".to_owned());
        }
        let (label, family) = match (takeover, success && !listed) {
            (true, _) => (Label::Attack, "accountTakeover"),
            (false, true) if user != UNKNOWN_NAMES => (Label::Benign, "signIn"),
            _ => return Ok(None),
        };
        if time < last {
            return Err(
                "Login Timestamp: is earlier than in a row before; rows must ascend in time".to_owned()
            );
        }
        let agent = self.text(columns.agent);
        let request = Request {
            time: Some(time),
            http: Http {
                headers: (!agent.is_empty()).then(|| vec![(Text::from("user-agent"), owned(agent))].into()),
                ..Http::default()
            },
            client: Client {
                ip: self.read(columns.address, "IP Address", "no IP address", |text| text.parse().ok()),
                asn: self.read(columns.asn, "ASN", "no whole number from 0 to 4294967295", |text| {
                    text.parse().ok()
                }),
                country: self.read(columns.country, "Country", "no two capital letters", country),
                city: columns.city.and_then(|column| {
                    self.read(column, "City", "no name", |text| Some(owned(text.to_owned())))
                }),
                ..Client::default()
            },
            transport: Transport {
                rtt_ms: columns.round_trip.and_then(|column| {
                    self.read(column, "Round-Trip Time [ms]", "no time from 0 to 600000 ms", milliseconds)
                }),
                ..Transport::default()
            },
            principal: Principal {
                kind: Some(PrincipalKind::User),
                id: Some(owned(user.clone())),
                ..Principal::default()
            },
            ..Request::default()
        };
        let split = period.split(&user, time);
        Ok(Some(Event { request, label, family: Text::from(family), split }))
    }

    fn text(&self, column: usize) -> String {
        let bytes = self.record.get(column).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim().to_owned()
    }

    fn truth(&self, column: usize, name: &str) -> Result<bool, String> {
        match &*self.text(column) {
            "True" | "true" | "1" => Ok(true),
            "False" | "false" | "0" => Ok(false),
            other => Err(format!("{name}: `{}` is neither True nor False", cut(other))),
        }
    }

    /// Reads a value that may be unknown: empty, or the data set's `-`.
    fn read<T>(
        &mut self,
        column: usize,
        name: &str,
        what: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() || text == "-" {
            return None;
        }
        let value = read(&text);
        if value.is_none() {
            self.problems.push(format!("{name}: `{}` is {what}", cut(&text)));
        }
        value
    }
}

fn country(text: &str) -> Option<Text<'static>> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then(|| owned(text.to_owned()))
}

/// NaN and infinity are numbers to a parser, and no times.
fn milliseconds(text: &str) -> Option<u32> {
    let value: f64 = text.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "range checked before the cast"
    )]
    (0.0..=LONGEST_ROUND_TRIP).contains(&value).then(|| value.round() as u32)
}

fn owned(text: String) -> Text<'static> {
    Text(text.into())
}

fn cut(text: &str) -> String {
    text.chars().take(QUOTE).collect()
}
