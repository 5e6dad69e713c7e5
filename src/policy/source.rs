//! The policies as they were written, for answers that repeat them.

/// Members of each policy, as JSON text without white space.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<String>);

impl Sources {
    /// Of the JSON array that a set was parsed from. What an earlier answer said of a policy is no member of it.
    ///
    /// ```
    /// use edgeward::policy::Sources;
    /// let sources = Sources::of(r#"[ {"id": "a b", "policyApplies": true}, {} ]"#);
    /// assert_eq!(sources.members(0), r#""id":"a b""#);
    /// ```
    #[must_use]
    pub fn of(policies: &str) -> Self {
        let members = |policy: &str| {
            let kept = pieces(policy).into_iter().filter(|member| {
                !["\"policyApplies\"", "\"analysisReasons\""].iter().any(|name| member.starts_with(name))
            });
            without_white_space(&kept.collect::<Vec<_>>().join(","))
        };
        Self(pieces(policies).into_iter().map(members).collect())
    }

    /// Members of a policy, by its place: the text between the braces.
    #[must_use]
    pub fn members(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }
}

/// Elements of an array, or members of an object. The text has been read as JSON before.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let mut quotes = Quotes::default();
    for (at, character) in text.char_indices() {
        if quotes.hold(character) {
            continue;
        }
        match character {
            '[' | '{' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            ',' if depth == 1 => {
                pieces.extend(text.get(start..at));
                start = at + 1;
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    pieces.extend(text.get(start..at));
                }
            }
            _ => {}
        }
    }
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

fn without_white_space(text: &str) -> String {
    let mut quotes = Quotes::default();
    text.chars().filter(|character| quotes.hold(*character) || !character.is_ascii_whitespace()).collect()
}

/// Whether a character is within quotes.
#[derive(Default)]
struct Quotes {
    open: bool,
    escaped: bool,
}

impl Quotes {
    fn hold(&mut self, character: char) -> bool {
        let was_open = self.open;
        if character == '"' && !self.escaped {
            self.open = !self.open;
        }
        self.escaped = was_open && character == '\\' && !self.escaped;
        was_open || self.open
    }
}

#[cfg(test)]
mod tests {
    use super::Sources;

    #[test]
    fn quotes_brackets_and_commas_in_texts_are_text() {
        let sources = Sources::of(
            "\n[ {\"displayName\" : \"a\\\", ]} \\\\\",\n \"x\": [1, {\"y\" : [ ]} ]} , {} ,{\"analysisReasons\":\"notSet\", \"z\":null}]",
        );
        assert_eq!(sources.members(0), r#""displayName":"a\", ]} \\","x":[1,{"y":[]}]"#);
        assert_eq!((sources.members(1), sources.members(2), sources.members(3)), ("", r#""z":null"#, ""));
    }
}
