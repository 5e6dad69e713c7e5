//! Decisions into JSON: the counterpart of [`read`](crate::read).
//!
//! `derive(Serialize)` writes out a copy of the serialiser for every struct and every type of member. Here a value
//! only says what it is made of, and one function writes all of them.

use std::fmt::Display;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::request::Text;

/// A value, as JSON knows it.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Flag(bool),
    Whole(i64),
    Text(&'a str),
    /// A text that is made while it is written.
    Shown(&'a dyn Display),
    List(&'a dyn Elements),
    Object(&'a dyn Members),
}

/// What has a JSON form.
pub(crate) trait Write {
    fn value(&self) -> Value<'_>;
}

/// What is written as an array.
pub(crate) trait Elements {
    /// Puts every element, in order.
    fn each(&self, put: &mut dyn FnMut(Value<'_>));
}

/// What is written as an object.
pub(crate) trait Members {
    /// Puts every member, in order.
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>));
}

/// JSON text without white space. Everything the module writes goes through this one function.
pub(crate) fn json(value: Value<'_>) -> String {
    // Nothing here can fail to be written: names are texts, and texts are UTF-8.
    serde_json::to_string(&value).unwrap_or_default()
}

/// An object of a few members at hand.
pub(crate) struct Pairs<'a>(pub &'a [(&'static str, Value<'a>)]);

impl Members for Pairs<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.0.iter().for_each(|(name, value)| put(name, *value));
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Null => serializer.serialize_none(),
            Self::Flag(value) => serializer.serialize_bool(value),
            Self::Whole(value) => serializer.serialize_i64(value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Shown(value) => serializer.collect_str(value),
            Self::List(list) => {
                let mut written = serializer.serialize_seq(None)?;
                let mut result = Ok(());
                list.each(&mut |value| {
                    if result.is_ok() {
                        result = written.serialize_element(&value);
                    }
                });
                result?;
                written.end()
            }
            Self::Object(object) => {
                let mut written = serializer.serialize_map(None)?;
                let mut result = Ok(());
                object.each(&mut |name, value| {
                    if result.is_ok() {
                        result = written.serialize_entry(name, &value);
                    }
                });
                result?;
                written.end()
            }
        }
    }
}

impl<T: Write> Write for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Write> Write for Box<T> {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Write> Write for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::value)
    }
}

impl<T: Write> Write for Vec<T> {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<A: Write, B: Write> Elements for (A, B) {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        put(self.0.value());
        put(self.1.value());
    }
}

impl<T: Write> Write for &[T] {
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
}

impl<T: Write> Elements for &[T] {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|element| put(element.value()));
    }
}

impl<T: Write> Elements for Vec<T> {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|element| put(element.value()));
    }
}

impl Write for bool {
    fn value(&self) -> Value<'_> {
        Value::Flag(*self)
    }
}

macro_rules! whole {
    ($($type:ident)*) => {$(
        impl Write for $type {
            fn value(&self) -> Value<'_> {
                Value::Whole(i64::from(*self))
            }
        }
    )*};
}
whole!(u32 i32 i64);

impl Write for usize {
    fn value(&self) -> Value<'_> {
        Value::Whole(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Write for &str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Write for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Write for Text<'_> {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

/// Says of which members a struct's JSON is made, in which order. `?` leaves a member out while it is unknown.
macro_rules! written {
    ($type:ident $(<$life:lifetime>)? { $($name:literal => $($field:ident)? $(?$optional:ident)?,)* }) => {
        impl $crate::write::Members for $crate::write::written!(@type $type $($life)?) {
            fn each(&self, put: &mut dyn FnMut(&'static str, $crate::write::Value<'_>)) {
                $(
                    $(put($name, $crate::write::Write::value(&self.$field));)?
                    $(if let Some(value) = &self.$optional {
                        put($name, $crate::write::Write::value(value));
                    })?
                )*
            }
        }

        $crate::write::written!(@object $crate::write::written!(@type $type $($life)?));
    };
    (@type $type:ident) => { $type };
    (@type $type:ident $life:lifetime) => { $type<'_> };
    // What writes its members or elements itself.
    (@object $type:ty) => {
        impl $crate::write::Write for $type {
            fn value(&self) -> $crate::write::Value<'_> {
                $crate::write::Value::Object(self)
            }
        }

        $crate::write::written!(@serialize $type);
    };
    (@list $type:ty) => {
        impl $crate::write::Write for $type {
            fn value(&self) -> $crate::write::Value<'_> {
                $crate::write::Value::List(self)
            }
        }

        $crate::write::written!(@serialize $type);
    };
    (@shown $type:ty) => {
        impl $crate::write::Write for $type {
            fn value(&self) -> $crate::write::Value<'_> {
                $crate::write::Value::Shown(self)
            }
        }

        $crate::write::written!(@serialize $type);
    };
    (@serialize $type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serde::Serialize::serialize(&$crate::write::Write::value(self), serializer)
            }
        }
    };
}
pub(crate) use written;
