//! Base64 (RFC 4648), strictly: no white space, no padding but where the alphabet has it, and no bits set that a writer
//! leaves at zero. So every value has one text, and nobody passes on a changed one that still reads.
//!
//! Nothing read here is a secret to whoever presents it, so it need not take the same time for every text; the crate that
//! does takes 8 kB of the module.

/// The last two letters and whether texts are padded.
pub(crate) struct Base64 {
    last: [u8; 2],
    is_padded: bool,
}

/// RFC 4648 §4.
pub(crate) const STANDARD: Base64 = Base64 { last: *b"+/", is_padded: true };

/// RFC 4648 §5, without padding, as JOSE writes it.
pub(crate) const URL: Base64 = Base64 { last: *b"-_", is_padded: false };

impl Base64 {
    /// The text of some bytes.
    pub(crate) fn encode(&self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for chunk in bytes.chunks(3) {
            let missing = 3 - chunk.len();
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)) << (8 * missing);
            text.extend((0..=chunk.len()).map(|place| self.letter(word >> (18 - 6 * place) & 63)));
            if self.is_padded {
                text.extend((0..missing).map(|_| '='));
            }
        }
        text
    }

    /// The bytes of a text; `None` if it is not what [`Self::encode`] writes.
    pub(crate) fn decode(&self, text: &str) -> Option<Vec<u8>> {
        let mut text = text.as_bytes();
        if self.is_padded {
            if !text.len().is_multiple_of(4) {
                return None;
            }
            text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
        }
        let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
        for chunk in text.chunks(4) {
            let mut word = 0;
            for letter in chunk {
                word = word << 6 | self.value(*letter)?;
            }
            let [_, whole @ ..] = (word << (6 * (4 - chunk.len()))).to_be_bytes();
            // A letter alone has too few bits for a byte.
            let (read, rest) =
                whole.split_at_checked(chunk.len() - 1).filter(|(read, _)| !read.is_empty())?;
            if rest.iter().any(|byte| *byte != 0) {
                return None;
            }
            bytes.extend_from_slice(read);
        }
        Some(bytes)
    }

    fn letter(&self, value: u32) -> char {
        let value = value as u8;
        let [first, second] = self.last;
        char::from(match value {
            0..26 => b'A' + value,
            26..52 => b'a' + (value - 26),
            52..62 => b'0' + (value - 52),
            62 => first,
            _ => second,
        })
    }

    fn value(&self, letter: u8) -> Option<u32> {
        let [first, second] = self.last;
        Some(u32::from(match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ if letter == first => 62,
            _ if letter == second => 63,
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use base64ct::Encoding;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_written_as_others_write_them(bytes: Vec<u8>) {
            prop_assert_eq!(STANDARD.encode(&bytes), base64ct::Base64::encode_string(&bytes));
            prop_assert_eq!(URL.encode(&bytes), base64ct::Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(STANDARD.decode(&STANDARD.encode(&bytes)), Some(bytes.clone()));
            prop_assert_eq!(URL.decode(&URL.encode(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused_as_by_others(text in "[A-D+/=_w-z-]{0,9}") {
            prop_assert_eq!(STANDARD.decode(&text), base64ct::Base64::decode_vec(&text).ok());
            prop_assert_eq!(URL.decode(&text), base64ct::Base64UrlUnpadded::decode_vec(&text).ok());
        }
    }

    #[test]
    fn a_value_has_one_text() {
        assert_eq!(STANDARD.decode("AQI="), Some(vec![1, 2]));
        for text in ["AQJ=", "AQI", "AQI==", "AQI=AQI=", "A", "A===", "AQ I=", "AQI=\n", "AQ-_"] {
            assert_eq!(STANDARD.decode(text), None, "{text}");
        }
        assert_eq!(URL.decode("AQI"), Some(vec![1, 2]));
        for text in ["AQI=", "AQJ", "A", "AQ+/", "AQ I"] {
            assert_eq!(URL.decode(text), None, "{text}");
        }
    }
}
