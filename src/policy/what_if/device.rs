//! Graph's `deviceInfo`, as facts of a device.

use std::collections::BTreeMap;

use crate::read::{Record, Slot};
use crate::request::{Device, Text};

/// Attributes of that name: `extensionAttribute1` … `extensionAttribute15`.
const EXTENSIONS: usize = 15;

/// The members of `deviceInfo`, and those of a request's device. A member that is neither would answer another
/// question, and so is an error.
#[derive(Debug, Clone, Default)]
pub(super) struct DeviceInfo<'a> {
    device: Device<'a>,
    extensions: [Option<Text<'a>>; EXTENSIONS],
}

impl<'de> Record<'de> for DeviceInfo<'de> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        if let Some(number) = name.strip_prefix("extensionAttribute").and_then(|number| number.parse().ok()) {
            let place = usize::checked_sub(number, 1)?;
            return self.extensions.get_mut(place).map(Slot::Text);
        }
        match name {
            // What device filters call `deviceOwnership`.
            "ownership" => Some(Slot::Text(&mut self.device.device_ownership)),
            "trustType" => Some(Slot::Stated(&mut self.device.trust_type)),
            _ => self.device.slot(name),
        }
    }

    fn is_strict(&self) -> bool {
        true
    }
}

impl<'a> DeviceInfo<'a> {
    pub(super) fn into_facts(self) -> Device<'a> {
        let Self { mut device, extensions } = self;
        let stated = (1..).zip(extensions).filter_map(|(number, value)| {
            Some((Text(format!("extensionAttribute{number}").into()), Some(value?)))
        });
        let stated: BTreeMap<_, _> = stated.collect();
        if !stated.is_empty() {
            device.extension_attributes.get_or_insert_default().extend(stated);
        }
        device
    }
}
