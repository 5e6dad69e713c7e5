//! Closed sets of names: an enum, its JSON names, and both ways between them, said once.

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Declares an enum whose variants have JSON names. It serialises as the name; deserialising is strict, because
/// that is for configuration and messages between our own parts. Requests read names leniently (`read`).
macro_rules! vocabulary {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        $visibility enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in the order it is declared and listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub(crate) const NAMES: &'static [&'static str] = &[$($text),*];

            /// The JSON name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of a JSON name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                let index = Self::NAMES.iter().position(|known| *known == name)?;
                Self::ALL.get(index).copied()
            }
        }

        impl $crate::write::Write for $name {
            fn value(&self) -> $crate::write::Value<'_> {
                $crate::write::Value::Text(self.name())
            }
        }

        $crate::write::written!(@serialize $name);

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let index = $crate::vocabulary::index(deserializer, Self::NAMES)?;
                Self::ALL.get(index).copied().ok_or_else(|| serde::de::Error::custom("no such value"))
            }
        }

        impl $crate::read::Name for $name {
            fn read(&mut self, name: &str) -> bool {
                let value = $name::parse(name);
                *self = value.unwrap_or(*self);
                value.is_some()
            }

            fn names(&self) -> &'static [&'static str] {
                $name::NAMES
            }
        }

        impl $crate::read::Name for Option<$name> {
            fn read(&mut self, name: &str) -> bool {
                *self = $name::parse(name);
                self.is_some()
            }

            fn names(&self) -> &'static [&'static str] {
                $name::NAMES
            }
        }

        impl $crate::read::Name for Vec<$name> {
            fn read(&mut self, name: &str) -> bool {
                let value = $name::parse(name);
                self.extend(value);
                value.is_some()
            }

            fn names(&self) -> &'static [&'static str] {
                $name::NAMES
            }
        }
    };
}
pub(crate) use vocabulary;

/// Reads one of some names, as its index.
pub(crate) fn index<'de, D: Deserializer<'de>>(
    deserializer: D,
    names: &'static [&'static str],
) -> Result<usize, D::Error> {
    struct OneOf(&'static [&'static str]);
    impl Visitor<'_> for OneOf {
        type Value = usize;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(formatter, "one of {}", self.0.join(", "))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<usize, E> {
            self.0.iter().position(|name| *name == value).ok_or_else(|| E::unknown_variant(value, self.0))
        }
    }
    deserializer.deserialize_str(OneOf(names))
}
