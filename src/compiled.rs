//! The binary form of what is compiled once and loaded by many edges: values one after the other, without names.
//!
//! Reading Graph's JSON strictly, with an error for everything that could be wrong in it, is two fifths of the engine
//! and most of the time it takes to start. Edges do without: they load what was compiled. Whole numbers are LEB128,
//! lists stand behind their length, choices are a number. Both directions come of one list of members
//! ([`compiled!`]), so that they can not drift apart, and the same value always has the same bytes.
//!
//! Threat: bytes that were not written here, by a fault or by somebody who may load unsigned bundles. Every length is
//! held against what is left, every number against its range; what does not read whole is refused, and nothing here
//! recurses by the input's choice.

/// A value with a binary form.
pub(crate) trait Compiled: Sized {
    /// Appends it.
    fn write(&self, into: &mut Vec<u8>);

    /// Reads it; `None` if the bytes are no such value.
    fn read(from: &mut Bytes<'_>) -> Option<Self>;
}

/// What is left to read.
pub(crate) struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u128> {
        let mut number = 0_u128;
        for shift in (0..128).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let part = u128::from(byte & 0x7f);
            number |= part.checked_shl(shift).filter(|shifted| shifted >> shift == part)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A length, of elements that take a byte each at least: so no length makes room for more than there is.
    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|length| *length <= self.0.len())
    }
}

/// The bytes of a value.
pub(crate) fn to_bytes(value: &impl Compiled) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    bytes
}

/// The value of some bytes, if they are just that.
pub(crate) fn from_bytes<T: Compiled>(bytes: &[u8]) -> Option<T> {
    let mut bytes = Bytes(bytes);
    let value = T::read(&mut bytes)?;
    bytes.0.is_empty().then_some(value)
}

fn write_number(mut number: u128, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Gives a type its binary form: a record by its members, a choice of names by its number, a wrapper by what is in it.
macro_rules! compiled {
    ($name:ident $(<$(const $count:ident: usize),+>)? { $($member:ident),* $(,)? }) => {
        impl $(<$(const $count: usize),+>)? $crate::compiled::Compiled for $name $(<$($count),+>)? {
            fn write(&self, into: &mut Vec<u8>) {
                $(self.$member.write(into);)*
            }

            fn read(from: &mut $crate::compiled::Bytes<'_>) -> Option<Self> {
                // In the order they are written here, which is the one they were written in.
                $(let $member = $crate::compiled::Compiled::read(from)?;)*
                Some(Self { $($member),* })
            }
        }
    };
    (@one_of $name:ident) => {
        impl $crate::compiled::Compiled for $name {
            fn write(&self, into: &mut Vec<u8>) {
                (*self as u8).write(into);
            }

            fn read(from: &mut $crate::compiled::Bytes<'_>) -> Option<Self> {
                Self::ALL.get(usize::from(u8::read(from)?)).copied()
            }
        }
    };
    (@wrapper $name:ident) => {
        impl $crate::compiled::Compiled for $name {
            fn write(&self, into: &mut Vec<u8>) {
                self.0.write(into);
            }

            fn read(from: &mut $crate::compiled::Bytes<'_>) -> Option<Self> {
                $crate::compiled::Compiled::read(from).map(Self)
            }
        }
    };
}
pub(crate) use compiled;

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Compiled for $number {
            fn write(&self, into: &mut Vec<u8>) {
                write_number(u128::from(*self), into);
            }

            fn read(from: &mut Bytes<'_>) -> Option<Self> {
                Self::try_from(from.number()?).ok()
            }
        }
    )*};
}
whole!(u8, u16, u32, u64, u128);

/// Numbers with a sign: twice the number, or for those below zero what is between. So small ones stay short.
macro_rules! signed {
    ($($number:ty as $whole:ty),*) => {$(
        impl Compiled for $number {
            fn write(&self, into: &mut Vec<u8>) {
                ((self << 1) ^ (self >> (<$number>::BITS - 1))).cast_unsigned().write(into);
            }

            fn read(from: &mut Bytes<'_>) -> Option<Self> {
                let number = <$whole>::read(from)?;
                Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            }
        }
    )*};
}
signed!(i32 as u32, i64 as u64);

impl Compiled for bool {
    fn write(&self, into: &mut Vec<u8>) {
        u8::from(*self).write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        match u8::read(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Compiled for String {
    fn write(&self, into: &mut Vec<u8>) {
        write_number(self.len() as u128, into);
        into.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let length = from.length()?;
        std::str::from_utf8(from.take(length)?).ok().map(str::to_owned)
    }
}

impl<T: Compiled> Compiled for Option<T> {
    fn write(&self, into: &mut Vec<u8>) {
        self.is_some().write(into);
        if let Some(value) = self {
            value.write(into);
        }
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        if bool::read(from)? { T::read(from).map(Some) } else { Some(None) }
    }
}

impl<T: Compiled> Compiled for Vec<T> {
    fn write(&self, into: &mut Vec<u8>) {
        write_number(self.len() as u128, into);
        self.iter().for_each(|element| element.write(into));
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        // An element may take more memory than bytes: room is made as they come.
        let length = from.length()?;
        let mut elements = Self::new();
        for _ in 0..length {
            elements.push(T::read(from)?);
        }
        Some(elements)
    }
}

impl<T: Compiled + Default, const N: usize> Compiled for [T; N] {
    fn write(&self, into: &mut Vec<u8>) {
        self.iter().for_each(|element| element.write(into));
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let mut is_whole = true;
        let elements = std::array::from_fn(|_| {
            let element = T::read(from);
            is_whole &= element.is_some();
            element.unwrap_or_default()
        });
        is_whole.then_some(elements)
    }
}

impl<A: Compiled, B: Compiled> Compiled for (A, B) {
    fn write(&self, into: &mut Vec<u8>) {
        self.0.write(into);
        self.1.write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<T: Compiled + PartialEq + std::fmt::Debug>(value: T) {
        assert_eq!(from_bytes::<T>(&to_bytes(&value)), Some(value));
    }

    #[test]
    fn what_is_written_is_read() {
        for number in [0, 1, 0x7f, 0x80, u64::from(u32::MAX), u64::MAX] {
            same(number);
        }
        same(u128::MAX);
        for number in [0, 1, -1, 63, -64, i32::MAX, i32::MIN] {
            same(number);
            same(i64::from(number) << 31);
        }
        same(vec![Some("text".to_owned()), None, Some(String::new())]);
        same([[1_u8, 255], [0, 7]]);
        same((true, vec![(0_u16, false)]));
    }

    #[test]
    fn what_is_no_such_value_is_refused() {
        assert_eq!(from_bytes::<u8>(&[0x80, 0x02]), None, "too large for its type");
        assert_eq!(from_bytes::<u128>(&[0xff; 19]), None, "too large for any");
        assert_eq!(from_bytes::<bool>(&[2]), None);
        assert_eq!(from_bytes::<u8>(&[1, 1]), None, "more than was to be read");
        assert_eq!(from_bytes::<String>(&[1, 0xff]), None, "no text");
        assert_eq!(
            from_bytes::<Vec<u8>>(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1]),
            None,
            "a length beyond the end"
        );
        assert_eq!(from_bytes::<Option<u8>>(&[1]), None, "cut short");
    }
}
