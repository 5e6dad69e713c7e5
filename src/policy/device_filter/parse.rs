//! From the text of a rule to its tree.

use super::attribute::{Attribute, AttributeType};
use super::{Comparison, MAX_LENGTH, Operator, Rule};

/// Deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 64;

/// What is wrong with a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct RuleError {
    /// Characters before the fault.
    pub(in crate::policy) position: usize,
    pub(in crate::policy) message: String,
}

/// Reads a rule about a device.
pub(in crate::policy) fn parse(text: &str) -> Result<Rule, RuleError> {
    read(&mut Parser { text, at: 0, depth: 0, custom: None })
}

/// Reads a rule about custom security attributes, and their names by number: `CustomSecurityAttribute.Set_Name`.
pub(in crate::policy) fn parse_custom(text: &str) -> Result<(Rule, Vec<String>), RuleError> {
    let mut parser = Parser { text, at: 0, depth: 0, custom: Some(Vec::new()) };
    let rule = read(&mut parser)?;
    Ok((rule, parser.custom.unwrap_or_default()))
}

fn read(parser: &mut Parser<'_>) -> Result<Rule, RuleError> {
    let text = parser.text;
    let length = text.chars().count();
    if length > MAX_LENGTH {
        let message = format!("{length} characters; the limit is {MAX_LENGTH}");
        return Err(RuleError { position: MAX_LENGTH, message });
    }
    let rule = parser.rule()?;
    match parser.next()? {
        (_, Token::End) => Ok(rule),
        (at, token) => Err(parser.fault(at, format!("expected `-and`, `-or` or the end, found {token}"))),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'t> {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Quoted(String),
    /// `device.model`, `-eq`, `True`.
    Word(&'t str),
    End,
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => formatter.write_str("`(`"),
            Self::Close => formatter.write_str("`)`"),
            Self::OpenList => formatter.write_str("`[`"),
            Self::CloseList => formatter.write_str("`]`"),
            Self::Comma => formatter.write_str("`,`"),
            Self::Quoted(text) => write!(formatter, "\"{text}\""),
            Self::Word(word) => write!(formatter, "`{word}`"),
            Self::End => formatter.write_str("the end"),
        }
    }
}

/// The hyphen of `-and`, `-or` and `-not` may be left out, as in Entra's membership rules.
fn is_connective(token: &Token<'_>, name: &str) -> bool {
    matches!(token, Token::Word(word) if word.strip_prefix('-').unwrap_or(word).eq_ignore_ascii_case(name))
}

struct Parser<'t> {
    text: &'t str,
    /// Byte offset of the next character.
    at: usize,
    depth: usize,
    /// Names of custom attributes, where the rule is about those and not about a device's.
    custom: Option<Vec<String>>,
}

