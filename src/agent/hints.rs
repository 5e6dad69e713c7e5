//! Client hints (WICG User-Agent Client Hints) against the user agent.
//!
//! Pages cannot set `Sec-` headers, so a tool that forges the user agent must forge these too, and few do. Real
//! clients contradict themselves as well: applications override the user agent of their WebView and keep its
//! hints, "request desktop site" changes the user agent first. Each finding states what is known to cause it
//! innocently; none of them alone makes a person a bot.

use super::claims::Claims;
use super::input::MAX_BYTES;
use super::table::Mark;
use super::{Finding, Findings, Heard};
use crate::request::{Header, Http, Platform};

/// Chromium releases from here on send `Sec-CH-UA` over HTTPS by default (chromestatus.com 5995832180473856).
const FIRST_CHROME: u32 = 89;
/// The first Chromium with brands, before they were on by default.
const FIRST_BRANDS: u32 = 84;
/// Chromium for Android's WebView sends them from here on.
const FIRST_WEBVIEW: u32 = 116;

/// The brand list, read once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brands {
    /// Major version of `Chromium`.
    pub chromium: Option<u32>,
    /// `HeadlessChrome` is listed.
    pub headless: bool,
    /// `Android WebView` is listed.
    pub webview: bool,
    /// A deliberately nonsensical brand is listed, as every build does.
    pub grease: bool,
    /// Brands listed.
    pub count: u32,
}

impl Brands {
    /// Reads `Sec-CH-UA`: `"Chromium";v="140", "Not=A?Brand";v="24"`. Quotes may be missing: some browsers forget
    /// them. Linear, and capped.
    pub fn read(value: &str) -> Self {
        let mut brands = Self::default();
        let value = value.as_bytes();
        let mut rest = value.get(..MAX_BYTES).unwrap_or(value);
        while let Some(at) = find(rest, b";v=") {
            let (name, after) = rest.split_at_checked(at).unwrap_or_default();
            let version = after.get(3..).unwrap_or_default();
            let digits =
                version.iter().skip_while(|byte| **byte == b'"').take(6).take_while(|b| b.is_ascii_digit());
            let major = digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
            brands.count += 1;
            if ends(name, b"HeadlessChrome") {
                brands.headless = true;
            } else if ends(name, b"Chromium") {
                brands.chromium = Some(major);
            } else if ends(name, b"Android WebView") {
                brands.webview = true;
            } else if contains_not(name) {
                brands.grease = true;
            }
            rest = match version.iter().position(|byte| *byte == b',') {
                Some(comma) => version.get(comma + 1..).unwrap_or_default(),
                None => &[],
            };
        }
        brands
    }
}

/// The application that an Android WebView belongs to: its `X-Requested-With`. That of scripts is `XMLHttpRequest`.
pub fn package<'h>(http: &'h Http<'_>) -> Option<&'h str> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    let value = http.header(Header::XRequestedWith)?.trim();
    (value.contains('.') && value.bytes().all(part)).then_some(value)
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

/// Whether the brand, which may be quoted, is this one.
fn ends(name: &[u8], brand: &[u8]) -> bool {
    name.trim_ascii().strip_suffix(b"\"").unwrap_or(name).ends_with(brand)
}

/// GREASE brands are spellings of "Not a brand": `"Not)A;Brand"`, `" Not A;Brand"`, `".Not/A)Brand"`.
fn contains_not(name: &[u8]) -> bool {
    find(name, b"Not").is_some() && find(name, b"Brand").is_some()
}

/// Compares the hints with what the user agent says.
pub fn check(http: &Http<'_>, claims: &Claims, Heard { brands, package }: Heard, findings: &mut Findings) {
    let chromium = claims.marks.has(Mark::Chrome) && claims.chrome > 0;
    // A WebView that names itself hides nothing: its application overrides the user agent, and many do.
    let webview = brands.is_some_and(|brands| brands.webview) || package;
    if let Some(brands) = brands {
        match brands.chromium {
            _ if webview => {}
            // A browser of its own version scheme may list Chromium under its own number, hence only with GREASE
            // in place, and a number that Chromium has had since there are brands, is it taken for Chromium's.
            Some(major @ FIRST_BRANDS..1_000) if chromium && major != claims.chrome && brands.grease => {
                findings.insert(Finding::BrandMismatch)
            }
            // Firefox and Safari have no brands at all.
            Some(_) if !chromium && claims.engine() => findings.insert(Finding::BrandMismatch),
            _ => {}
        }
        if brands.headless && !claims.headless {
            findings.insert(Finding::BrandMismatch);
        }
        if brands.count > 0 && !brands.grease && chromium && claims.chrome >= FIRST_CHROME {
            findings.insert(Finding::GreaseMissing);
        }
    } else if chromium && absent_against_the_rule(http, claims, package) {
        findings.insert(Finding::ClientHintsMissing);
    }
    if let (Some(hinted), Some(said)) = (http.header(Header::SecChUaPlatform).and_then(platform), claims.platform)
        && hinted != said
        && !webview
        // Chrome for Android in desktop mode and Android televisions say Linux.
        && !(hinted == Platform::Android && said == Platform::Linux)
        && !(hinted == Platform::Linux && said == Platform::Other)
    {
        findings.insert(Finding::PlatformMismatch);
    }
    match http.header(Header::SecChUaMobile).map(str::trim) {
        Some("?1") if claims.engine() && !claims.marks.has(Mark::Mobile) => {
            findings.insert(Finding::MobileMismatch)
        }
        Some("?0") if chromium && claims.marks.has(Mark::Mobile) => findings.insert(Finding::MobileMismatch),
        _ => {}
    }
}

/// Hints are the rule for Chromium of that age over HTTPS. Hosts that report the user agent alone prove nothing, so
/// the request must carry another header that all browsers send.
fn absent_against_the_rule(http: &Http<'_>, claims: &Claims, package: bool) -> bool {
    let webview = claims.marks.has(Mark::Webview) || package;
    let first = if webview { FIRST_WEBVIEW } else { FIRST_CHROME };
    http.scheme.as_deref() == Some("https")
        // A preflight carries no hints.
        && http.method.as_deref() != Some("OPTIONS")
        && claims.chrome >= first
        && !matches!(claims.platform, Some(Platform::Ios | Platform::Other) | None)
        && (http.header(Header::AcceptLanguage).is_some() || http.header(Header::AcceptEncoding).is_some())
}

/// `Sec-CH-UA-Platform`, quoted or not.
fn platform(value: &str) -> Option<Platform> {
    Some(match value.trim().trim_matches('"') {
        "Windows" => Platform::Windows,
        "macOS" => Platform::MacOs,
        "Linux" => Platform::Linux,
        "Android" => Platform::Android,
        "iOS" => Platform::Ios,
        "Chrome OS" | "Chromium OS" | "Fuchsia" => Platform::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Brands;

    #[test]
    fn brands_are_read_quoted_and_bare() {
        let brands = Brands::read(
            r#""Chromium";v="140.0.7339.16", "Not=A?Brand";v="24.0.0.0", "HeadlessChrome";v="140""#,
        );
        assert_eq!(
            (brands.chromium, brands.headless, brands.grease, brands.count),
            (Some(140), true, true, 3)
        );
        let bare = Brands::read(r#"Microsoft Edge;v="86", "Chromium";v="86", ";Not A Brand";v="99""#);
        assert_eq!((bare.chromium, bare.grease, bare.count), (Some(86), true, 3));
        assert_eq!(Brands::read("").count, 0);
        assert_eq!(Brands::read(";v=;v=,;v=").chromium, None);
    }
}
