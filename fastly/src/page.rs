//! The page a person sees instead of the application: no script, no other resource. It is the page of
//! `js/src/page.ts`, so that people see one and the same whatever edge they meet.

/// What it says.
#[derive(Debug, Clone)]
pub struct Page {
    /// What happened.
    pub title: &'static str,
    /// What it means.
    pub text: String,
    /// For the person to quote.
    pub support_code: String,
    /// Where to go on, if anywhere: a label and an address.
    pub link: Option<(&'static str, String)>,
}

/// Nothing but the page's own style may load or run.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &[&str] = &[
    r":root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6878;--paper:#f4f6f8;--card:#fff;--line:#dce2e9;--mark:#b3261e}",
    r"@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa7b6;--paper:#10151b;--card:#181f28;--line:#2a3441;--mark:#f2867e}}",
    r"*{box-sizing:border-box}",
    r"body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);",
    r#"font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}"#,
    r"main{max-width:30rem;width:100%;padding:2rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--mark);border-radius:.6rem}",
    r"h1{margin:0 0 .6rem;font-size:1.35rem;line-height:1.3}",
    r"p{margin:0 0 1rem;color:var(--soft)}",
    r"a{color:inherit}",
    r"dl{margin:1.4rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line)}",
    r"dt{font-size:.8rem;color:var(--soft)}",
    r"dd{margin:.15rem 0 0;font:600 1.05rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}",
];

impl Page {
    /// The HTML.
    #[must_use]
    pub fn render(&self) -> String {
        let (title, text, code) = (escape(self.title), escape(&self.text), escape(&self.support_code));
        let style = STYLE.concat();
        let way = self
            .link
            .as_ref()
            .map(|(label, address)| format!(r#"<p><a href="{}">{}</a></p>"#, escape(address), escape(label)));
        let way = way.unwrap_or_default();
        format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>{title}</title><style>{style}</style></head><body><main><h1>{title}</h1><p>{text}</p>{way}<dl><dt>Support code</dt><dd>{code}</dd></dl></main></body></html>"#
        )
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_page_of_the_other_edges() {
        let theirs = include_str!("../../js/src/page.ts");
        for line in STYLE.iter().chain(&[CONTENT_SECURITY_POLICY]) {
            assert!(theirs.contains(line), "js/src/page.ts has no `{line}`");
        }
    }

    #[test]
    fn nothing_written_into_it_is_markup() {
        let page = Page {
            title: "a<b",
            text: "<script>'\"&".to_owned(),
            support_code: "<i>".to_owned(),
            link: Some(("on", "/x?a=1&b=\"".to_owned())),
        };
        let html = page.render();
        assert!(html.contains("<title>a&lt;b</title>") && html.contains("&lt;script&gt;&#39;&quot;&amp;"));
        assert!(html.contains(r#"<p><a href="/x?a=1&amp;b=&quot;">on</a></p>"#));
        assert!(!html.contains("<script") && !html.contains("<i>"));
    }
}
