//! Structured Fields (RFC 9651), as far as signatures need them: dictionaries of items and inner lists.
//!
//! Threat: the text is a stranger's. It is read in one pass, nothing is unescaped or copied, and everything is
//! counted. Decimals, dates and display strings, which signatures do not use, are errors.

use std::fmt::{self, Write as _};

/// Longest field read, bytes.
pub(crate) const FIELD_LIMIT: usize = 4_096;
/// Members of a dictionary, items of a list, and parameters of either.
const COUNT_LIMIT: usize = 32;

/// The text is no dictionary, or exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// A bare item. Displayed as RFC 9651 §4.1 serialises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bare<'a> {
    Integer(i64),
    /// Between the quotes, with its escapes: there is one way only to escape.
    Text(&'a str),
    Token(&'a str),
    /// Between the colons, in base64.
    Bytes(&'a str),
    Flag(bool),
}

/// Parameters, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters<'a>(Vec<(&'a str, Bare<'a>)>);

/// An item and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    pub bare: Bare<'a>,
    pub parameters: Parameters<'a>,
}

/// An inner list and its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct List<'a> {
    pub items: Vec<Item<'a>>,
    pub parameters: Parameters<'a>,
}

/// A member's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member<'a> {
    Item(Item<'a>),
    List(List<'a>),
}

/// Members by key, in order.
pub(crate) type Dictionary<'a> = Vec<(&'a str, Member<'a>)>;

impl<'a> Bare<'a> {
    /// The text of a string.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> Parameters<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<Bare<'a>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, Bare<'a>)> {
        self.0.iter().copied()
    }
}

/// Reads a dictionary. A key that is stated twice is an error, although RFC 9651 lets the last one win: two parties
/// that disagree about which one counts is how signatures are got around.
pub(crate) fn dictionary(text: &str) -> Result<Dictionary<'_>> {
    let mut reader = Reader::new(text)?;
    let mut members: Dictionary<'_> = Vec::new();
    reader.blanks();
    while !reader.rest.is_empty() {
        let key = reader.key()?;
        let member = if reader.take('=') {
            if reader.rest.starts_with('(') {
                Member::List(reader.list()?)
            } else {
                Member::Item(reader.item()?)
            }
        } else {
            Member::Item(Item { bare: Bare::Flag(true), parameters: reader.parameters()? })
        };
        if members.len() >= COUNT_LIMIT || members.iter().any(|(known, _)| *known == key) {
            return Err(Malformed);
        }
        members.push((key, member));
        reader.white_space();
        if reader.rest.is_empty() {
            break;
        }
        if !reader.take(',') {
            return Err(Malformed);
        }
        reader.white_space();
        if reader.rest.is_empty() {
            return Err(Malformed);
        }
    }
    Ok(members)
}

