//! The attributes a rule may name, and what a device has for them.

use crate::compiled::compiled;
use crate::fact::Fact;
use crate::request::{Device, Text, TrustType};

/// What kind of value an attribute has, which decides the operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum AttributeType {
    /// Compared as a whole: `-eq -ne`.
    Choice,
    /// An id: `-eq -ne -in -notIn`.
    Id,
    /// All operators.
    Text,
    /// `-contains -notContains`.
    List,
}

/// An attribute, by its place in [`ATTRIBUTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Attribute(u8);

compiled!(@wrapper Attribute);

const COUNT: usize = 29;

/// Name, type and fact of every attribute.
const ATTRIBUTES: [(&str, AttributeType, Fact); COUNT] = [
    ("deviceId", AttributeType::Id, Fact::DeviceId),
    ("mdmAppId", AttributeType::Id, Fact::DeviceMdmAppId),
    ("displayName", AttributeType::Text, Fact::DeviceDisplayName),
    ("enrollmentProfileName", AttributeType::Text, Fact::DeviceEnrollmentProfileName),
    ("manufacturer", AttributeType::Text, Fact::DeviceManufacturer),
    ("model", AttributeType::Text, Fact::DeviceModel),
    ("operatingSystem", AttributeType::Text, Fact::DeviceOperatingSystem),
    ("operatingSystemVersion", AttributeType::Text, Fact::DeviceOperatingSystemVersion),
    ("deviceOwnership", AttributeType::Choice, Fact::DeviceOwnership),
    ("isCompliant", AttributeType::Choice, Fact::DeviceIsCompliant),
    ("profileType", AttributeType::Choice, Fact::DeviceProfileType),
    ("trustType", AttributeType::Choice, Fact::DeviceTrustType),
    ("physicalIds", AttributeType::List, Fact::DevicePhysicalIds),
    ("systemLabels", AttributeType::List, Fact::DeviceSystemLabels),
    ("extensionAttribute1", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute2", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute3", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute4", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute5", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute6", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute7", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute8", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute9", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute10", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute11", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute12", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute13", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute14", AttributeType::Text, Fact::DeviceExtensionAttributes),
    ("extensionAttribute15", AttributeType::Text, Fact::DeviceExtensionAttributes),
];

impl Attribute {
    /// Compliance, which a grant control also asks for.
    pub(in crate::policy) const IS_COMPLIANT: Self = Self(9);
    /// How the device is joined, which a grant control also asks for.
    pub(in crate::policy) const TRUST_TYPE: Self = Self(11);

    /// By name, in any case. Graph's `deviceInfo` calls `deviceOwnership` just `ownership`.
    pub(in crate::policy) fn named(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("ownership") { "deviceOwnership" } else { name };
        let index = ATTRIBUTES.iter().position(|(known, ..)| known.eq_ignore_ascii_case(name))?;
        u8::try_from(index).ok().map(Self)
    }

    /// A custom attribute, by its place among the names found so far. A rule is too short for 256 names.
    pub(in crate::policy) fn numbered(names: &mut Vec<String>, name: &str) -> Self {
        let place = names.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        Self(u8::try_from(place).unwrap_or(u8::MAX))
    }

    /// The place that [`Self::numbered`] gave.
    pub(in crate::policy) fn number(self) -> usize {
        usize::from(self.0)
    }

    pub(in crate::policy) fn kind(self) -> AttributeType {
        ATTRIBUTES.get(usize::from(self.0)).map_or(AttributeType::Text, |(_, kind, _)| *kind)
    }

    pub(in crate::policy) fn name(self) -> &'static str {
        ATTRIBUTES.get(usize::from(self.0)).map_or("", |(name, ..)| name)
    }

    /// The fact that tells it. The fifteen extension attributes are one fact: whoever knows one knows all.
    pub(in crate::policy) fn fact(self) -> Fact {
        ATTRIBUTES.get(usize::from(self.0)).map_or(Fact::DeviceExtensionAttributes, |(.., fact)| *fact)
    }
}

/// The application that manages devices by Intune.
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";

/// What a device has for an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::policy) enum AttributeValue<'d> {
    Unknown,
    /// Known to be unset.
    Null,
    Text(&'d str),
    List(&'d [Text<'d>]),
}

/// All attributes of a device.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Attributes<'d>([AttributeValue<'d>; COUNT]);

impl<'d> Attributes<'d> {
    /// Reads them from the device facts. An unregistered device has none; an empty text is an unset attribute.
    #[inline(never)]
    pub(in crate::policy) fn of(device: &'d Device<'_>) -> Self {
        use AttributeValue::{List, Null, Text as Value, Unknown};
        if device.is_registered == Some(false) {
            return Self([Null; COUNT]);
        }
        let text = |text: &'d Option<Text<'_>>| {
            text.as_deref().map_or(Unknown, |text| if text.is_empty() { Null } else { Value(text) })
        };
        let list = |list: &'d Option<Vec<Text<'_>>>| list.as_deref().map_or(Unknown, List);
        let mut values = [Unknown; COUNT];
        let plain = [
            text(&device.device_id),
            text(&device.mdm_app_id),
            text(&device.display_name),
            text(&device.enrollment_profile_name),
            text(&device.manufacturer),
            text(&device.model),
            text(&device.operating_system),
            text(&device.operating_system_version),
            text(&device.device_ownership),
            device.is_compliant.map_or(Unknown, |compliant| Value(if compliant { "True" } else { "False" })),
            text(&device.profile_type),
            device.trust_type.map_or(Unknown, |trust| {
                Value(match trust {
                    TrustType::AzureAD => "AzureAD",
                    TrustType::ServerAD => "ServerAD",
                    TrustType::Workplace => "Workplace",
                })
            }),
            list(&device.physical_ids),
            list(&device.system_labels),
        ];
        for (slot, value) in values.iter_mut().zip(plain) {
            *slot = value;
        }
        // Entra has them only for devices that Intune manages, that are compliant or that are hybrid joined.
        let unmanaged = device.is_compliant == Some(false)
            && device.trust_type.is_some_and(|trust| trust != TrustType::ServerAD)
            && device.mdm_app_id.as_ref().is_some_and(|id| !id.eq_ignore_ascii_case(INTUNE));
        if unmanaged && device.extension_attributes.is_none() {
            values.iter_mut().skip(plain.len()).for_each(|slot| *slot = Null);
        }
        if let Some(attributes) = &device.extension_attributes {
            for (slot, (name, ..)) in values.iter_mut().zip(ATTRIBUTES).skip(plain.len()) {
                let set = attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                *slot = match set.and_then(|(_, value)| value.as_deref()) {
                    Some(value) if !value.is_empty() => Value(value),
                    _ => Null,
                };
            }
        }
        Self(values)
    }

    pub(in crate::policy) fn get(&self, attribute: Attribute) -> AttributeValue<'d> {
        self.0.get(usize::from(attribute.0)).copied().unwrap_or(AttributeValue::Unknown)
    }

    pub(in crate::policy) fn set(&mut self, attribute: Attribute, value: AttributeValue<'d>) {
        if let Some(slot) = self.0.get_mut(usize::from(attribute.0)) {
            *slot = value;
        }
    }
}
