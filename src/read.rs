//! JSON objects into facts, leniently: unknown members and names are ignored, `null` is unknown.
//!
//! `derive(Deserialize)` makes a visitor for every struct, and they were a third of the module's code. Here a
//! record only says into which [`Slot`] a member goes, and one visitor fills all slots.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::request::Text;

/// A JSON object with known members.
pub(crate) trait Record<'de> {
    /// Where the member of this name goes; `None` ignores it.
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>>;
}

/// An optional record comes into being with its first known member, so that `null` and `{}` leave it unknown.
impl<'de, R: Record<'de> + Default> Record<'de> for Option<R> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        if self.is_none() && R::default().slot(name).is_none() {
            return None;
        }
        self.get_or_insert_default().slot(name)
    }
}

/// A value that is one of some names; another name leaves it unknown.
pub(crate) trait Name {
    /// Takes the value of a name.
    fn read(&mut self, name: &str);
}

/// A whole number of some size.
pub(crate) trait Whole {
    /// Takes a value, or tells that it is out of range.
    fn read(&mut self, value: i64) -> bool;

    /// What is in range.
    fn expected(&self) -> &'static str;
}

macro_rules! whole {
    ($($type:ident $expected:literal),*) => {$(
        impl Whole for $type {
            fn read(&mut self, value: i64) -> bool {
                let taken = Self::try_from(value);
                *self = taken.unwrap_or(*self);
                taken.is_ok()
            }

            fn expected(&self) -> &'static str {
                $expected
            }
        }
    )*};
}
whole!(u8 "a whole number from 0 to 255", u32 "a whole number from 0 to 4294967295",
       i32 "a whole number of 32 bits", i64 "a whole number");

impl<W: Whole + Default> Whole for Option<W> {
    fn read(&mut self, value: i64) -> bool {
        let mut taken = W::default();
        let in_range = taken.read(value);
        if in_range {
            *self = Some(taken);
        }
        in_range
    }

    fn expected(&self) -> &'static str {
        W::default().expected()
    }
}

