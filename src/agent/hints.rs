//! Client hints (WICG User-Agent Client Hints) against the user agent.
//!
//! Pages cannot set `Sec-` headers, so a tool that forges the user agent must forge these too, and few do. Real
//! clients contradict themselves as well: applications override the user agent of their WebView and keep its
//! hints, "request desktop site" changes the user agent first. Each finding states what is known to cause it
//! innocently; none of them alone makes a person a bot.

use super::claims::Claims;
use super::input::MAX_BYTES;
use super::table::Mark;
use super::{DeviceKind, Finding, Findings, Heard};
use crate::request::{Header, Http, Platform};

/// Chromium releases from here on send `Sec-CH-UA` over HTTPS by default (chromestatus.com 5995832180473856).
const FIRST_CHROME: u32 = 89;
/// The first Chromium with brands, before they were on by default.
const FIRST_BRANDS: u32 = 84;
/// Chromium for Android's WebView sends them from here on.
const FIRST_WEBVIEW: u32 = 116;

/// Products whose vendors name them in the user agent and in the brands alike, and by what: Chrome by having no other name.
/// Others say one thing here and another there, as Vivaldi and Brave, who call themselves Chrome. Names in user agents are
/// the families of `data/agents/words.toml`, those of brands as they begin.
/// Sources: learn.microsoft.com/microsoft-edge/web-platform/user-agent-guidance,
/// developer.samsung.com/internet/user-agent-string-format, blogs.opera.com (brand `Opera` since Opera 76).
const PRODUCTS: [(&str, &[u8]); 5] = [
    ("Chrome", b"Google Chrome"),
    ("Edge", b"Microsoft Edge"),
    ("Opera", b"Opera"),
    ("Opera GX", b"Opera"),
    ("Samsung Internet", b"Samsung Internet"),
];

/// The brand list, read once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brands {
    /// Major version of `Chromium`.
    pub chromium: Option<u32>,
    /// Of the products, a bit for each that is listed.
    pub products: u8,
    /// `HeadlessChrome` is listed.
    pub headless: bool,
    /// A WebView is listed, Android's or Edge's: the application around it writes the user agent.
    pub webview: bool,
    /// A deliberately nonsensical brand is listed, as every build does.
    pub grease: bool,
    /// Brands listed.
    pub count: u32,
}

