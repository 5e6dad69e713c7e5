//! Reading what people have: files and pipes, in the encodings that exports come in.

mod document;
mod json;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

pub use document::{Document, LineCounter, read_json};
pub use json::{parse, parse_document};

use crate::failure::{Failure, report};

/// Longest line read, bytes. A log row is some ten kilobytes; a line past this is not a row.
pub const MAX_LINE: usize = 4 << 20;

/// Largest document read whole, bytes.
pub const MAX_DOCUMENT: u64 = 256 << 20;

const BUFFER: usize = 64 << 10;
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const UTF16_LE_BOM: &[u8] = b"\xFF\xFE";
const UTF16_BE_BOM: &[u8] = b"\xFE\xFF";

/// What compressed files begin with. None of it begins a text.
const ARCHIVES: [(&[u8], &str); 3] =
    [(b"\x1F\x8B", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xB5\x2F\xFD", "zstd")];

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
        let mut source = Self::open_raw(path)?;
        source.skip_byte_order_mark()?;
        Ok(source)
    }

    fn open_raw(path: Option<&Path>) -> Result<Self, Failure> {
        let raw: Box<dyn Read> = match path.filter(|path| !is_standard_input(path)) {
            Some(path) => Box::new(File::open(path).map_err(|why| Failure::io(path, why))?),
            None => Box::new(standard_input()?),
        };
        let reader = BufReader::with_capacity(BUFFER, raw);
        Ok(Self { name: name(path), reader, line: Vec::new(), number: 0 })
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Failure> {
        let start = self.reader.fill_buf().map_err(|why| Failure::Io { name: self.name.clone(), why })?;
        if let Some((_, kind)) = ARCHIVES.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Err(Failure::input(&self.name, format_args!("is compressed ({kind}): unpack it first")));
        }
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
        let bytes = self.read_bytes()?;
        decode(bytes).map_err(|why| Failure::input(&self.name, why))
    }

    fn read_bytes(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let fail = |why| Failure::Io { name: self.name.clone(), why };
        let read = (&mut self.reader).take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(fail)?;
        if read as u64 > MAX_DOCUMENT {
            return Err(Failure::input(
                &self.name,
                format_args!("is larger than {MAX_DOCUMENT} bytes, the limit"),
            ));
        }
        Ok(bytes)
    }
}

/// Whether a path stands for standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What an input is called in messages; no path or `-` is standard input.
pub fn name(path: Option<&Path>) -> String {
    match path.filter(|path| !is_standard_input(path)) {
        Some(path) => path.display().to_string(),
        None => "standard input".to_owned(),
    }
}

/// Whoever reads it a second time finds it empty, and an empty stream of requests is answered with nothing and success.
fn standard_input() -> Result<io::Stdin, Failure> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::Relaxed) {
        return Err(Failure::input(&name(None), "is asked for twice, and can be read once only"));
    }
    Ok(io::stdin())
}

fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let little = bytes.strip_prefix(UTF16_LE_BOM);
    let Some(units) = little.or_else(|| bytes.strip_prefix(UTF16_BE_BOM)) else {
        return utf8(bytes);
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

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes)
        .map_err(|why| format!("is not UTF-8 from byte {}", why.utf8_error().valid_up_to()))
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
}
