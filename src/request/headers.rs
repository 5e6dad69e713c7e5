//! The headers of a message, and where those lie that decisions read.

use std::ops::Deref;

use serde::Serialize;

use super::Text;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A header that decisions read; a packed request carries no others.
    pub enum Header {
        /// What the client says that it is.
        UserAgent = "user-agent",
        /// Brands, of user agent client hints.
        SecChUa = "sec-ch-ua",
        /// Platform, of the same.
        SecChUaPlatform = "sec-ch-ua-platform",
        /// Whether it is a mobile device, of the same.
        SecChUaMobile = "sec-ch-ua-mobile",
        /// Brands with whole versions, of the same: sent to sites that ask for it (`Accept-CH`).
        SecChUaFullVersionList = "sec-ch-ua-full-version-list",
        /// Languages.
        AcceptLanguage = "accept-language",
        /// Content encodings.
        AcceptEncoding = "accept-encoding",
        /// Media types.
        Accept = "accept",
        /// Fetch metadata: how it is asked.
        SecFetchMode = "sec-fetch-mode",
        /// Fetch metadata: for what it is asked.
        SecFetchDest = "sec-fetch-dest",
        /// Fetch metadata: whether a person acted.
        SecFetchUser = "sec-fetch-user",
        /// Fetch metadata: from where it is asked.
        SecFetchSite = "sec-fetch-site",
        /// The page that asks.
        Referer = "referer",
        /// Application that a WebView belongs to.
        XRequestedWith = "x-requested-with",
        /// Announces a signature (RFC 9421).
        SignatureInput = "signature-input",
    }
}

impl Header {
    /// The header of a name, however it is spelled.
    fn of(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Self::ALL.get(place).copied()
    }
}

/// Name and value pairs in arrival order; names in lower case.
///
/// A decision looks a dozen headers up, most of which are not there: the first of each [`Header`] is noted as it
/// comes.
///
/// ```
/// use edgeward::request::{Header, Headers};
/// let headers = Headers::from(vec![("Accept".into(), "*/*".into()), ("accept".into(), "text/html".into())]);
/// assert_eq!(headers.first(Header::Accept), Some("*/*"));
/// assert_eq!(headers.first(Header::UserAgent), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    pairs: Vec<(Text<'a>, Text<'a>)>,
    /// One more than the place of the first of each; 0 for none.
    first: [u16; Header::ALL.len()],
}

impl<'a> Headers<'a> {
    /// None, with room for some.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self { pairs: Vec::with_capacity(count), ..Self::default() }
    }

    /// Adds a header behind the others.
    pub fn push(&mut self, name: Text<'a>, value: Text<'a>) {
        let header = Header::of(&name);
        self.pairs.push((name, value));
        if let Some(header) = header {
            self.note(header);
        }
    }

    /// Adds a header that decisions read.
    #[inline]
    pub(crate) fn push_known(&mut self, header: Header, value: Text<'a>) {
        self.pairs.push((header.name().into(), value));
        self.note(header);
    }

    /// The last one is of this kind.
    #[inline]
    fn note(&mut self, header: Header) {
        if let Some(first) = self.first.get_mut(header as usize)
            && *first == 0
        {
            *first = u16::try_from(self.pairs.len()).unwrap_or(0);
        }
    }

    /// First value of a header.
    #[must_use]
    #[inline]
    pub fn first(&self, header: Header) -> Option<&str> {
        let place = usize::from(*self.first.get(header as usize)?).checked_sub(1)?;
        self.pairs.get(place).map(|(_, value)| &**value)
    }
}

impl<'a> Deref for Headers<'a> {
    type Target = [(Text<'a>, Text<'a>)];

    fn deref(&self) -> &Self::Target {
        &self.pairs
    }
}

impl<'a> Extend<(Text<'a>, Text<'a>)> for Headers<'a> {
    fn extend<I: IntoIterator<Item = (Text<'a>, Text<'a>)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(name, value)| self.push(name, value));
    }
}

impl<'a> FromIterator<(Text<'a>, Text<'a>)> for Headers<'a> {
    fn from_iter<I: IntoIterator<Item = (Text<'a>, Text<'a>)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        headers.extend(pairs);
        headers
    }
}

impl<'a> From<Vec<(Text<'a>, Text<'a>)>> for Headers<'a> {
    fn from(pairs: Vec<(Text<'a>, Text<'a>)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.pairs.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_is_found_as_a_search_would_find_it() {
        let names = ["x", "USER-agent", "accept", "user-agent", "Accept", "sec-ch-ua", "", "accept-language"];
        let headers: Headers<'_> = names
            .iter()
            .enumerate()
            .map(|(place, name)| ((*name).into(), Text(place.to_string().into())))
            .collect();
        for header in Header::ALL {
            let searched = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header.name()));
            assert_eq!(headers.first(*header), searched.map(|(_, value)| &**value), "{}", header.name());
        }
        let mut known = Headers::with_capacity(2);
        known.push_known(Header::Accept, "a".into());
        known.push_known(Header::Accept, "b".into());
        assert_eq!(known, Headers::from(vec![("accept".into(), "a".into()), ("accept".into(), "b".into())]));
    }
}
