//! Named locations.

use super::reader::{Members, Reader};
use crate::location::{Country, LocationKind, MAX_LOCATIONS, MAX_RANGES, NamedLocation};
use crate::net::AddressRange;
use crate::node::Node;

pub(super) fn named_locations(reader: &mut Reader, node: Node) -> Vec<NamedLocation> {
    let mut locations: Vec<NamedLocation> = Vec::new();
    reader.list(node, |reader, node| {
        let location = reader.object(node, named_location).flatten();
        let Some(location) = location else { return };
        if locations.iter().any(|other| other.id.eq_ignore_ascii_case(&location.id)) {
            let message = format!("the id `{}` is taken by an earlier named location", location.id);
            reader.at("id", |reader| reader.error("duplicate_id", &message, "remove one of the two"));
        }
        if locations.len() == MAX_LOCATIONS {
            let message = format!("the limit is {MAX_LOCATIONS} named locations");
            reader.error("too_many_locations", &message, "join locations that the same policies name");
        }
        if locations.len() < MAX_LOCATIONS {
            locations.push(location);
        }
    });
    locations
}

/// The compliant network has the same id in every tenant, and policies of templates name it without its location (Entra
/// `how-to-compliant-network.md`). Nobody has stated that it is trusted, so here it is not.
pub(super) fn built_in(locations: &[NamedLocation], policies: &str) -> Option<NamedLocation> {
    const COMPLIANT_NETWORK: &str = "3d46dbda-8382-466a-856d-eb00cbc6b910";
    let is_listed = locations.iter().any(|location| location.id.eq_ignore_ascii_case(COMPLIANT_NETWORK));
    let is_built_in = policies.contains(COMPLIANT_NETWORK) && !is_listed && locations.len() < MAX_LOCATIONS;
    is_built_in.then(|| NamedLocation {
        id: COMPLIANT_NETWORK.to_owned(),
        kind: LocationKind::CompliantNetwork { trusted: false },
    })
}

fn named_location(reader: &mut Reader, members: &mut Members) -> Option<NamedLocation> {
    let name = members.peek_text("displayName").or_else(|| members.peek_text("name")).map(str::to_owned);
    Reader::ignore(
        members,
        &[
            "displayName",
            "createdDateTime",
            "modifiedDateTime",
            "deletedDateTime",
            // Of templates; the kind is told by what else the location holds.
            "name",
            "description",
            "note",
            "locationType",
        ],
    );
    let kind = members.odata_type().map(|name| name.trim_start_matches("microsoft.graph.").to_owned());
    let kind = match kind.as_deref() {
        Some("ipNamedLocation") => ip(reader, members),
        Some("countryNamedLocation") => country(reader, members),
        Some("compliantNetworkNamedLocation") => compliant_network(reader, members),
        Some(other) => {
            let message = format!("`{other}` is not a kind of named location");
            let fix = "one of: ipNamedLocation, countryNamedLocation, compliantNetworkNamedLocation";
            reader.at("@odata.type", |reader| reader.error("unknown_value", &message, fix));
            return None;
        }
        None if members.has("ipRanges") => ip(reader, members),
        None if members.has("countriesAndRegions") => country(reader, members),
        None if members.has("compliantNetworkType") => compliant_network(reader, members),
        None => {
            let fix = "export the location with its type, or leave it out";
            reader.error("missing_member", "`ipRanges` or `countriesAndRegions` is required", fix);
            return None;
        }
    };
    let id = reader.member(members, "id", Reader::text).or_else(|| {
        let name = name?;
        let message = format!("the named location has no id: it is known as `{name}`");
        reader.warn_with_fix("missing_id", &message, "export the location with its id");
        Some(name)
    });
    let Some(id) = id else {
        let message = "`id` is required: policies refer to a named location by it";
        reader.error("missing_member", message, "export the location with its id");
        return None;
    };
    Some(NamedLocation { id, kind })
}

fn compliant_network(reader: &mut Reader, members: &mut Members) -> LocationKind {
    Reader::ignore(members, &["compliantNetworkType"]);
    let trusted = reader.member(members, "isTrusted", Reader::boolean).unwrap_or(false);
    LocationKind::CompliantNetwork { trusted }
}

fn ip(reader: &mut Reader, members: &mut Members) -> LocationKind {
    let mut ranges = Vec::new();
    reader.member(members, "ipRanges", |reader, node| {
        reader.list(node, |reader, node| {
            let text = match node {
                Node::Text(text) => {
                    let fix = "write {\"cidrAddress\": \"…\"}";
                    reader.warn_with_fix("range_as_text", "Graph writes a range as an object", fix);
                    Some(text)
                }
                node => reader
                    .object(node, |reader, members| {
                        Reader::ignore(members, &["description"]);
                        reader.member(members, "cidrAddress", Reader::text)
                    })
                    .flatten(),
            };
            let Some(text) = text else { return };
            match AddressRange::parse(&text) {
                Ok((range, host_bits)) => {
                    if host_bits {
                        let message = format!("`{text}` has host bits set; they are masked out");
                        reader.warn("cidr_host_bits", &message);
                    }
                    ranges.push(range);
                }
                Err(error) => {
                    let fix = "write a block longer than /8, such as 203.0.113.0/24";
                    reader.error("invalid_cidr", &format!("`{text}`: {error}"), fix);
                }
            }
        })
    });
    if ranges.is_empty() {
        reader.warn("empty_location", "no range is listed: no address belongs to it");
    }
    if ranges.len() > MAX_RANGES {
        let message = format!("{} ranges; the limit is {MAX_RANGES}", ranges.len());
        reader.at("ipRanges", |reader| {
            reader.error("too_many_ranges", &message, "join ranges that touch, or split the location")
        });
    }
    let trusted = reader.member(members, "isTrusted", Reader::boolean).unwrap_or(false);
    LocationKind::Ip { ranges, trusted }
}

fn country(reader: &mut Reader, members: &mut Members) -> LocationKind {
    let mut countries = Vec::new();
    reader.member(members, "countriesAndRegions", |reader, node| {
        reader.list(node, |reader, node| {
            let Some(code) = reader.text(node) else { return };
            match Country::parse(&code) {
                Some(country) => countries.push(country),
                None => {
                    let message = format!("`{code}` is not an ISO 3166-1 alpha-2 code");
                    reader.error("unknown_value", &message, "write two letters, such as NO");
                }
            }
        })
    });
    let unknown =
        reader.member(members, "includeUnknownCountriesAndRegions", Reader::boolean).unwrap_or(false);
    if countries.is_empty() && !unknown {
        reader.warn("empty_location", "no country is listed: no address belongs to it");
    }
    let by_gps = reader.member(members, "countryLookupMethod", |reader, node| {
        let text = reader.text(node)?;
        reader.choice(&text, &[("clientIpAddress", false), ("authenticatorAppGps", true)])
    });
    if by_gps == Some(true) {
        let message =
            "the position of the authenticator decides: a host that does not state it leaves this unknown";
        reader.warn("gps_location", message);
        return LocationKind::AuthenticatorGps { countries, unknown };
    }
    LocationKind::Country { countries, unknown }
}