/// Where a value goes, which also says what it may be.
pub(crate) enum Slot<'s, 'de> {
    Record(&'s mut dyn Record<'de>),
    Name(&'s mut dyn Name),
    Text(&'s mut Option<Text<'de>>),
    Texts(&'s mut Option<Vec<Text<'de>>>),
    /// Texts of a list that is never unknown.
    List(&'s mut Vec<Text<'de>>),
    /// Pairs of name and value.
    Pairs(&'s mut Option<Vec<(Text<'de>, Text<'de>)>>),
    /// Texts by name, each possibly `null`.
    Named(&'s mut Option<BTreeMap<Text<'de>, Option<Text<'de>>>>),
    Flag(&'s mut Option<bool>),
    Whole(&'s mut dyn Whole),
    Counts(&'s mut Vec<u32>),
    /// Degrees on the wire, millionths of a degree inside: no float reaches a verdict.
    Degrees(&'s mut Option<i32>),
    /// IPv4-mapped IPv6 is read as IPv4.
    Address(&'s mut Option<IpAddr>),
}

impl Slot<'_, '_> {
    fn expected(&self) -> &'static str {
        match self {
            Self::Record(_) | Self::Named(_) => "an object",
            Self::Name(_) | Self::Text(_) => "a string",
            Self::Texts(_) | Self::List(_) => "an array of strings",
            Self::Pairs(_) => "an array of [name, value] pairs",
            Self::Flag(_) => "true or false",
            Self::Whole(slot) => slot.expected(),
            Self::Counts(_) => "an array of whole numbers from 0 to 4294967295",
            Self::Degrees(_) => "degrees from -180 to 180",
            Self::Address(_) => "an IP address",
        }
    }

    fn refuse<E: Error>(&self, found: Unexpected<'_>) -> E {
        E::invalid_type(found, &self.expected())
    }
}

/// Fills a record from any format.
pub(crate) fn fill<'de, D: Deserializer<'de>>(
    deserializer: D,
    record: &mut dyn Record<'de>,
) -> Result<(), D::Error> {
    Slot::Record(record).deserialize(deserializer)
}

impl<'de> DeserializeSeed<'de> for Slot<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self {
            Self::Flag(slot) => *slot = Some(value),
            other => return Err(other.refuse(Unexpected::Bool(value))),
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        let refused = Unexpected::Signed(value);
        match self {
            Self::Whole(slot) => {
                if !slot.read(value) {
                    return Err(E::invalid_value(refused, &slot.expected()));
                }
            }
            Self::Degrees(slot) => match i32::try_from(value) {
                Ok(value @ -180..=180) => *slot = Some(value * 1_000_000),
                _ => return Err(Self::Degrees(slot).refuse(refused)),
            },
            other => return Err(other.refuse(refused)),
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(self.refuse(Unexpected::Unsigned(value))),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self {
            Self::Degrees(slot) if (-180.0..=180.0).contains(&value) => {
                *slot = Some((value * 1e6).round() as i32);
            }
            // JavaScript has one kind of number; a whole one may arrive as a float.
            other if value.trunc() == value && value.abs() < 9e15 => return other.visit_i64(value as i64),
            other => return Err(E::custom(format_args!("a number is not {}", other.expected()))),
        }
        Ok(())
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<(), E> {
        match self {
            Self::Text(slot) => *slot = Some(value.into()),
            other => return other.visit_str(value),
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match self {
            Self::Text(slot) => *slot = Some(Text(value.to_owned().into())),
            Self::Name(slot) => slot.read(value),
            Self::Address(slot) => match value.parse::<IpAddr>() {
                Ok(address) => *slot = Some(address.to_canonical()),
                Err(_) => return Err(E::custom(format_args!("`{value}` is not an IP address"))),
            },
            other => return Err(other.refuse(Unexpected::Str(value))),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        match self {
            Self::Texts(slot) => {
                let list = slot.get_or_insert_default();
                while let Some(text) = elements.next_element()? {
                    list.push(text);
                }
            }
            Self::List(list) => {
                while let Some(text) = elements.next_element()? {
                    list.push(text);
                }
            }
            Self::Counts(list) => loop {
                let mut count = None::<u32>;
                if elements.next_element_seed(Slot::Whole(&mut count))?.is_none() {
                    break;
                }
                list.extend(count);
            },
            Self::Pairs(slot) => {
                let list = slot.get_or_insert_default();
                while elements.next_element_seed(Pair(list))?.is_some() {}
            }
            other => return Err(other.refuse(Unexpected::Seq)),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        match self {
            Self::Record(record) => {
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    let Some(slot) = record.slot(&name) else {
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    members.next_value_seed(slot).map_err(|why| at(&name, &why))?;
                }
            }
            Self::Named(slot) => {
                let all = slot.get_or_insert_default();
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    let mut value = None;
                    members.next_value_seed(Slot::Text(&mut value))?;
                    all.insert(name, value);
                }
            }
            other => return Err(other.refuse(Unexpected::Map)),
        }
        Ok(())
    }
}

/// An error with the path of the member: `client.asn: …`. The inner error of a record starts with a member's name,
/// any other one with a word and a blank.
fn at<E: Error>(name: &str, why: &E) -> E {
    let why = why.to_string();
    let inner = why.split(':').next().unwrap_or_default();
    let is_member =
        !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let separator = if is_member { "." } else { ": " };
    E::custom(format_args!("{name}{separator}{why}"))
}

/// One `[name, value]` pair of a list.
struct Pair<'s, 'de>(&'s mut Vec<(Text<'de>, Text<'de>)>);

impl<'de> DeserializeSeed<'de> for Pair<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Pair<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a [name, value] pair")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let pair = elements.next_element()?.zip(elements.next_element()?);
        match (pair, elements.next_element::<IgnoredAny>()?) {
            (Some(pair), None) => self.0.push(pair),
            _ => return Err(A::Error::custom("a header is not a [name, value] pair")),
        }
        Ok(())
    }
}

/// Says for a struct into which slot each member goes, and reads it from any format.
macro_rules! record {
    ($type:ident $(<$life:lifetime>)? { $($name:literal => $slot:ident($field:ident),)* }) => {
        impl<'de> $crate::read::Record<'de> for $crate::read::record!(@type $type $($life)?) {
            fn slot(&mut self, name: &str) -> Option<$crate::read::Slot<'_, 'de>> {
                Some(match name {
                    $($name => $crate::read::Slot::$slot(&mut self.$field),)*
                    _ => return None,
                })
            }
        }

        $crate::read::record!(@deserialize $type $($life)?);
    };
    (@type $type:ident) => { $type };
    (@type $type:ident $life:lifetime) => { $type<'de> };
    (@deserialize $type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut record = Self::default();
                $crate::read::fill(deserializer, &mut record)?;
                Ok(record)
            }
        }
    };
    (@deserialize $type:ident $life:lifetime) => {
        impl<'de: $life, $life> serde::Deserialize<'de> for $type<$life> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut record = $type::<'de>::default();
                $crate::read::fill(deserializer, &mut record)?;
                Ok(record)
            }
        }
    };
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use crate::Request;
    use crate::request::Proxy;

    fn read(json: &str) -> Result<Request<'_>, String> {
        serde_json::from_str(json).map_err(|why| why.to_string())
    }

    #[test]
    fn null_unknown_members_and_unknown_names_are_unknown() {
        for json in [
            r#"{"client":null,"profile":null}"#,
            r#"{"client":{"asn":null,"proxy":"teleporter","mood":{"x":[1]}},"weather":1,"profile":{}}"#,
        ] {
            assert_eq!(read(json).unwrap(), Request::default(), "{json}");
        }
    }

    #[test]
    fn values_are_read() {
        let request = read(
            r#"{"time":1.79e12,"client":{"ip":"::ffff:203.0.113.7","latitude":59.91,"longitude":-10,"proxy":"vpn"},
                "http":{"headers":[["a","b"]]},"principal":{"groups":[]},"profile":{"asns":[1,2]}}"#,
        )
        .unwrap();
        assert_eq!(request.time, Some(1_790_000_000_000));
        assert_eq!(request.client.ip, Some("203.0.113.7".parse().unwrap()));
        assert_eq!(
            (request.client.latitude, request.client.longitude),
            (Some(59_910_000), Some(-10_000_000))
        );
        assert_eq!(request.client.proxy, Some(Proxy::Vpn));
        assert_eq!(request.http.header("a"), Some("b"));
        assert_eq!(request.principal.groups, Some(Vec::new()), "known to be empty");
        assert_eq!(request.profile.unwrap().asns, [1, 2]);
    }

    #[test]
    fn a_wrong_type_names_the_member_and_the_place() {
        for (json, why) in [
            (r#"{"client":{"asn":"x"}}"#, "client.asn: invalid type: string \"x\", expected a whole number"),
            (
                r#"{"client":{"asn":-1}}"#,
                "client.asn: invalid value: integer `-1`, expected a whole number from 0",
            ),
            (r#"{"client":{"latitude":181}}"#, "client.latitude: "),
            (r#"{"client":{"ip":"1.2.3"}}"#, "client.ip: `1.2.3` is not an IP address at line 1 column"),
            (r#"{"http":{"headers":[["a"]]}}"#, "http.headers: a header is not a [name, value] pair"),
            (r#"{"client":5}"#, "client: invalid type: integer `5`, expected an object"),
            ("[]", "invalid type: sequence, expected an object"),
        ] {
            let refused = read(json).unwrap_err();
            assert!(refused.starts_with(why) || refused.contains(why), "{json}: {refused}");
        }
    }
}
