//! Who may talk to the console: this machine, and no page of a foreign site that its browser happens to show.

use std::net::{IpAddr, Ipv6Addr};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::Refusal;

/// Knows by which names the console may be asked. A foreign site can make its own name lead to this machine (DNS
/// rebinding), but it cannot make a browser send another name.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    listen: IpAddr,
    names: Vec<String>,
}

/// A host and its port, as `Host` and `Origin` write them.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    Name(String),
}

impl Guard {
    pub(crate) fn new(listen: IpAddr, names: Vec<String>) -> Self {
        let names = names.into_iter().map(|name| canonical(&name)).collect();
        Self { listen, names }
    }

    /// Refuses a request that may come from elsewhere; its head is enough to know.
    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        let host = self.check_host(head)?;
        check_origin(&head.headers, &host)?;
        check_fetch(head)
    }

    /// Whether a browser asks by a name that does not lead here: then it is a foreign page that asks, or is shown.
    ///
    /// Over plain HTTP a browser may leave out `Origin` and `Sec-Fetch-Site` where a page reads from its own origin, and
    /// after DNS rebinding that is the case; its `User-Agent` is there.
    pub(super) fn is_foreign_page(&self, head: &Parts) -> bool {
        is_from_browser(&head.headers) && self.check_host(head).is_err()
    }

    fn check_host(&self, head: &Parts) -> Result<Authority, Refusal> {
        let named = single(&head.headers, &header::HOST).and_then(|host| Authority::read(host?));
        let is_allowed = |authority: &Authority| self.allows(&authority.host);
        // The target of a request may name a host too, and then it is the one that counts (RFC 9112, 3.2.2).
        let target = head.uri.authority().map(|authority| Authority::read(authority.as_str()));
        let target_is_allowed = target.is_none_or(|target| target.as_ref().is_some_and(is_allowed));
        named.filter(is_allowed).filter(|_| target_is_allowed).ok_or_else(|| {
            Refusal::forbidden(
                "This host name does not lead here: use localhost, 127.0.0.1, [::1] or the address given to --listen, \
                 or allow the name with --allow-host.",
            )
        })
    }

    fn allows(&self, host: &Host) -> bool {
        match host {
            // Whoever listens everywhere is asked by addresses that are not known here; an address cannot be rebound.
            Host::Address(address) => address.is_loopback() || *address == self.listen || self.listen.is_unspecified(),
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost") || self.names.contains(name),
        }
    }
}

impl Authority {
    fn read(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let host = Host::Address(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?));
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => {
                let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
                (Host::read(name)?, port)
            }
        };
        let port = match port {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None => None,
        };
        Some(Self { host, port })
    }
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        let name = canonical(text);
        if let Ok(address) = name.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        (!name.is_empty() && name.bytes().all(is_name)).then_some(Self::Name(name))
    }
}

/// Names are the same in any case, and with the dot of the root at their end.
fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The one value of a header: `None` where there are several, `Some(None)` where it is no text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.to_str().ok()),
        _ => None,
    }
}

/// Whether a browser says that it is one.
fn is_from_browser(headers: &HeaderMap) -> bool {
    let has_agent = headers.get(header::USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"));
    has_agent || ["origin", "referer", "sec-fetch-site"].iter().any(|name| headers.contains_key(*name))
}

/// What a page sends says where the page is from: only the inspector's own is let in.
fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let own = single(headers, &header::ORIGIN).flatten().is_some_and(|origin| {
        let (scheme, authority) = origin.split_once("://").unwrap_or_default();
        let usual = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        Authority::read(authority).is_some_and(|origin| {
            origin.host == host.host && origin.port.unwrap_or(usual) == host.port.unwrap_or(usual)
        })
    });
    if own { Ok(()) } else { Err(Refusal::forbidden("A page of another origin may not use the console.")) }
}

/// What browsers add of themselves. Following a link from elsewhere to the inspector is fine.
fn check_fetch(head: &Parts) -> Result<(), Refusal> {
    let value = |name: &str| head.headers.get(name).map(HeaderValue::as_bytes);
    let is_own = matches!(value("sec-fetch-site"), None | Some(b"same-origin" | b"none"));
    let is_link = matches!(head.method, Method::GET | Method::HEAD)
        && value("sec-fetch-mode") == Some(b"navigate")
        && value("sec-fetch-dest") == Some(b"document");
    if is_own || is_link { Ok(()) } else { Err(Refusal::forbidden("A page of another site may not use the console.")) }
}

/// Refuses a body that does not say to be JSON, as a form of a foreign page cannot.
pub(super) fn check_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = single(headers, &header::CONTENT_TYPE).flatten().unwrap_or_default();
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_json = parts.next().as_deref() == Some("application/json");
    let is_utf8 = parts.all(|part| matches!(part.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\""));
    if is_json && is_utf8 {
        return Ok(());
    }
    let problem = "The body must be JSON, and say so: Content-Type: application/json.";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem))
}

/// Adds to an answer what keeps browsers from doing more with it than showing it; what it says itself stays.
pub(super) fn secure<B>(mut answer: Response<B>) -> Response<B> {
    const POLICIES: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in POLICIES {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(listen: &str, host: &str) -> bool {
        let guard = Guard::new(listen.parse().unwrap(), vec!["Fake.Compose.".to_owned()]);
        Authority::read(host).is_some_and(|authority| guard.allows(&authority.host))
    }

    #[test]
    fn only_names_that_cannot_be_rebound_are_allowed() {
        for host in [
            "localhost",
            "LocalHost:8787",
            "localhost.",
            "localhost.:8787",
            "app.localhost",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]",
            "[::1]:65535",
            "[0:0:0:0:0:0:0:1]:80",
            "fake.compose",
            "FAKE.compose.:80",
        ] {
            assert!(is_allowed("127.0.0.1", host), "{host}");
        }
        for host in [
            "",
            ".",
            ":80",
            "evil.test",
            "evil.test:8787",
            "localhost.evil.test",
            "evillocalhost",
            "127.0.0.1.evil.test",
            "localhost:",
            "localhost:80:80",
            "localhost:99999",
            "localhost:-1",
            "localhost:+1",
            "localhost:8o",
            "localhost@evil.test",
            "evil.test@localhost",
            "user:pass@localhost",
            "localhost/",
            "localhost#",
            "localhost?",
            "localhost\\@evil.test",
            " localhost",
            "localhost ",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[::1%25lo]",
            "[127.0.0.1]",
            "[evil.test]",
            "0.0.0.0",
            "[::]",
            "192.168.1.5",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "compose",
            "l\u{f6}calhost",
            "%6cocalhost",
        ] {
            assert!(!is_allowed("127.0.0.1", host), "{host}");
        }
    }

    #[test]
    fn the_address_that_is_listened_on_is_allowed_and_every_address_where_that_is_everywhere() {
        assert!(is_allowed("192.168.1.5", "192.168.1.5:8787"));
        assert!(!is_allowed("192.168.1.5", "192.168.1.6:8787"));
        assert!(is_allowed("0.0.0.0", "192.168.1.6:8787"));
        assert!(is_allowed("::", "[2001:db8::1]:8787"));
        assert!(!is_allowed("0.0.0.0", "evil.test:8787"));
        assert!(is_allowed("2001:db8::1", "[2001:DB8:0::1]"));
    }
}