/// Reads a field that is one item.
pub(crate) fn item(text: &str) -> Result<Item<'_>> {
    let mut reader = Reader::new(text)?;
    reader.blanks();
    let item = reader.item()?;
    reader.blanks();
    if reader.rest.is_empty() { Ok(item) } else { Err(Malformed) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Self> {
        if text.len() > FIELD_LIMIT || !text.is_ascii() {
            return Err(Malformed);
        }
        Ok(Self { rest: text })
    }

    fn take(&mut self, symbol: char) -> bool {
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn white_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// What matches, at least one byte.
    fn run(&mut self, matches: impl Fn(u8) -> bool) -> Result<&'a str> {
        let length = self.rest.bytes().position(|byte| !matches(byte)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        if run.is_empty() { Err(Malformed) } else { Ok(run) }
    }

    fn key(&mut self) -> Result<&'a str> {
        if !self.rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '*') {
            return Err(Malformed);
        }
        self.run(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte))
    }

    fn list(&mut self) -> Result<List<'a>> {
        if !self.take('(') {
            return Err(Malformed);
        }
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.take(')') {
                return Ok(List { items, parameters: self.parameters()? });
            }
            if items.len() >= COUNT_LIMIT {
                return Err(Malformed);
            }
            items.push(self.item()?);
            if !self.rest.starts_with([' ', ')']) {
                return Err(Malformed);
            }
        }
    }

    fn item(&mut self) -> Result<Item<'a>> {
        Ok(Item { bare: self.bare()?, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Result<Parameters<'a>> {
        let mut parameters: Vec<(&str, Bare<'_>)> = Vec::new();
        while self.take(';') {
            self.blanks();
            let name = self.key()?;
            let value = if self.take('=') { self.bare()? } else { Bare::Flag(true) };
            if parameters.len() >= COUNT_LIMIT || parameters.iter().any(|(known, _)| *known == name) {
                return Err(Malformed);
            }
            parameters.push((name, value));
        }
        Ok(Parameters(parameters))
    }

    fn bare(&mut self) -> Result<Bare<'a>> {
        match self.rest.as_bytes().first().ok_or(Malformed)? {
            b'"' => self.text(),
            b':' => {
                self.take(':');
                let bytes = self.run(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))?;
                if self.take(':') { Ok(Bare::Bytes(bytes)) } else { Err(Malformed) }
            }
            b'?' => {
                self.take('?');
                if self.take('1') {
                    Ok(Bare::Flag(true))
                } else if self.take('0') {
                    Ok(Bare::Flag(false))
                } else {
                    Err(Malformed)
                }
            }
            b'-' | b'0'..=b'9' => {
                let minus = self.take('-');
                let digits = self.run(|byte| byte.is_ascii_digit())?;
                if digits.len() > 15 || self.rest.starts_with('.') {
                    return Err(Malformed);
                }
                let number: i64 = digits.parse().map_err(|_| Malformed)?;
                Ok(Bare::Integer(if minus { -number } else { number }))
            }
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                let symbol = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
                self.run(symbol).map(Bare::Token)
            }
            _ => Err(Malformed),
        }
    }

    fn text(&mut self) -> Result<Bare<'a>> {
        self.take('"');
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        loop {
            end += match (bytes.get(end).ok_or(Malformed)?, bytes.get(end + 1)) {
                (b'"', _) => break,
                (b'\\', Some(b'"' | b'\\')) => 2,
                (b'\\', _) => return Err(Malformed),
                (b' '..=b'~', _) => 1,
                _ => return Err(Malformed),
            };
        }
        let (text, rest) = self.rest.split_at_checked(end).ok_or(Malformed)?;
        self.rest = rest.strip_prefix('"').ok_or(Malformed)?;
        Ok(Bare::Text(text))
    }
}

impl fmt::Display for Bare<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "\"{text}\""),
            Self::Token(token) => formatter.write_str(token),
            Self::Bytes(bytes) => write!(formatter, ":{bytes}:"),
            Self::Flag(flag) => write!(formatter, "?{}", u8::from(*flag)),
        }
    }
}

impl fmt::Display for Parameters<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(formatter, ";{name}")?;
            if *value != Bare::Flag(true) {
                write!(formatter, "={value}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.bare, self.parameters)
    }
}

impl fmt::Display for List<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('(')?;
        for (index, item) in self.items.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            write!(formatter, "{blank}{item}")?;
        }
        write!(formatter, "){}", self.parameters)
    }
}

impl fmt::Display for Member<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(item) => item.fmt(formatter),
            Self::List(list) => list.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        let members = dictionary(text).unwrap_or_else(|_| panic!("{text}"));
        members.iter().map(|(key, member)| format!("{key}={member}")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_is_read_is_written_in_the_one_way_there_is() {
        for (text, written) in [
            (r#"a=1, b="x\"\\y";p"#, r#"a=1, b="x\"\\y";p"#),
            ("a=(  \"x\"   tok;q=:aGk=: );r=?0 ,\tb", "a=(\"x\" tok;q=:aGk=:);r=?0, b=?1"),
            ("a=-007;z=?1", "a=-7;z"),
            ("  a=()", "a=()"),
            ("", ""),
        ] {
            assert_eq!(again(text), written, "{text:?}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let deep = format!("a=({})", "x ".repeat(COUNT_LIMIT + 1));
        let wide = (0..=COUNT_LIMIT).map(|key| format!("a{key}")).collect::<Vec<_>>().join(",");
        let long = format!("a=\"{}\"", "x".repeat(FIELD_LIMIT));
        for text in [
            "a=",
            "a,",
            "A=1",
            "a=1.5",
            "a=@1",
            "a=\"x",
            "a=\"\\n\"",
            "a=:a",
            "a=:é:",
            "a=?2",
            "a=(1",
            "a=(1)x",
            "a=((1))",
            "a=1 b=2",
            "a=1;",
            "a=1, a=2",
            "a;p;p",
            "=1",
            "a=1234567890123456",
            "a=%\"x\"",
            "a=(1\t2)",
            &deep,
            &wide,
            &long,
        ] {
            assert_eq!(dictionary(text), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn an_item_stands_alone() {
        assert_eq!(item("\"https://agent.example\"").unwrap().bare.text(), Some("https://agent.example"));
        assert_eq!(item("\"a\", \"b\""), Err(Malformed));
    }
}
