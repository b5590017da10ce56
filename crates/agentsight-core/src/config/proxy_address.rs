use std::fmt;

use http::Uri;

use super::web_url;
use crate::error::Error;

/// The port of SOCKS where an address names none.
const SOCKS_PORT: u16 = 1080;

/// A proxy that requests go through, and the setting or the environment variable that names it (C3).
///
/// Made by [`Config::proxy_address`](crate::Config::proxy_address), for transports. [`Display`](fmt::Display) and
/// [`Debug`] show it without its user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    name: &'static str,
    protocol: Protocol,
    url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http,
    Https,
    Socks4,
    Socks4a,
    Socks5,
    Socks5h,
}

impl ProxyAddress {
    /// The whole URL, user name and password included: scheme, host and, with SOCKS always, the port. No path.
    ///
    /// The scheme is one of `http`, `https`, `socks4`, `socks4a`, `socks5` and `socks5h`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the proxy speaks SOCKS, in any version.
    pub fn is_socks(&self) -> bool {
        !matches!(self.protocol, Protocol::Http | Protocol::Https)
    }

    /// Whether the connection to the proxy itself uses TLS.
    pub fn is_https(&self) -> bool {
        self.protocol == Protocol::Https
    }

    /// The error of a transport that cannot use this proxy. It names the setting or the variable; `problem` is the end
    /// of a sentence that begins with that name.
    pub fn refused(&self, problem: &str) -> Error {
        refused(self.name, problem)
    }

    /// Reads an address that begins with a scheme. The error is the end of a sentence that begins with the name.
    pub(super) fn read(name: &'static str, text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.trim().split_once("://").ok_or("is not a URL such as http://host:port")?;
        let protocol = Protocol::of(scheme)
            .ok_or("must begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://")?;
        // Only the rules of a web address check and normalise the host, so each address is read as one.
        let url = web_url::parse(&format!("http://{rest}"))?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("must not hold a path, a query or a fragment");
        }
        // A port that is the scheme's own is left out by the parser; it is no other scheme's.
        let as_https = || web_url::parse(&format!("https://{rest}")).ok().and_then(|url| url.port());
        let port = match protocol {
            Protocol::Http => url.port(),
            Protocol::Https => as_https(),
            _ => Some(url.port().or_else(as_https).unwrap_or(SOCKS_PORT)),
        };
        let mut whole = format!("{}://", protocol.scheme());
        if web_url::has_credentials(&url) {
            whole.push_str(url.username());
            if let Some(password) = url.password() {
                whole.push(':');
                whole.push_str(password);
            }
            whole.push('@');
        }
        whole.push_str(url.host_str().unwrap_or_default());
        if let Some(port) = port {
            whole.push_str(&format!(":{port}"));
        }
        // HTTP libraries read an address as this type.
        match whole.parse::<Uri>() {
            Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(Self { name, protocol, url: whole }),
            _ => Err("holds characters that do not belong in the address of a proxy"),
        }
    }
}

/// Shows scheme, host, port, and what names the proxy: `socks5://127.0.0.1:1080 (ALL_PROXY)`.
impl fmt::Display for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, rest) = self.url.split_once("://").unwrap_or_default();
        let address = rest.rsplit_once('@').map_or(rest, |(_credentials, address)| address);
        write!(formatter, "{}://{address} ({})", self.protocol.scheme(), self.name)
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ProxyAddress({self})")
    }
}

impl Protocol {
    /// The protocol of a scheme. `socks` is SOCKS 5, which is what the settings of a desktop mean by it.
    fn of(scheme: &str) -> Option<Self> {
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            "socks4" => Some(Self::Socks4),
            "socks4a" => Some(Self::Socks4a),
            "socks5" | "socks" => Some(Self::Socks5),
            "socks5h" => Some(Self::Socks5h),
            _ => None,
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }
}

/// The error of a setting or a variable; `problem` is the end of a sentence that begins with its name.
pub(super) fn refused(name: &str, problem: &str) -> Error {
    Error::config(format!("{name} {problem}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn c3_an_address_is_read_strictly_and_keeps_its_port() {
        for (text, kept) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            (" https://user:hunter2@Proxy.example.com/ ", "https://user:hunter2@proxy.example.com"),
            ("https://proxy:80", "https://proxy:80"),
            ("http://proxy:443", "http://proxy:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("SOCKS5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks://127.0.0.1:1081/", "socks5://127.0.0.1:1081"),
            ("socks5h://:pass%40word@proxy:80", "socks5h://:pass%40word@proxy:80"),
            ("socks4://proxy:443", "socks4://proxy:443"),
            ("socks4a://[::1]", "socks4a://[::1]:1080"),
        ] {
            assert_eq!(ProxyAddress::read("proxy", text).as_ref().map(ProxyAddress::url), Ok(kept), "{text}");
        }
        for text in [
            "",
            "proxy:3128",
            "ftp://proxy",
            "socks6://proxy",
            "http://proxy/path",
            "socks5://proxy/?q",
            "http://proxy#f",
            "http://",
            "http://:3128",
            "http://::::",
            "http://proxy:99999",
            "http://pro\"xy",
            "http://pro\u{fffd}xy",
            "http:proxy",
        ] {
            assert!(ProxyAddress::read("proxy", text).is_err(), "{text}");
        }
    }

    #[test]
    fn c3_an_address_is_shown_without_its_credentials() {
        let proxy = ProxyAddress::read("ALL_PROXY", "socks5://user:hunter2@proxy").expect("a proxy");
        assert_eq!(proxy.to_string(), "socks5://proxy:1080 (ALL_PROXY)");
        let shown = format!("{proxy:?} {}", proxy.refused("is not for us"));
        assert!(shown.contains("ALL_PROXY is not for us") && !shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn c3_what_is_read_can_be_read_again(
            text in prop_oneof![any::<String>(), "(http|https|socks[45][ah]?)://([!-~]{0,8}@)?[!-~]{0,12}(:[0-9]{1,5})?/?"],
        ) {
            if let Ok(proxy) = ProxyAddress::read("proxy", &text) {
                prop_assert_eq!(ProxyAddress::read("proxy", proxy.url()), Ok(proxy));
            }
        }
    }
}
