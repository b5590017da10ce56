use std::fmt;

use super::proxy_address::ProxyAddress;

/// Which proxy requests go through (C3). A loopback endpoint is always asked directly.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in upper or lower case. The default.
    #[default]
    FromEnvironment,
    /// None, whatever the environment says.
    None,
    /// The proxy at this URL of `http`, `https` or a kind of SOCKS, which may hold a user name and a password.
    Explicit(String),
}

impl Proxy {
    /// An explicit proxy. The error is the end of a sentence that begins with the setting's name.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        Ok(Self::Explicit(ProxyAddress::read("proxy", text)?.url().to_owned()))
    }
}

/// Shows an explicit proxy without its user name and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromEnvironment => formatter.write_str("FromEnvironment"),
            Self::None => formatter.write_str("None"),
            Self::Explicit(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let address = rest.rsplit_once('@').map_or(rest, |(_credentials, address)| address);
                write!(formatter, "Explicit({scheme}://{address})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_an_explicit_proxy_is_a_url() {
        for (text, kept) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            (" https://user:hunter2@proxy.example.com/ ", "https://user:hunter2@proxy.example.com"),
            ("socks5h://proxy", "socks5h://proxy:1080"),
        ] {
            assert_eq!(Proxy::read(text), Ok(Proxy::Explicit(kept.to_owned())));
        }
        for text in ["", "proxy:3128", "http://proxy/path", "http://proxy/?q", "http://proxy#f"] {
            assert!(Proxy::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn c3_debug_hides_the_credentials() {
        let proxy = Proxy::read("http://user:hunter2@proxy:3128").expect("a proxy");
        assert_eq!(format!("{proxy:?}"), "Explicit(http://proxy:3128)");
        let hand_made = Proxy::Explicit("user:hunter2@proxy".to_owned());
        assert!(!format!("{hand_made:?}").contains("hunter2"));
    }
}
