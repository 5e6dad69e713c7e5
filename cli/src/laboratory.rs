//! What `train`, `calibrate` and `assess` share: streams, models, and names of families.

use std::collections::BTreeSet;
use std::path::Path;

use edgeward_lab::dataset::{Builder, Dataset};
use edgeward_lab::event::Split;
use edgeward_lab::model::ModelFile;
use edgeward_lab::population::Everybody;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::input::{self, Document, Line, MAX_LINE, Source};
use crate::stream::Progress;

/// Families that only some attackers master: they clone the browser next door or hold what was on the device.
const ADVANCED: &str = "veryTargeted,aiAgent,aitm,clone,cookieTheft";

/// The help of an argument that takes families, and has the advanced ones if left out.
pub fn families_help(what: &str) -> String {
    format!("{what} [default: {ADVANCED}, as far as the stream has them]")
}

/// Midnight UTC; without a day, before everything.
pub fn milliseconds(day: Option<Date>) -> i64 {
    let midnight = day.and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    midnight.map_or(i64::MIN, |midnight| midnight.as_millisecond())
}

/// Reads a model file.
pub fn model(path: &Path) -> Result<ModelFile, Failure> {
    let Document { name, text } = Document::read(Some(path))?;
    ModelFile::read(&text).map_err(|why| Failure::document(&name, 1, why))
}

/// The rows beside what is known of everybody.
pub fn weighed(dataset: &Dataset, everybody: &Everybody) -> Result<Dataset, Failure> {
    Ok(dataset.weighed(&everybody.population().map_err(|why| Failure::input("model", why))?))
}

/// Reads a whole stream and shows each line. One that can not be read ends it: what is learned from half a stream is
/// worth nothing.
pub fn read_stream(events: Option<&Path>, mut each: impl FnMut(&[u8])) -> Result<Dataset, Failure> {
    let mut source = Source::open(events)?;
    let mut builder = Builder::default();
    let mut progress = Progress::without_output();
    loop {
        let why = match source.next_line()? {
            None => break,
            Some(Line::TooLong) => Some(format!("the line is longer than {MAX_LINE} bytes, the limit")),
            Some(Line::Bytes(line)) => {
                each(line);
                let is_blank = line.trim_ascii().is_empty();
                if is_blank { None } else { input::parse(line).and_then(|event| builder.add(event)).err() }
            }
        };
        if let Some(why) = why {
            let place = format!("{}:{}", source.name(), source.line_number());
            return Err(Failure::input(&place, why));
        }
        progress.at(source.line_number());
    }
    progress.clear();
    Ok(builder.finish())
}

/// The families of attackers that an argument names, or the advanced ones that the stream has. A name that it does not
/// have is a mistake: whoever wrote it would read in the report that it was held out.
pub fn families(dataset: &Dataset, argument: &str, given: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let attacks: BTreeSet<u16> =
        dataset.rows.iter().filter(|row| row.is_attack).map(|row| row.family).collect();
    let known: Vec<&str> = attacks.iter().filter_map(|family| dataset.name(*family)).collect();
    let Some(given) = given else {
        let present = ADVANCED.split(',').filter(|name| known.contains(name));
        return Ok(present.map(str::to_owned).collect());
    };
    // An empty list is one empty name.
    let named: Vec<String> = given.iter().filter(|name| !name.is_empty()).cloned().collect();
    match named.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Failure::input(
            argument,
            format_args!("the stream has no attacks of a family `{name}`, only of: {}", known.join(", ")),
        )),
        None => Ok(named),
    }
}

/// A stream has no rows of the part that a command is about, or none from a day on.
pub fn nothing_of(events: Option<&Path>, split: Split, since: Option<Date>) -> Failure {
    let since = since.map(|day| format!(" from {day} on")).unwrap_or_default();
    let what = format!("has no rows of the split `{}`{since} whose principal has a history", split.name());
    Failure::input(&input::name(events), what)
}
