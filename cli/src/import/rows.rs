//! The rows of a log, whatever they are wrapped in.
//!
//! | input | where it comes from |
//! |---|---|
//! | JSON lines | exports of a workspace, diagnostic settings to storage |
//! | an array | portals, `ConvertTo-Json` |
//! | `{"value": […]}` | Graph, page by page |
//! | `{"records": […]}` | Event Hubs, batch by batch |
//! | `{"tables": [{"columns": […], "rows": [[…]]}]}` | the Log Analytics query API |
//! | comma-separated values | portals ([`commas`]) |
//!
//! Objects may be written over several lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::commas;
use crate::failure::Failure;
use crate::input::{Line, LineCounter, MAX_LINE, Source};
use crate::stream::Progress;

/// What takes a row: its place for messages, its text or why it is too much to be a row, and whether the input has run
/// dry.
pub type Take<'t> = &'t mut dyn FnMut(&str, Result<&[u8], String>, bool) -> Result<(), Failure>;

/// Hands every row to `take`. Answers the name of the input.
pub fn each_row(file: Option<&Path>, take: Take<'_>) -> Result<String, Failure> {
    let mut source = Source::open(file)?;
    let begins = source.peek()?;
    let before = source.line_number();
    if begins == Some(b'[') {
        let text = source.read_rest()?;
        let rows: Vec<&RawValue> =
            serde_json::from_str(&text).map_err(|why| Failure::document(source.name(), before + 1, why))?;
        let mut lines = LineCounter::new(&text, before + 1);
        for row in rows {
            unwrap(&format!("{}:{}", source.name(), lines.of(row.get())), row.get(), false, take)?;
        }
        return Ok(source.name().to_owned());
    }
    let mut progress = Progress::beside_output();
    let mut is_first = true;
    loop {
        let line = match source.next_line()? {
            None => break,
            Some(Line::TooLong) => Err(format!("the line is longer than {MAX_LINE} bytes, the limit")),
            Some(Line::Bytes(line)) => Ok(line.to_vec()),
        };
        if std::mem::take(&mut is_first)
            && let Ok(first) = &line
        {
            if commas::is_header(first) {
                let number = source.line_number();
                let text = format!("{}\n{}", String::from_utf8_lossy(first), source.read_rest()?);
                commas::each_row(source.name(), number, &text, take)?;
                break;
            }
            if is_cut(first) && each_of_several_lines(&mut source, first, take)? {
                break;
            }
        }
        if !line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
            let place = format!("{}:{}", source.name(), source.line_number());
            each_of_line(&place, line, source.is_drained(), take)?;
        }
        progress.at(source.line_number());
    }
    progress.clear();
    Ok(source.name().to_owned())
}

fn each_of_line(
    place: &str,
    line: Result<Vec<u8>, String>,
    is_drained: bool,
    take: Take<'_>,
) -> Result<(), Failure> {
    match line {
        Ok(line) => match std::str::from_utf8(&line) {
            Ok(text) => unwrap(place, text, is_drained, take),
            Err(_) => take(place, Ok(&line), is_drained),
        },
        Err(why) => take(place, Err(why), is_drained),
    }
}

/// The line is the beginning of an object.
fn is_cut(line: &[u8]) -> bool {
    let ends_early = |why: serde_json::Error| why.is_eof();
    line.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err_and(ends_early)
}

/// Reads all that is left as objects over several lines, if the first of them is whole. Where it is not, its first line is
/// a row that was cut, and the others are read as lines.
fn each_of_several_lines(source: &mut Source, first: &[u8], take: Take<'_>) -> Result<bool, Failure> {
    let before = source.line_number();
    let rest = source.read_rest()?;
    let name = source.name().to_owned();
    let text = format!("{}\n{rest}", String::from_utf8_lossy(first));
    let mut rows = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let mut lines = LineCounter::new(&text, before);
    let Some(Ok(row)) = rows.next() else {
        for (number, line) in (before..).zip(text.lines()) {
            if !line.trim().is_empty() {
                unwrap(&format!("{name}:{number}"), line, false, take)?;
            }
        }
        return Ok(true);
    };
    unwrap(&format!("{name}:{}", lines.of(row.get())), row.get(), false, take)?;
    for row in rows {
        let row = row.map_err(|why| Failure::document(&name, before, why))?;
        unwrap(&format!("{name}:{}", lines.of(row.get())), row.get(), false, take)?;
    }
    Ok(true)
}

/// What may hold rows; a row has other members.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow)]
    records: Option<&'a RawValue>,
    #[serde(borrow)]
    tables: Option<&'a RawValue>,
}

/// A table of the Log Analytics query API.
#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow)]
    columns: Vec<Column<'a>>,
    #[serde(borrow)]
    rows: Vec<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Column<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

fn unwrap(place: &str, text: &str, is_drained: bool, take: Take<'_>) -> Result<(), Failure> {
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text) else {
        return take(place, Ok(text.as_bytes()), is_drained);
    };
    for (name, list) in [("value", envelope.value), ("records", envelope.records)] {
        let rows = list.and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
        let Some(rows) = rows else { continue };
        for (index, row) in rows.iter().enumerate() {
            take(&format!("{place}: {name}[{index}]"), Ok(row.get().as_bytes()), false)?;
        }
        return Ok(());
    }
    let tables = envelope.tables.and_then(|tables| serde_json::from_str::<Vec<Table<'_>>>(tables.get()).ok());
    let Some(tables) = tables else {
        return take(place, Ok(text.as_bytes()), is_drained);
    };
    for (number, table) in tables.iter().enumerate() {
        for (index, row) in table.rows.iter().enumerate() {
            let names = table.columns.iter().map(|column| &*column.name);
            let members: BTreeMap<&str, &RawValue> = names.zip(row.iter().copied()).collect();
            let members = serde_json::to_vec(&members).map_err(|why| Failure::input(place, why))?;
            take(&format!("{place}: tables[{number}].rows[{index}]"), Ok(&members), false)?;
        }
    }
    Ok(())
}
