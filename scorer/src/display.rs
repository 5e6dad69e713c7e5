//! Agents as people read them: an edge reports `Chrome/windows`, which is a key and no name.

use edgeward::request::Platform;
use serde::Serialize;
use woothee::dataset::DATASET;

/// An agent that an identity was seen with.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownAgent {
    /// As the edge reports it: `family/platform`, or `family` alone.
    key: String,
    /// For people: `Chrome on Windows`.
    display_name: String,
    /// Who makes it, where woothee knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'static str>,
}

impl ShownAgent {
    /// Of a key. A family may be a client's own words; they stand as they are.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let known =
            key.rsplit_once('/').and_then(|(family, platform)| Some((family, Platform::parse(platform)?)));
        let (family, system) = known.map_or((key, None), |(family, platform)| (family, system(platform)));
        let display_name = system.map_or_else(|| family.to_owned(), |system| format!("{family} on {system}"));
        // Its parser is for whole user agents, which never come here.
        let vendor = DATASET.values().find(|known| known.name == family).map(|known| known.vendor);
        Self { key: key.to_owned(), display_name, vendor: vendor.filter(|vendor| !vendor.is_empty()) }
    }
}

const fn system(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Windows => Some("Windows"),
        Platform::WindowsPhone => Some("Windows Phone"),
        Platform::MacOs => Some("macOS"),
        Platform::Ios => Some("iOS"),
        Platform::Android => Some("Android"),
        Platform::Linux => Some("Linux"),
        Platform::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_names() {
        for (key, name, vendor) in [
            ("Chrome/windows", "Chrome on Windows", Some("Google")),
            ("Safari/iOS", "Safari on iOS", Some("Apple")),
            ("Internet Explorer/windows", "Internet Explorer on Windows", Some("Microsoft")),
            ("Firefox", "Firefox", Some("Mozilla")),
            ("Yandex Browser/android", "Yandex Browser on Android", Some("Yandex")),
            ("Samsung Internet/android", "Samsung Internet on Android", None),
            ("Silk/other", "Silk", None),
            ("Googlebot", "Googlebot", None),
            ("libwww-perl", "libwww-perl", None),
            ("a client/of its own words", "a client/of its own words", None),
            ("unknown/linux", "unknown on Linux", None),
            ("", "", None),
        ] {
            let shown = ShownAgent::of(key);
            assert_eq!((shown.display_name.as_str(), shown.vendor), (name, vendor), "{key}");
            assert_eq!(shown.key, key);
        }
    }
}
