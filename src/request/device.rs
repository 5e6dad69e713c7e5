//! The device, as the identity provider or device management knows it.

use serde::{Deserialize, Serialize};

use super::Text;

/// Device facts. Attribute names are those of Entra's device filter (FEATURES of the rule language are in
/// `policy::device_filter`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Device<'a> {
    /// `false`: known to be unregistered, so every attribute is known to be null.
    pub is_registered: Option<bool>,
    /// Meets its compliance policy.
    pub is_compliant: Option<bool>,
    /// How it is joined.
    pub trust_type: Option<TrustType>,
    /// Operating system as managed; more trustworthy than what the user agent claims.
    pub platform: Option<Platform>,
    /// Object id.
    pub device_id: Option<Text<'a>>,
}

/// Entra `trustType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrustType {
    /// Entra joined.
    AzureAD,
    /// Hybrid joined.
    ServerAD,
    /// Registered.
    Workplace,
}

/// Graph `conditionalAccessDevicePlatform`, plus what the condition can not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// Android.
    #[serde(rename = "android")]
    Android,
    /// iOS and iPadOS.
    #[serde(rename = "iOS")]
    Ios,
    /// Windows.
    #[serde(rename = "windows")]
    Windows,
    /// Windows Phone.
    #[serde(rename = "windowsPhone")]
    WindowsPhone,
    /// macOS.
    #[serde(rename = "macOS")]
    MacOs,
    /// Linux desktops.
    #[serde(rename = "linux")]
    Linux,
    /// Known, and none of the platforms a policy can name: televisions, consoles, ChromeOS.
    #[serde(rename = "other")]
    Other,
}

impl Platform {
    /// The name Graph uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "iOS",
            Self::Windows => "windows",
            Self::WindowsPhone => "windowsPhone",
            Self::MacOs => "macOS",
            Self::Linux => "linux",
            Self::Other => "other",
        }
    }
}
