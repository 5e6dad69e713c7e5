//! JSON into facts and configuration.
//!
//! `derive(Deserialize)` makes a visitor for every struct, and they were a third of the module's code. Here a
//! record only says into which [`Slot`] a member goes, and one visitor fills all slots. Messages are its own too:
//! serde's carry the printing of floats into the module.

mod record;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::node::Node;
use crate::request::{Headers, Text};

pub(crate) use record::record;
pub(crate) use value::{Name, Record, Records, Unset, Whole};

/// Where a value goes, which also says what it may be.
pub(crate) enum Slot<'s, 'de> {
    Record(&'s mut dyn Record<'de>),
    /// Another name leaves it unknown.
    Name(&'s mut dyn Name),
    /// Another name is an error.
    OneOf(&'s mut dyn Name),
    /// Graph's words for no value in particular (`all`, `hidden`, `unknownFutureValue`) leave it unknown; another
    /// name is an error.
    Stated(&'s mut dyn Name),
    /// An array of names; another name is an error.
    Several(&'s mut dyn Name),
    Records(&'s mut dyn Records<'de>),
    Node(&'s mut Node),
    /// The text of a value, to be read later; `null` too.
    Raw(&'s mut Option<&'de RawValue>),
    String(&'s mut String),
    Optional(&'s mut Option<String>),
    Switch(&'s mut bool),
    Text(&'s mut Option<Text<'de>>),
    Texts(&'s mut Option<Vec<Text<'de>>>),
    /// Texts of a list that is never unknown.
    List(&'s mut Vec<Text<'de>>),
    /// Pairs of name and value.
    Pairs(&'s mut Option<Vec<(Text<'de>, Text<'de>)>>),
    /// Pairs again, of a message.
    Headers(&'s mut Option<Headers<'de>>),
    /// Texts by name, each possibly `null`.
    Named(&'s mut Option<BTreeMap<Text<'de>, Option<Text<'de>>>>),
    Flag(&'s mut Option<bool>),
    Whole(&'s mut dyn Whole),
    Counts(&'s mut Vec<u32>),
    /// Degrees on the wire, millionths of a degree inside: no float reaches a verdict.
    Latitude(&'s mut Option<i32>),
    Longitude(&'s mut Option<i32>),
    /// IPv4-mapped IPv6 is read as IPv4.
    Address(&'s mut Option<IpAddr>),
}

impl Slot<'_, '_> {
    fn expected(&self) -> &'static str {
        match self {
            Self::Node(_) | Self::Raw(_) => "a value",
            Self::Record(_) | Self::Named(_) => "an object",
            Self::Records(_) => "an array of objects",
            Self::Name(_)
            | Self::OneOf(_)
            | Self::Stated(_)
            | Self::Text(_)
            | Self::String(_)
            | Self::Optional(_) => "a string",
            Self::Texts(_) | Self::List(_) | Self::Several(_) => "an array of strings",
            Self::Pairs(_) | Self::Headers(_) => "an array of [name, value] pairs",
            Self::Flag(_) | Self::Switch(_) => "true or false",
            Self::Whole(slot) => slot.expected(),
            Self::Counts(_) => "an array of whole numbers from 0 to 4294967295",
            Self::Latitude(_) => "degrees from -90 to 90",
            Self::Longitude(_) => "degrees from -180 to 180",
            Self::Address(_) => "an IP address",
        }
    }

    fn refuse<E: Error>(&self, found: &str) -> E {
        E::custom(format_args!("expected {}, found {found}", self.expected()))
    }
}

/// Degrees there are.
pub(crate) const LATITUDES: RangeInclusive<f64> = -90.0..=90.0;
pub(crate) const LONGITUDES: RangeInclusive<f64> = -180.0..=180.0;

/// Millionths of a degree; `None` where there is no such place.
#[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
pub(crate) fn millionths(degrees: f64, range: RangeInclusive<f64>) -> Option<i32> {
    range.contains(&degrees).then(|| (degrees * 1e6).round() as i32)
}

fn set_degrees(slot: &mut Option<i32>, degrees: f64, range: RangeInclusive<f64>) -> bool {
    let read = millionths(degrees, range);
    *slot = read.or(*slot);
    read.is_some()
}

/// Fills a slot from JSON text. Everything the module reads goes through this one function.
pub(crate) fn from_json<'de>(text: &'de str, slot: Slot<'_, 'de>) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    slot.deserialize(&mut json)?;
    json.end()
}

impl<'de> DeserializeSeed<'de> for Slot<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Self::Raw(slot) = self {
            *slot = Some(<&RawValue>::deserialize(deserializer)?);
            return Ok(());
        }
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
            Self::Switch(slot) => *slot = value,
            Self::Node(node) => *node = Node::Bool(value),
            other => return Err(other.refuse("a boolean")),
        }
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        let is_taken = match &mut self {
            Self::Node(node) => {
                **node = Node::Integer(value);
                true
            }
            Self::Whole(slot) => slot.read(value),
            Self::Record(record) => record.short(value),
            Self::Latitude(slot) => set_degrees(slot, value as f64, LATITUDES),
            Self::Longitude(slot) => set_degrees(slot, value as f64, LONGITUDES),
            _ => false,
        };
        if is_taken { Ok(()) } else { Err(self.refuse(&value.to_string())) }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match (i64::try_from(value), self) {
            (Ok(value), slot) => slot.visit_i64(value),
            (Err(_), Self::Node(node)) => {
                *node = Node::OtherNumber;
                Ok(())
            }
            (Err(_), slot) => Err(slot.refuse("a larger number")),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self {
            Self::Node(node) => *node = Node::OtherNumber,
            Self::Latitude(slot) if LATITUDES.contains(&value) => *slot = millionths(value, LATITUDES),
            Self::Longitude(slot) if LONGITUDES.contains(&value) => *slot = millionths(value, LONGITUDES),
            // JavaScript has one kind of number; a whole one may arrive as a float.
            other if value.trunc() == value && value.abs() < 9e15 => return other.visit_i64(value as i64),
            other => return Err(other.refuse("another number")),
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
            Self::String(slot) => value.clone_into(slot),
            Self::Optional(slot) => *slot = Some(value.to_owned()),
            Self::Node(node) => *node = Node::Text(value.to_owned()),
            Self::Name(slot) => drop(slot.read(value)),
            Self::Stated(_) if matches!(value, "all" | "hidden" | "unknownFutureValue") => {}
            Self::OneOf(slot) | Self::Stated(slot) => {
                if !slot.read(value) {
                    let names = slot.names().join(", ");
                    return Err(E::custom(format_args!("`{value}` is none of {names}")));
                }
            }
            Self::Address(slot) => match value.parse::<IpAddr>() {
                Ok(address) => *slot = Some(address.to_canonical()),
                Err(_) => return Err(E::custom(format_args!("`{value}` is not an IP address"))),
            },
            other => return Err(other.refuse("a string")),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        match self {
            Self::Texts(slot) => Slot::List(slot.get_or_insert_default()).visit_seq(elements)?,
            Self::List(list) => loop {
                let mut text = None;
                if elements.next_element_seed(Slot::Text(&mut text))?.is_none() {
                    break;
                }
                let Some(text) = text else { return Err(Slot::List(list).refuse("null in it")) };
                list.push(text);
            },
            Self::Record(record) => {
                if record.element(0).is_none() {
                    return Err(Slot::Record(record).refuse("an array"));
                }
                let mut index = 0;
                while let Some(slot) = record.element(index) {
                    let name = format!("{index}");
                    if elements.next_element_seed(slot).map_err(|why| at(&name, &why))?.is_none() {
                        break;
                    }
                    index += 1;
                }
                if elements.next_element::<IgnoredAny>()?.is_some() {
                    return Err(A::Error::custom(format_args!("has more than {index} elements")));
                }
            }
            Self::Several(list) => while elements.next_element_seed(Slot::OneOf(list))?.is_some() {},
            Self::Records(records) => {
                while let Some(slot) = records.add() {
                    if elements.next_element_seed(slot)?.is_none() {
                        break;
                    }
                }
                records.end();
            }
            Self::Node(node) => {
                let mut list = Vec::new();
                loop {
                    let mut element = Node::Null;
                    if elements.next_element_seed(Slot::Node(&mut element))?.is_none() {
                        break;
                    }
                    list.push(element);
                }
                *node = Node::List(list);
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
                let mut pair = Vec::new();
                while elements.next_element_seed(Slot::List(&mut pair))?.is_some() {
                    let (Some(value), Some(name), None) = (pair.pop(), pair.pop(), pair.pop()) else {
                        return Err(A::Error::custom("an element is not a [name, value] pair"));
                    };
                    list.push((name, value));
                }
            }
            Self::Headers(slot) => {
                let mut pairs = Some(Vec::new());
                Slot::Pairs(&mut pairs).visit_seq(elements)?;
                slot.get_or_insert_default().extend(pairs.unwrap_or_default());
            }
            other => return Err(other.refuse("an array")),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        match self {
            Self::Record(record) => {
                let mut seen = Vec::new();
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    let Some(slot) = record.slot(&name) else {
                        // Annotations of OData say nothing about what they annotate.
                        if record.is_strict() && !name.contains("@odata.") {
                            return Err(at(&name, &"is not a member known here"));
                        }
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    members.next_value_seed(slot).map_err(|why| at(&name, &why))?;
                    if record.is_strict() {
                        if seen.contains(&name) {
                            return Err(at(&name, &"is stated twice"));
                        }
                        seen.push(name);
                    }
                }
                if let Some(name) = record.missing() {
                    return Err(at(name, &"is missing"));
                }
            }
            Self::Node(node) => {
                let mut object = Vec::new();
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    let mut value = Node::Null;
                    members.next_value_seed(Slot::Node(&mut value))?;
                    object.push((name.0.into_owned(), value));
                }
                *node = Node::Object(object);
            }
            Self::Named(slot) => {
                let all = slot.get_or_insert_default();
                while let Some(name) = members.next_key::<Text<'de>>()? {
                    let mut value = None;
                    members.next_value_seed(Slot::Text(&mut value))?;
                    all.insert(name, value);
                }
            }
            other => return Err(other.refuse("an object")),
        }
        Ok(())
    }
}

/// An error with the path of the member: `client.asn: …`. The inner error of a record starts with a member's name,
/// any other one with a word and a blank.
fn at<E: Error>(name: &str, why: &dyn fmt::Display) -> E {
    let why = why.to_string();
    let inner = why.split(':').next().unwrap_or_default();
    let is_member =
        !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let separator = if is_member { "." } else { ": " };
    E::custom(format_args!("{name}{separator}{why}"))
}

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
        assert_eq!(request.http.headers, Some(vec![("a".into(), "b".into())].into()));
        assert_eq!(request.principal.groups, Some(Vec::new()), "known to be empty");
        assert_eq!(request.profile.unwrap().asns, [1, 2]);
    }

    #[test]
    fn a_wrong_type_names_the_member_and_the_place() {
        for (json, why) in [
            (
                r#"{"client":{"asn":"x"}}"#,
                "client.asn: expected a whole number from 0 to 4294967295, found a string",
            ),
            (
                r#"{"client":{"asn":-1}}"#,
                "client.asn: expected a whole number from 0 to 4294967295, found -1",
            ),
            (r#"{"client":{"latitude":181}}"#, "client.latitude: "),
            (r#"{"client":{"ip":"1.2.3"}}"#, "client.ip: `1.2.3` is not an IP address at line 1 column"),
            (r#"{"http":{"headers":[["a"]]}}"#, "http.headers: an element is not a [name, value] pair"),
            (r#"{"client":5}"#, "client: expected an object, found 5"),
            ("[]", "expected an object, found an array"),
        ] {
            let refused = read(json).unwrap_err();
            assert!(refused.starts_with(why) || refused.contains(why), "{json}: {refused}");
        }
    }
}
