//! Reading what people have: files and pipes, in the encodings that exports come in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, report};

/// Longest line read, bytes. A log row is some ten kilobytes; a line past this is not a row.
pub const MAX_LINE: usize = 4 << 20;

/// Largest document read whole, bytes.
pub const MAX_DOCUMENT: u64 = 256 << 20;

const BUFFER: usize = 64 << 10;
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const UTF16_LE_BOM: &[u8] = b"\xFF\xFE";
const UTF16_BE_BOM: &[u8] = b"\xFE\xFF";

/// A file or standard input, read by lines.
pub struct Source {
    name: String,
    reader: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    number: usize,
}

/// One line of a [`Source`].
pub enum Line<'a> {
    /// Its bytes, without the line ending.
    Bytes(&'a [u8]),
    /// It is longer than [`MAX_LINE`] and was skipped.
    TooLong,
}

impl Source {
    /// Opens a file; no path or `-` is standard input. A UTF-16 file (what Windows shells write) is decoded.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let (name, raw): (String, Box<dyn Read>) = match path {
            Some(path) if path.as_os_str() != "-" => {
                let file = File::open(path).map_err(|why| Failure::io(path, why))?;
                (path.display().to_string(), Box::new(file))
            }
            _ => ("standard input".to_owned(), Box::new(io::stdin())),
        };
        let mut source =
            Self { name, reader: BufReader::with_capacity(BUFFER, raw), line: Vec::new(), number: 0 };
        source.skip_byte_order_mark()?;
        Ok(source)
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Failure> {
        let start = self.reader.fill_buf().map_err(|why| Failure::Io { name: self.name.clone(), why })?;
        if start.starts_with(UTF8_BOM) {
            self.reader.consume(UTF8_BOM.len());
        } else if start.starts_with(UTF16_LE_BOM) || start.starts_with(UTF16_BE_BOM) {
            let text = self.read_rest()?;
            self.reader = BufReader::with_capacity(BUFFER, Box::new(Cursor::new(text.into_bytes())));
        }
        Ok(())
    }

    /// File name, or `standard input`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of the line read last, from 1.
    pub fn line_number(&self) -> usize {
        self.number
    }

    /// Reports what is wrong with the line read last.
    pub fn report(&self, what: impl std::fmt::Display) {
        report(&format!("{}:{}", self.name, self.number), what);
    }

    /// Whether the next read has to wait for more input: the moment to flush the output of a live stream.
    pub fn is_drained(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// Skips white space; the byte after it, left in place. `None` at the end of the input.
    pub fn peek(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            let buffer =
                self.reader.fill_buf().map_err(|why| Failure::Io { name: self.name.clone(), why })?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let found = buffer.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
            let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace());
            let (length, lines) =
                blank.fold((0, 0), |(length, lines), byte| (length + 1, lines + usize::from(*byte == b'\n')));
            self.number += lines;
            self.reader.consume(length);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Next line, `None` at the end. A last line without a line ending counts.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, Failure> {
        self.line.clear();
        let fail = |why| Failure::Io { name: self.name.clone(), why };
        let mut reader = (&mut self.reader).take(MAX_LINE as u64 + 1);
        let read = reader.read_until(b'\n', &mut self.line).map_err(fail)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        } else if read > MAX_LINE {
            self.reader.skip_until(b'\n').map_err(fail)?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Bytes(&self.line)))
    }

    /// All that is left, as text.
    pub fn read_rest(&mut self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let fail = |why| Failure::Io { name: self.name.clone(), why };
        let read = (&mut self.reader).take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(fail)?;
        if read as u64 > MAX_DOCUMENT {
            return Err(Failure::input(
                &self.name,
                format_args!("is larger than {MAX_DOCUMENT} bytes, the limit"),
            ));
        }
        decode(bytes).map_err(|why| Failure::input(&self.name, why))
    }
}

/// Reads a whole file (`-`: standard input) as text; UTF-8 with or without byte order mark, or UTF-16 with one.
pub fn read_document(path: &Path) -> Result<String, Failure> {
    Source::open(Some(path))?.read_rest()
}

/// Reads a whole file as JSON.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = read_document(path)?;
    parse(text.as_bytes()).map_err(|why| Failure::input(&path.display().to_string(), why))
}

/// The exact bytes of a file, which a signature is over.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |why| Failure::io(path, why);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_DOCUMENT).read_to_end(&mut bytes)).map_err(fail)?;
    Ok(bytes)
}

