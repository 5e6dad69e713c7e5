//! What Fastly vouches for, and nothing else: the connection's address, its TLS session and what Fastly's data tell of
//! the address. `X-Forwarded-For`, `Fastly-Client-IP` and the like are never read: a client can send them.

use std::net::IpAddr;

use edgeward::identifier::encode_hex;
use edgeward::request::{Client, ClientCert, PlatformBot, Proxy, Request, Text, Tls, Transport};
use fastly::geo::{Geo, ProxyDescription, ProxyType, geo_lookup};
use fastly::http::Version;
use fastly::http::request::Request as Incoming;
use fastly_shared::ClientCertVerifyResult;

use crate::asked::telling_order;
use crate::claims::is_country;

/// The facts of a connection.
#[must_use]
pub fn facts(incoming: &Incoming) -> Request<'static> {
    let ip = incoming.get_client_ip_addr();
    Request {
        client: client(ip, ip.and_then(geo_lookup).as_ref()),
        tls: tls(incoming),
        transport: Transport {
            h2_fingerprint: owned(incoming.get_client_h2_fingerprint()),
            header_order: header_order(incoming),
            // Compute tells no round trip.
            ..Transport::default()
        },
        platform_bot: PlatformBot {
            score: None,
            verified: incoming.get_bot_analyzed().then(|| incoming.get_bot_verified()).flatten(),
            signed_agent: None,
        },
        ..Request::default()
    }
}

/// The protocol the client spoke.
#[must_use]
pub fn http_version(incoming: &Incoming) -> Option<&'static str> {
    match incoming.get_version() {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("h2"),
        Version::HTTP_3 => Some("h3"),
        _ => None,
    }
}

fn client(ip: Option<IpAddr>, geo: Option<&Geo>) -> Client<'static> {
    Client {
        ip: ip.map(|ip| ip.to_canonical()),
        asn: geo.map(Geo::as_number).filter(|number| *number != 0),
        country: owned(geo.map(Geo::country_code).filter(|code| is_country(code))),
        // `?` is Fastly's word for a city it does not know.
        city: owned(geo.map(Geo::city).filter(|city| *city != "?")),
        latitude: geo.and_then(|geo| micro_degrees(geo.latitude(), 90.0)),
        longitude: geo.and_then(|geo| micro_degrees(geo.longitude(), 180.0)),
        proxy: geo.and_then(|geo| proxy(&geo.proxy_type(), &geo.proxy_description())),
        ..Client::default()
    }
}

/// `?` says that no proxy is known of, which is not to know that there is none.
const fn proxy(kind: &ProxyType, description: &ProxyDescription) -> Option<Proxy> {
    match (description, kind) {
        (ProxyDescription::TorExit | ProxyDescription::TorRelay, _) => Some(Proxy::Tor),
        (ProxyDescription::Vpn, _) => Some(Proxy::Vpn),
        (ProxyDescription::WebBrowser, _) => Some(Proxy::Relay),
        (ProxyDescription::CloudSecurity, _) | (_, ProxyType::Corporate) => Some(Proxy::Corporate),
        (_, ProxyType::Hosting) | (ProxyDescription::Cloud, _) => Some(Proxy::Hosting),
        (_, ProxyType::Anonymous | ProxyType::Public) => Some(Proxy::Vpn),
        _ => None,
    }
}

fn tls(incoming: &Incoming) -> Tls<'static> {
    let protocol = incoming.get_tls_protocol().ok().flatten();
    let presented = incoming.get_tls_raw_client_certificate_bytes().is_some_and(|bytes| !bytes.is_empty());
    // Without a certificate, and without mutual TLS, the result is `Ok` as well.
    let result = incoming.get_tls_client_cert_verify_result();
    let verified = presented && matches!(result, Some(ClientCertVerifyResult::Ok));
    Tls {
        version: owned(protocol.and_then(|name| name.strip_prefix("TLSv"))),
        ja4: owned(incoming.get_tls_ja4()),
        ja3: incoming.get_tls_ja3_md5().map(|md5| Text(encode_hex(&md5).into())),
        client_cert: ClientCert {
            presented: protocol.map(|_| presented),
            verified: protocol.map(|_| verified),
        },
    }
}

fn header_order(incoming: &Incoming) -> Option<Vec<Text<'static>>> {
    let names = incoming.get_original_header_names().ok().flatten()?;
    Some(telling_order(names.iter().map(String::as_str)).into_iter().map(Text::from).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "within the limit, which fits")]
fn micro_degrees(degrees: f64, limit: f64) -> Option<i32> {
    (degrees.abs() <= limit).then(|| (degrees * 1e6).round() as i32)
}

fn owned(text: Option<&str>) -> Option<Text<'static>> {
    text.filter(|text| !text.is_empty()).map(|text| Text(text.to_owned().into()))
}
