//! What a slot may hold: records, lists of them, names, whole numbers.

use super::Slot;

/// A JSON object with known members.
pub(crate) trait Record<'de> {
    /// Where the member of this name goes; `None` if it is unknown.
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>>;

    /// Facts ignore members they do not know, because a newer adapter may report more than this engine reads. In
    /// configuration such a member is an error, and so is one that is stated twice: it was meant to do something.
    fn is_strict(&self) -> bool {
        false
    }

    /// A member that has to be there, and is not.
    fn missing(&self) -> Option<&'static str> {
        None
    }

    /// Where the nth element goes, if the record has a form without names: an array.
    fn element(&mut self, _index: usize) -> Option<Slot<'_, 'de>> {
        None
    }

    /// Takes the short form of the record, a whole number; tells if it has none, or not this one.
    fn short(&mut self, _value: i64) -> bool {
        false
    }
}

/// An optional record comes into being with its first known member, so that `null` and `{}` leave it unknown.
impl<'de, R: Record<'de> + Default> Record<'de> for Option<R> {
    fn slot(&mut self, name: &str) -> Option<Slot<'_, 'de>> {
        if self.is_none() && R::default().slot(name).is_none() {
            return None;
        }
        self.get_or_insert_default().slot(name)
    }

    fn is_strict(&self) -> bool {
        R::default().is_strict()
    }

    fn missing(&self) -> Option<&'static str> {
        self.as_ref().and_then(R::missing)
    }
}

/// An array of records.
pub(crate) trait Records<'de> {
    /// Makes room for one more, before it is known whether there is one.
    fn add(&mut self) -> Option<Slot<'_, 'de>>;

    /// Takes the last room back.
    fn end(&mut self);
}

impl<'de, R: Record<'de> + Default> Records<'de> for Vec<R> {
    fn add(&mut self) -> Option<Slot<'_, 'de>> {
        self.push(R::default());
        self.last_mut().map(|record| Slot::Record(record))
    }

    fn end(&mut self) {
        self.pop();
    }
}

/// A value, or several, that is one of some names.
pub(crate) trait Name {
    /// Takes the value of a name; tells if there is none of that name, and then holds none.
    fn read(&mut self, name: &str) -> bool;

    /// The names.
    fn names(&self) -> &'static [&'static str];
}

/// What a member that has to be there is while it is not.
pub(crate) trait Unset {
    fn is_unset(&self) -> bool;
}

impl<T> Unset for Option<T> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }
}

impl Unset for String {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
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
