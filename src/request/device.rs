//! The device, as the identity provider or device management knows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Text;
use crate::read::record;
use crate::vocabulary::vocabulary;

/// Device facts. Names are those of the attributes of Entra's device filter. An empty text is an attribute that is
/// known to be unset.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    /// Application id of the device management.
    pub mdm_app_id: Option<Text<'a>>,
    /// Display name.
    pub display_name: Option<Text<'a>>,
    /// Profile it was enrolled with.
    pub enrollment_profile_name: Option<Text<'a>>,
    /// Maker.
    pub manufacturer: Option<Text<'a>>,
    /// Model.
    pub model: Option<Text<'a>>,
    /// Operating system, as the directory writes it: `Windows`, `iOS`.
    pub operating_system: Option<Text<'a>>,
    /// Version of the operating system.
    pub operating_system_version: Option<Text<'a>>,
    /// `Personal` or `Company`.
    pub device_ownership: Option<Text<'a>>,
    /// `RegisteredDevice`, `SecureVM`, `Printer`, `Shared` or `IoT`.
    pub profile_type: Option<Text<'a>>,
    /// Identifiers of the hardware.
    pub physical_ids: Option<Vec<Text<'a>>>,
    /// Labels.
    pub system_labels: Option<Vec<Text<'a>>>,
    /// `extensionAttribute1` … `extensionAttribute15`, as in Graph's `device`. Where the object is given, those it
    /// leaves out are known to be unset.
    pub extension_attributes: Option<BTreeMap<Text<'a>, Option<Text<'a>>>>,
    /// What became of the device's sealed cookie.
    pub cookie: Option<DeviceCookie>,
}

record!(Device<'a> {
    "isRegistered" => Flag(is_registered),
    "isCompliant" => Flag(is_compliant),
    "trustType" => Name(trust_type),
    "platform" => Name(platform),
    "deviceId" => Text(device_id),
    "mdmAppId" => Text(mdm_app_id),
    "displayName" => Text(display_name),
    "enrollmentProfileName" => Text(enrollment_profile_name),
    "manufacturer" => Text(manufacturer),
    "model" => Text(model),
    "operatingSystem" => Text(operating_system),
    "operatingSystemVersion" => Text(operating_system_version),
    "deviceOwnership" => Text(device_ownership),
    "profileType" => Text(profile_type),
    "physicalIds" => Texts(physical_ids),
    "systemLabels" => Texts(system_labels),
    "extensionAttributes" => Named(extension_attributes),
    "cookie" => Name(cookie),
});

vocabulary! {
    /// Entra `trustType`.
    pub enum TrustType {
        /// Entra joined.
        AzureAD = "AzureAD",
        /// Hybrid joined.
        ServerAD = "ServerAD",
        /// Registered.
        Workplace = "Workplace",
    }
}

vocabulary! {
    /// What the host found of the sealed cookie it gives to devices.
    pub enum DeviceCookie {
        /// Opens, is this principal's, and is the newest of its line.
        Current = "current",
        /// Opens, but a newer one of its line was seen: two devices hold copies.
        Forked = "forked",
        /// None was sent, or what was sent does not open.
        None = "none",
    }
}

vocabulary! {
    /// Graph `conditionalAccessDevicePlatform`, plus what the condition can not name.
    pub enum Platform {
        /// Android.
        Android = "android",
        /// iOS and iPadOS.
        Ios = "iOS",
        /// Windows.
        Windows = "windows",
        /// Windows Phone.
        WindowsPhone = "windowsPhone",
        /// macOS.
        MacOs = "macOS",
        /// Linux desktops.
        Linux = "linux",
        /// Known, and none of the platforms a policy can name: televisions, consoles, ChromeOS.
        Other = "other",
    }
}
