//! What kind of device a user agent names.
//!
//! Words tell it, as they tell the system, and the weightier of two counts; headers do not: what the client's hints say is
//! held against the user agent, and no finding if it were believed as well.

use super::table::{Mark, Marks, System};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of device a client runs on, as its user agent has it.
    pub enum DeviceKind {
        /// A desktop computer or a laptop.
        Desktop = "desktop",
        /// A phone, or what is held like one.
        Phone = "phone",
        /// A tablet.
        Tablet = "tablet",
        /// A television, or what is plugged into one.
        Tv = "tv",
        /// A game console.
        Console = "console",
        /// A watch.
        Watch = "watch",
        /// The screen of a car.
        Car = "car",
        /// A reader of electronic books.
        Reader = "reader",
        /// A headset for virtual or augmented reality.
        Headset = "headset",
    }
}

/// What a word tells of the device. What stands further down is meant where several are named: televisions are computers
/// with a Linux, and tablets are `Mobile` as phones are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    #[default]
    None,
    Desktop,
    /// Android, which is a tablet's where no word says more (developer.chrome.com/docs/multidevice/user-agent).
    Large,
    /// `Mobile`, which is a phone's where no word says more.
    Mobile,
    Reader,
    Phone,
    Tablet,
    Car,
    Watch,
    Headset,
    Tv,
    Console,
}

/// Those whose browsers leave `Mobile` out on tablets alone. Applications leave it out on phones.
const ENGINES: Marks = Marks::of(&[Mark::Webkit, Mark::Gecko]);

impl Form {
    /// Which of some is meant.
    pub const fn last(forms: &[Self]) -> Self {
        let mut last = Self::None;
        let mut rest = forms;
        while let [first, others @ ..] = rest {
            if *first as u8 > last as u8 {
                last = *first;
            }
            rest = others;
        }
        last
    }

    /// What a word tells alone.
    pub const fn told(self) -> Option<DeviceKind> {
        Some(match self {
            Self::None | Self::Large => return None,
            Self::Desktop => DeviceKind::Desktop,
            Self::Mobile | Self::Phone => DeviceKind::Phone,
            Self::Reader => DeviceKind::Reader,
            Self::Tablet => DeviceKind::Tablet,
            Self::Car => DeviceKind::Car,
            Self::Watch => DeviceKind::Watch,
            Self::Headset => DeviceKind::Headset,
            Self::Tv => DeviceKind::Tv,
            Self::Console => DeviceKind::Console,
        })
    }

    /// What a user agent tells, of which this is the last form.
    #[inline]
    pub const fn kind(self, system: System, marks: Marks) -> Option<DeviceKind> {
        match (self, system) {
            // Its Internet Explorer says `Tablet PC` wherever that may be written on.
            (_, System::Windows) | (Self::None, System::MacOs) => Some(DeviceKind::Desktop),
            // An iPad asks for a Mac's pages, and its applications add what no Mac has.
            (Self::Mobile, System::MacOs) => Some(DeviceKind::Tablet),
            (Self::Large, _) if marks.any(ENGINES) => Some(DeviceKind::Tablet),
            _ => self.told(),
        }
    }
}
