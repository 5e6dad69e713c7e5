//! Inputs that are read whole.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Source, parse_document, utf8};
use crate::failure::Failure;

/// An input as text, and what it is called in messages.
pub struct Document {
    /// File name, or `standard input`.
    pub name: String,
    /// All of it.
    pub text: String,
}

impl Document {
    /// Reads a file; no path or `-` is standard input. UTF-8 with or without byte order mark, or UTF-16 with one.
    pub fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let mut source = Source::open(path)?;
        let text = source.read_rest()?;
        Ok(Self { name: source.name, text })
    }

    /// Reads a file of which every byte counts, because a signature is over them.
    pub fn exact(path: &Path) -> Result<Self, Failure> {
        let mut source = Source::open_raw(Some(path))?;
        let text = utf8(source.read_bytes()?).map_err(|why| Failure::input(&source.name, why))?;
        Ok(Self { name: source.name, text })
    }

    /// Parses it as JSON.
    pub fn parse<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Failure> {
        parse_document(&self.name, 1, &self.text)
    }
}

/// Reads a whole file as JSON.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    Document::read(Some(path))?.parse()
}

/// Line numbers of parts of a text, in ascending order.
pub struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    /// Counts in a text that begins on line `first` of its input.
    pub fn new(text: &'a str, first: usize) -> Self {
        Self { text, offset: 0, line: first }
    }

    /// The line on which a part of the text begins.
    pub fn of(&mut self, part: &str) -> usize {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let between = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.offset = offset;
        self.line
    }
}
