//! Names out of the regular expressions that lists of bots are made of.

/// Literal tokens of a pattern, in the notation of the catalogue: `^Name` at the start only, `Name/` as a product only.
/// What is no name (wildcards, classes, optional parts) ends a token.
pub fn tokens(pattern: &str) -> Vec<String> {
    split(pattern)
        .into_iter()
        .flat_map(|alternative| expand(&alternative))
        .filter_map(|one| literal(&one))
        .collect()
}

/// Whether a token says enough to name anybody: three letters, or digits enough.
pub fn is_telling(token: &str) -> bool {
    let text = token.trim_start_matches(['^', '=', ';']);
    text.chars().filter(|c| c.is_alphanumeric()).count() >= 3
        && text.chars().any(char::is_alphabetic)
        // Forged browsers are a matter of structure; as names they would take every browser along.
        && !text.to_lowercase().contains("mozilla")
        && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// Splits at the alternations of the outermost level.
fn split(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut class, mut escaped) = (0_i32, false, false);
    for c in pattern.chars() {
        match c {
            '(' if !escaped && !class => depth += 1,
            ')' if !escaped && !class => depth -= 1,
            '[' if !escaped => class = true,
            ']' if !escaped => class = false,
            '|' if !escaped && !class && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// Where the group that begins the text ends.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut class, mut escaped) = (0_i32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Multiplies the alternatives of the first group out, those of the groups inside it as well.
fn expand(pattern: &str) -> Vec<String> {
    // Where a name may begin: that is what catalogue names do anyway.
    if let Some(rest) = pattern.strip_prefix("(^| )") {
        return expand(rest);
    }
    let mut escaped = false;
    let open = pattern.char_indices().find(|&(_, c)| {
        let found = c == '(' && !escaped;
        escaped = c == '\\' && !escaped;
        found
    });
    let Some((open, _)) = open else { return vec![pattern.to_owned()] };
    let (head, tail) = pattern.split_at(open);
    let Some(close) = closing(tail) else { return vec![head.to_owned()] };
    let inner = tail.get(1..close).unwrap_or_default().trim_start_matches("?:");
    let rest = tail.get(close + 1..).unwrap_or_default();
    if inner.starts_with("?<") || inner.starts_with("?!") || inner.replace("\\$", "").contains('$') {
        return vec![head.to_owned()];
    }
    let (optional, rest) = match rest.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut all: Vec<String> =
        split(inner).iter().flat_map(|part| expand(&format!("{head}{part}{rest}"))).collect();
    if optional {
        all.extend(expand(&format!("{head}{rest}")));
    }
    all
}

/// The longest literal stretch.
fn literal(pattern: &str) -> Option<String> {
    let mut pieces = vec![String::new()];
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = pieces.last_mut()?;
        match c {
            '\\' => match chars.next() {
                Some('s') => piece.push(' '),
                Some(c) if c.is_ascii_alphanumeric() => pieces.push(String::new()),
                Some(c) => piece.push(c),
                None => {}
            },
            '[' => {
                let class: String = chars.by_ref().take_while(|&c| c != ']').collect();
                let mut letters = class.chars();
                match (letters.next(), letters.next(), letters.next()) {
                    (Some(one), Some(other), None) if one.eq_ignore_ascii_case(&other) => piece.push(one),
                    _ => pieces.push(String::new()),
                }
            }
            '?' => {
                piece.pop();
                pieces.push(String::new());
            }
            '*' | '+' | '{' => {
                piece.pop();
                if c == '{' {
                    chars.by_ref().find(|&c| c == '}');
                }
                pieces.push(String::new());
            }
            // Authors of lists rarely escape the dot of a domain.
            '.' if !matches!(chars.peek(), Some('*' | '+' | '?')) => piece.push('.'),
            '.' | '(' | ')' | '$' | '|' => pieces.push(String::new()),
            c => piece.push(c),
        }
    }
    if let Some(whole) = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'))
        && whole.len() >= 3
        && whole
            .replace("\\.", "")
            .replace("\\/", "")
            .chars()
            .all(|c| c.is_alphanumeric() || "-_/ ".contains(c))
    {
        return Some(format!("=={}", whole.replace('\\', "")));
    }
    let anchored = pieces.first().is_some_and(|first| first.starts_with('^') && first.len() > 3);
    let token = if anchored { pieces.swap_remove(0) } else { pieces.into_iter().max_by_key(String::len)? };
    let token = token.trim();
    let token = if anchored { token } else { token.trim_start_matches('^') };
    let token = token.strip_suffix('(').unwrap_or(token).trim();
    (!token.is_empty())
        .then(|| if anchored { token.trim_end_matches('/').to_owned() } else { token.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_of_patterns() {
        for (pattern, names) in [
            (r"Googlebot\/", &["Googlebot/"][..]),
            (r"^Apache-HttpClient", &["^Apache-HttpClient"]),
            (r"^Spotify\/1\.0$", &["==Spotify/1.0"]),
            (r"[wW]get", &["wget"]),
            (r"Ahrefs(Bot|SiteAudit)", &["AhrefsBot", "AhrefsSiteAudit"]),
            (r"AdsBot-Google([^-]|$)", &["AdsBot-Google"]),
            (r"Spider[\s\S]*spider\.com", &["spider.com"]),
            (r"Netumo|netumo", &["Netumo", "netumo"]),
            (r"(^| )PTST\/", &["PTST/"]),
            (r"Pinterest(bot)?\/", &["Pinterestbot/", "Pinterest/"]),
            (r"(One(?:-[a-z]{1,30}|)|Two\$)/(\d+)", &["One-", "One/", "Two$/"]),
        ] {
            assert_eq!(tokens(pattern), names, "{pattern}");
        }
        assert!(!is_telling("^a1"));
    }
}