impl<'t> Parser<'t> {
    fn fault(&self, at: usize, message: String) -> RuleError {
        let position = self.text.char_indices().take_while(|(offset, _)| *offset < at).count();
        RuleError { position, message }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token and where it begins.
    fn next(&mut self) -> Result<(usize, Token<'t>), RuleError> {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let at = self.at;
        let Some(first) = trimmed.chars().next() else { return Ok((at, Token::End)) };
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenList),
            ']' => Some(Token::CloseList),
            ',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(token) = single {
            self.at += 1;
            return Ok((at, token));
        }
        if first == '"' || first == '\'' {
            return self.quoted(at, first);
        }
        let end = trimmed
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | '"' | '\''))
            .unwrap_or(trimmed.len());
        self.at += end;
        Ok((at, Token::Word(trimmed.get(..end).unwrap_or_default())))
    }

    /// A quote inside is escaped by a backslash or by a backtick, as in Entra's membership rules.
    fn quoted(&mut self, at: usize, quote: char) -> Result<(usize, Token<'t>), RuleError> {
        let mut value = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, character)) = characters.next() {
            if character == quote {
                self.at += offset + quote.len_utf8();
                return Ok((at, Token::Quoted(value)));
            }
            if matches!(character, '\\' | '`')
                && let Some((_, escaped)) =
                    characters.next_if(|(_, next)| *next == quote || *next == character)
            {
                value.push(escaped);
                continue;
            }
            value.push(character);
        }
        Err(self.fault(at, "this quoted text has no end".into()))
    }

    fn peek(&mut self) -> Result<Token<'t>, RuleError> {
        let at = self.at;
        let token = self.next()?.1;
        self.at = at;
        Ok(token)
    }

    fn rule(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.term()?];
        while is_connective(&self.peek()?, "or") {
            self.next()?;
            rules.push(self.term()?);
        }
        Ok(one_or(rules, Rule::Or))
    }

    fn term(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.factor()?];
        while is_connective(&self.peek()?, "and") {
            self.next()?;
            rules.push(self.factor()?);
        }
        Ok(one_or(rules, Rule::And))
    }

    fn factor(&mut self) -> Result<Rule, RuleError> {
        let (at, token) = self.next()?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(at, format!("nested more than {MAX_DEPTH} deep")));
        }
        let rule = match token {
            token if is_connective(&token, "not") => Rule::Not(Box::new(self.factor()?)),
            Token::Open => {
                let rule = self.rule()?;
                match self.next()? {
                    (_, Token::Close) => rule,
                    (at, token) => return Err(self.fault(at, format!("expected `)`, found {token}"))),
                }
            }
            Token::Word(word) => Rule::Comparison(self.comparison(at, word)?),
            token => {
                return Err(self.fault(at, format!("expected `{}.…`, found {token}", self.object())));
            }
        };
        self.depth -= 1;
        Ok(rule)
    }

    const fn object(&self) -> &'static str {
        match self.custom {
            None => "device",
            Some(_) => "CustomSecurityAttribute",
        }
    }

    fn comparison(&mut self, at: usize, word: &str) -> Result<Comparison, RuleError> {
        let object = self.object();
        let name = word.split_once('.').filter(|(found, _)| found.eq_ignore_ascii_case(object));
        let Some((_, name)) = name.filter(|(_, name)| !name.is_empty()) else {
            return Err(self.fault(at, format!("expected `{object}.…`, found `{word}`")));
        };
        let attribute = match &mut self.custom {
            Some(names) => Ok(Attribute::numbered(names, name)),
            None => Attribute::named(name).ok_or("is not an attribute that a device filter knows"),
        };
        let attribute = attribute.map_err(|why| self.fault(at, format!("`{name}` {why}")))?;
        let (at, token) = self.next()?;
        let Token::Word(word) = token else {
            return Err(self.fault(at, format!("expected an operator, found {token}")));
        };
        let (operator, negated, several) =
            operator(word).ok_or_else(|| self.fault(at, format!("`{word}` is not an operator")))?;
        if self.custom.is_none() && !takes(attribute.kind(), operator, several) {
            let message = format!("`{}` does not take `{word}`", attribute.name());
            return Err(self.fault(at, message));
        }
        let values = if several { self.values()? } else { vec![self.value()?] };
        Ok(Comparison { attribute, operator, negated, values })
    }

    fn value(&mut self) -> Result<String, RuleError> {
        let (at, token) = self.next()?;
        match token {
            Token::Quoted(value) if value.is_empty() => Err(self.fault(at, "the value is empty".into())),
            Token::Quoted(value) => Ok(value),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => {
                let message =
                    "null is not a value: an unset attribute matches no positive operator".to_owned();
                Err(self.fault(at, message))
            }
            Token::Word(word) if !word.starts_with('-') => Ok(word.to_owned()),
            token => Err(self.fault(at, format!("expected a value, found {token}"))),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, RuleError> {
        let (at, token) = self.next()?;
        if token != Token::OpenList {
            return Err(self.fault(at, format!("expected `[`, found {token}")));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            match self.next()? {
                (_, Token::Comma) => {}
                (_, Token::CloseList) => return Ok(values),
                (at, token) => return Err(self.fault(at, format!("expected `,` or `]`, found {token}"))),
            }
        }
    }
}

fn one_or(mut rules: Vec<Rule>, several: impl Fn(Vec<Rule>) -> Rule) -> Rule {
    match rules.pop() {
        Some(rule) if rules.is_empty() => rule,
        Some(rule) => {
            rules.push(rule);
            several(rules)
        }
        None => several(rules),
    }
}

/// Positive operator, whether it is negated, and whether it takes a list.
fn operator(word: &str) -> Option<(Operator, bool, bool)> {
    Some(match word.to_ascii_lowercase().as_str() {
        "-eq" => (Operator::Equals, false, false),
        "-ne" => (Operator::Equals, true, false),
        "-startswith" => (Operator::StartsWith, false, false),
        "-notstartswith" => (Operator::StartsWith, true, false),
        "-endswith" => (Operator::EndsWith, false, false),
        "-notendswith" => (Operator::EndsWith, true, false),
        "-contains" => (Operator::Contains, false, false),
        "-notcontains" => (Operator::Contains, true, false),
        "-in" => (Operator::Equals, false, true),
        "-notin" => (Operator::Equals, true, true),
        _ => return None,
    })
}

const fn takes(kind: AttributeType, operator: Operator, several: bool) -> bool {
    match kind {
        AttributeType::Text => true,
        AttributeType::Id => matches!(operator, Operator::Equals),
        AttributeType::Choice => matches!(operator, Operator::Equals) && !several,
        AttributeType::List => matches!(operator, Operator::Contains),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_binds_tighter_than_and_and_and_tighter_than_or() {
        let flat = parse(r#"-not device.model -eq "a" -and device.model -eq "b" -or device.model -eq "c""#);
        let nested =
            parse(r#"((-not (device.model -eq "a")) -and (device.model -eq "b")) or (device.model -eq "c")"#);
        assert_eq!(flat.unwrap(), nested.unwrap());
    }

    #[test]
    fn quotes_are_escaped_by_backslash_or_backtick() {
        for rule in [r#"device.model -eq "a\"b""#, "device.model -eq \"a`\"b\"", r#"device.model -eq 'a"b'"#]
        {
            let Rule::Comparison(comparison) = parse(rule).unwrap() else { panic!("{rule}") };
            assert_eq!(comparison.values, ["a\"b"], "{rule}");
        }
    }

    #[test]
    fn faults_are_named_at_their_position() {
        for (rule, position, part) in [
            ("", 0, "found the end"),
            ("device.modle -eq \"a\"", 0, "`modle`"),
            ("user.model -eq \"a\"", 0, "expected `device.…`"),
            ("device.model -is \"a\"", 13, "`-is`"),
            ("device.model \"a\"", 13, "expected an operator"),
            ("device.model -eq", 16, "expected a value"),
            ("device.model -eq \"a", 17, "no end"),
            ("device.model -eq null", 17, "null"),
            ("device.model -in \"a\"", 17, "expected `[`"),
            ("device.model -in [\"a\" \"b\"]", 22, "expected `,`"),
            ("(device.model -eq \"a\"", 21, "expected `)`"),
            ("device.model -eq \"a\" device", 21, "expected `-and`"),
            ("device.isCompliant -startsWith \"T\"", 19, "does not take"),
            ("device.deviceId -contains \"T\"", 16, "does not take"),
            ("device.physicalIds -eq \"T\"", 19, "does not take"),
            ("device.trustType -in [\"T\"]", 17, "does not take"),
            ("device.model -eq \"æøå\" x", 23, "expected `-and`"),
        ] {
            let error = parse(rule).unwrap_err();
            assert_eq!(error.position, position, "{rule}: {}", error.message);
            assert!(error.message.contains(part), "{rule}: {}", error.message);
        }
    }

    #[test]
    fn length_and_depth_are_limited() {
        let long = format!("device.model -eq \"{}\"", "a".repeat(MAX_LENGTH));
        assert!(parse(&long).unwrap_err().message.contains("the limit is 3072"));
        let fits = format!("device.model -eq \"{}\"", "a".repeat(MAX_LENGTH - 19));
        assert!(parse(&fits).is_ok());
        let deep = format!("{}device.model -eq a{}", "(".repeat(65), ")".repeat(65));
        assert!(parse(&deep).unwrap_err().message.contains("nested"));
        let flat = vec!["(device.model -eq a)"; 100].join(" -or ");
        assert!(parse(&flat).is_ok());
    }
}