/// Parses JSON; the error names the path of the member at fault.
pub fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|_| explain::<T>(json))
}

/// What is wrong with JSON that did not parse as `T`: the path of the member at fault, why, and where.
pub fn explain<'de, T: Deserialize<'de>>(json: &'de [u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => {
            let path = error.path().to_string();
            let why = locate(error.inner());
            // The engine's own records name the member themselves.
            if path == "." || why.starts_with(&path) { why } else { format!("{path}: {why}") }
        }
        // The value is whole, so what follows it is at fault.
        Ok(_) => deserializer.end().err().as_ref().map(locate).unwrap_or_default(),
    }
}

/// `serde_json` counts lines within what it was given, which for one line of many is always the first.
fn locate(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&position) {
        Some(why) if error.line() <= 1 => format!("{why}, column {}", error.column()),
        Some(why) => format!("{why}, line {} column {}", error.line(), error.column()),
        None => text,
    }
}

fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let little = bytes.strip_prefix(UTF16_LE_BOM);
    let Some(units) = little.or_else(|| bytes.strip_prefix(UTF16_BE_BOM)) else {
        return String::from_utf8(bytes)
            .map_err(|why| format!("is not UTF-8 from byte {}", why.utf8_error().valid_up_to()));
    };
    let unit = if little.is_some() { u16::from_le_bytes } else { u16::from_be_bytes };
    let (pairs, odd) = units.as_chunks::<2>();
    if !odd.is_empty() {
        return Err("is not UTF-16: it has an odd number of bytes".to_owned());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|why| format!("is not UTF-16: unpaired surrogate {:04x}", why.unpaired_surrogate()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bytes: &[u8]) -> Source {
        let mut source = Source {
            name: "test".to_owned(),
            reader: BufReader::new(Box::new(Cursor::new(bytes.to_vec()))),
            line: Vec::new(),
            number: 0,
        };
        source.skip_byte_order_mark().unwrap();
        source
    }

    fn lines(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut source = source(bytes);
        let mut lines = Vec::new();
        while let Some(line) = source.next_line().unwrap() {
            lines.push(match line {
                Line::Bytes(bytes) => Some(bytes.to_vec()),
                Line::TooLong => None,
            });
        }
        lines
    }

    #[test]
    fn line_endings_are_taken_off_and_bytes_are_kept() {
        let expected: Vec<Option<Vec<u8>>> =
            [&b"a"[..], b"", b"\xFFb\r ", b"c"].iter().map(|line| Some(line.to_vec())).collect();
        assert_eq!(lines(b"\xEF\xBB\xBFa\r\n\n\xFFb\r \nc"), expected);
    }

    #[test]
    fn a_line_past_the_limit_is_skipped_whole() {
        let mut bytes = vec![b'x'; MAX_LINE + 10];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&bytes), [None, Some(b"next".to_vec())]);
        let mut exact = vec![b'x'; MAX_LINE];
        exact.push(b'\n');
        assert_eq!(lines(&exact).first().map(|line| line.as_ref().map(Vec::len)), Some(Some(MAX_LINE)));
    }

    #[test]
    fn utf16_with_a_byte_order_mark_reads_as_text() {
        let text = "{\"a\":\"å\"}\nb";
        for (mark, unit) in
            [(UTF16_LE_BOM, u16::to_le_bytes as fn(u16) -> [u8; 2]), (UTF16_BE_BOM, u16::to_be_bytes)]
        {
            let bytes: Vec<u8> = mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect();
            assert_eq!(source(&bytes).read_rest().unwrap(), text);
            assert_eq!(lines(&bytes).len(), 2);
        }
        assert!(decode(b"\xFF\xFEa".to_vec()).unwrap_err().contains("odd"));
        assert!(decode(b"ab\xFF".to_vec()).unwrap_err().contains("byte 2"));
    }

    #[test]
    fn peeking_keeps_the_line_numbers_right() {
        let mut source = source(b"\n \n[1]\n");
        assert_eq!(source.peek().unwrap(), Some(b'['));
        assert!(matches!(source.next_line().unwrap(), Some(Line::Bytes(b"[1]"))));
        assert_eq!(source.line_number(), 3);
    }

    #[test]
    fn an_error_names_the_member() {
        let why = parse::<std::collections::HashMap<String, Vec<u8>>>(br#"{"a":[1,"x"]}"#).unwrap_err();
        assert!(why.starts_with("a[1]: "), "{why}");
    }
}