impl Brands {
    /// Reads `Sec-CH-UA` or `Sec-CH-UA-Full-Version-List`: `"Chromium";v="140", "Not=A?Brand";v="24"`. Quotes may be
    /// missing: some browsers forget them. Linear, and capped.
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
            match unquoted(name) {
                b"HeadlessChrome" => brands.headless = true,
                b"Chromium" => brands.chromium = Some(major),
                b"Android WebView" | b"Microsoft Edge WebView2" => brands.webview = true,
                name if contains_not(name) => brands.grease = true,
                name => brands.products |= bits(|(_, brand)| name.starts_with(brand)),
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

/// The name of a brand, which may be quoted.
fn unquoted(name: &[u8]) -> &[u8] {
    let name = name.trim_ascii();
    let name = name.strip_prefix(b"\"").unwrap_or(name);
    name.strip_suffix(b"\"").unwrap_or(name)
}

/// Which of the products are such.
fn bits(is: impl Fn(&(&str, &[u8])) -> bool) -> u8 {
    PRODUCTS.iter().enumerate().fold(0, |bits, (place, product)| bits | u8::from(is(product)) << place)
}

/// GREASE brands are spellings of "Not a brand": `"Not)A;Brand"`, `" Not A;Brand"`, `".Not/A)Brand"`.
fn contains_not(name: &[u8]) -> bool {
    find(name, b"Not").is_some() && find(name, b"Brand").is_some()
}

/// Compares the hints with what the user agent says.
pub fn check(
    http: &Http<'_>,
    claims: &Claims,
    Heard { brands, package, .. }: Heard,
    findings: &mut Findings,
) {
    let chromium = claims.marks.has(Mark::Chrome) && claims.chrome > 0;
    // A WebView that names itself hides nothing: its application overrides the user agent, and many do.
    let webview = brands.is_some_and(|brands| brands.webview) || package;
    if let Some(brands) = brands {
        if contradicts(http, claims, brands, webview) {
            findings.insert(Finding::BrandMismatch);
        }
        if brands.count > 0 && !brands.grease && chromium && claims.chrome >= FIRST_CHROME {
            findings.insert(Finding::GreaseMissing);
        }
    } else if chromium && absent_against_the_rule(http, claims, package) {
        findings.insert(Finding::ClientHintsMissing);
    }
    if let Some(hinted) = http.header(Header::SecChUaPlatform)
        && !webview
        && other_platform(hinted.trim().trim_matches('"'), claims)
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

/// Whether the brands are none that a browser of this user agent has.
#[inline(never)]
fn contradicts(http: &Http<'_>, claims: &Claims, brands: Brands, webview: bool) -> bool {
    let chromium = claims.marks.has(Mark::Chrome) && claims.chrome > 0;
    let other_version = match brands.chromium {
        _ if webview => false,
        // A browser of its own version scheme may list Chromium under its own number, hence only with GREASE
        // in place, and a number that Chromium has had since there are brands, is it taken for Chromium's.
        Some(major @ FIRST_BRANDS..1_000) if chromium => major != claims.chrome && brands.grease,
        // Firefox and Safari have no brands at all.
        Some(_) => !chromium && claims.engine(),
        None => false,
    };
    other_version
        || brands.headless && !claims.headless
        || !webview && chromium && other_product(claims, &brands)
        || whole_versions(http).is_some_and(|whole| {
            whole.products != brands.products
                || whole.chromium.is_some_and(|major| brands.chromium != Some(major))
        })
}

/// The brands of `Sec-CH-UA`, or of the list with whole versions where a host hands on that alone.
pub fn brands(http: &Http<'_>) -> Option<Brands> {
    let listed = |brands: &Brands| brands.count > 0;
    http.header(Header::SecChUa).map(Brands::read).filter(listed).or_else(|| whole_versions(http))
}

/// The brands with whole versions, if they are sent.
fn whole_versions(http: &Http<'_>) -> Option<Brands> {
    http.header(Header::SecChUaFullVersionList).map(Brands::read).filter(|brands| brands.count > 0)
}

/// Whether the brands name products, and not the one that the user agent names.
fn other_product(claims: &Claims, brands: &Brands) -> bool {
    let said = claims.browser.map_or(0, |browser| bits(|(family, _)| *family == browser.name));
    said != 0 && brands.products != 0 && said & brands.products == 0
}

/// Whether a platform, as the hints name it, is none on which a browser writes such a user agent.
fn other_platform(hinted: &str, claims: &Claims) -> bool {
    let (Some(platform), Some(said)) = (platform(hinted), claims.platform) else { return false };
    let desktop = claims.device_kind == Some(DeviceKind::Desktop);
    match (platform, said) {
        // Chrome for Android in desktop mode and Android televisions say Linux.
        (Platform::Android, Platform::Linux) => false,
        // So do browsers of televisions and cars, in their hints; not those of Chrome OS, which is a desktop's.
        (Platform::Linux, Platform::Other) => desktop,
        (Platform::Other, Platform::Other) => {
            hinted.starts_with("Chrom") && claims.device_kind.is_some() && !desktop
        }
        _ => platform != said,
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

/// `Sec-CH-UA-Platform` (wicg.github.io/ua-client-hints, §3.8).
fn platform(value: &str) -> Option<Platform> {
    Some(match value {
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
    use super::{Brands, PRODUCTS, bits};

    #[test]
    fn products_are_told_by_their_brand() {
        let named = |value: &str| {
            let listed = Brands::read(value).products;
            let is_listed = |(place, _): &(usize, &(&str, &[u8]))| listed >> place & 1 != 0;
            PRODUCTS.iter().enumerate().filter(is_listed).map(|(_, (family, _))| *family).collect::<Vec<_>>()
        };
        assert_eq!(named(r#""Chromium";v="140", "Microsoft Edge";v="140", "Not=A?Brand";v="24""#), ["Edge"]);
        assert_eq!(named(r#""OperaMobile";v="80", ";Not A Brand";v="99""#), ["Opera", "Opera GX"]);
        assert_eq!(named(r#""Brave";v="140", "Chromium";v="140""#), [""; 0]);
        assert!(Brands::read(r#""Microsoft Edge WebView2";v="140""#).webview);
        assert_eq!(bits(|(family, _)| *family == "Vivaldi"), 0);
    }

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
