use std::fmt;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use url::{Host, Url};

use super::web_url;
use crate::error::Error;

/// Where the service is: scheme, host, port and an optional path in front of every `/api/...` (C3).
///
/// ```
/// use agentsight_core::Endpoint;
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let endpoint = Endpoint::parse("https://gateway.example.com/agentsight/", false)?;
/// assert_eq!(endpoint.to_string(), "https://gateway.example.com/agentsight");
/// assert_eq!(
///     endpoint.url("/api/conversations/", "page=2")?,
///     "https://gateway.example.com/agentsight/api/conversations/?page=2",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    authority: Authority,
    /// The path in front of `/api/`: empty, or beginning and not ending with a slash.
    prefix: Box<str>,
    loopback: bool,
}

impl Endpoint {
    /// Reads an address such as `https://api.agentsight.io`.
    ///
    /// Slashes at its end make no difference, and a path is kept in front of every request's path. Plain `http` is
    /// taken only for a loopback host (`localhost`, names under `.localhost`, 127.0.0.0/8, `::1`), unless
    /// `allow_insecure` says otherwise: the key would travel in the clear.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the text is not an absolute `http` or `https` URL, or carries
    /// a user name, a password, a query or a fragment. The error does not show the text.
    pub fn parse(text: &str, allow_insecure: bool) -> Result<Self, Error> {
        Self::read(text, allow_insecure).map_err(|problem| Error::config(format!("the endpoint {problem}")))
    }

    /// The hosted service, `https://api.agentsight.io` (wire: 1.1).
    pub fn hosted() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("api.agentsight.io"),
            prefix: Box::default(),
            loopback: false,
        }
    }

    /// Whether the host is this machine by name or number. No proxy is asked then, and plain `http` is fine (C3).
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Host and port, as errors name them.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The absolute URL of a route. `path` begins with `/api/`; `query` is already encoded and may be empty.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the path leaves `/api/` or path or query hold
    /// what cannot stand in a URL, or are too long for one (65,534 bytes). The error shows neither.
    pub fn url(&self, path: &str, query: &str) -> Result<Uri, Error> {
        if !is_safe_path(path) {
            return Err(Error::invalid("the request's path is not one of AgentSight's"));
        }
        if query.contains('#') {
            return Err(Error::invalid("the request's query is not encoded"));
        }
        let mut whole = String::with_capacity(self.prefix.len() + path.len() + 1 + query.len());
        whole.push_str(&self.prefix);
        whole.push_str(path);
        if !query.is_empty() {
            whole.push('?');
            whole.push_str(query);
        }
        let whole = PathAndQuery::from_maybe_shared(whole)
            .map_err(|_| Error::invalid("the request's path or query cannot stand in a URL, or is too long for one"))?;
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(whole);
        Uri::from_parts(parts).map_err(|_| Error::invalid("the request's URL cannot be put together"))
    }

    /// Whether the scheme is `https`.
    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The name or the address of the host, without the brackets of IPv6.
    pub(super) fn host(&self) -> &str {
        self.authority.host().trim_matches(['[', ']'])
    }

    /// [`parse`](Self::parse) with the reason as the end of a sentence that begins with the setting's name.
    pub(super) fn read(text: &str, allow_insecure: bool) -> Result<Self, &'static str> {
        let url = web_url::parse(text)?;
        if web_url::has_credentials(&url) {
            return Err("must not hold a user name or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not hold a query or a fragment");
        }
        let loopback = names_loopback(&url);
        if url.scheme() == "http" && !loopback && !allow_insecure {
            return Err("must use https: over plain http the key can be read by anyone on the way \
                        (allow_insecure_endpoint(true) permits it)");
        }
        let prefix = url.path().trim_end_matches('/');
        if prefix.contains("//") {
            return Err("holds an empty path segment");
        }
        Ok(Self {
            scheme: if url.scheme() == "http" { Scheme::HTTP } else { Scheme::HTTPS },
            authority: url.authority().parse().map_err(|_| "names a host that cannot be asked")?,
            prefix: prefix.into(),
            loopback,
        })
    }
}

impl Default for Endpoint {
    /// [`Endpoint::hosted`].
    fn default() -> Self {
        Self::hosted()
    }
}

/// Shows the address without the slash at its end; it holds no secret.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({self})")
    }
}

fn names_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether a path stays below `/api/` and holds nothing that a server or an HTTP library could read as something else.
fn is_safe_path(path: &str) -> bool {
    path.starts_with("/api/")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\'))
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text, false).expect(text)
    }

    #[test]
    fn c1_slashes_at_the_end_make_no_difference_and_a_prefix_is_kept() {
        for (text, shown) in [
            ("https://api.agentsight.io", "https://api.agentsight.io"),
            (" https://API.AgentSight.io:443/ ", "https://api.agentsight.io"),
            ("https://host:8443//", "https://host:8443"),
            ("https://host/a/b/", "https://host/a/b"),
            ("http://[::1]:8000/", "http://[::1]:8000"),
        ] {
            assert_eq!(endpoint(text).to_string(), shown);
        }
        assert_eq!(Endpoint::hosted(), endpoint("https://api.agentsight.io/"));
    }

    #[test]
    fn c3_plain_http_is_for_loopback_hosts() {
        for (text, loopback) in [
            ("http://localhost", true),
            ("http://LOCALHOST.:8000", true),
            ("http://fake.localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.200.3.4:1", true),
            ("http://127.1", true),
            ("http://[::1]", true),
            ("http://localhost.example.com", false),
            ("http://notlocalhost", false),
            ("http://128.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://[::2]", false),
            ("http://127.0.0.1.example.com", false),
        ] {
            match Endpoint::parse(text, false) {
                Ok(_) => assert!(loopback, "{text}"),
                Err(error) => {
                    assert_eq!((error.kind(), loopback), (ErrorKind::Config, false), "{text}");
                    assert!(error.to_string().contains("https"), "{error}");
                }
            }
            let allowed = Endpoint::parse(text, true).expect("allowed");
            assert_eq!(allowed.is_loopback(), loopback, "{text}");
        }
        assert!(endpoint("https://localhost").is_loopback());
        assert!(!endpoint("https://host").is_loopback());
    }

    #[test]
    fn c3_userinfo_query_and_fragment_are_refused_without_showing_them() {
        for text in [
            "https://user@host",
            "https://user:hunter2@host",
            "https://:hunter2@host",
            "https://host/?hunter2",
            "https://host?",
            "https://host#hunter2",
            "https://host/a//b",
            "ftp://hunter2",
            "hunter2",
        ] {
            let error = Endpoint::parse(text, true).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_route_is_put_behind_the_prefix() {
        let url = endpoint("https://host:8443/a/").url("/api/conversations/42/", "").expect("a plain path");
        assert_eq!(url, "https://host:8443/a/api/conversations/42/");
        let url = endpoint("http://[::1]:1").url("/api/x/", "a=b%2Cc&d=%23").expect("an encoded query");
        assert_eq!(url, "http://[::1]:1/api/x/?a=b%2Cc&d=%23");
    }

    #[test]
    fn c3_paths_and_queries_that_could_inject_are_refused() {
        let endpoint = Endpoint::hosted();
        for (path, query) in [
            ("", ""),
            ("api/x/", ""),
            ("/other/", ""),
            ("/api/../admin/", ""),
            ("/api/./x/", ""),
            ("/api/x/?a=b", ""),
            ("/api/x/#a", ""),
            ("/api/x y/", ""),
            ("/api/x\r\nHost: evil/", ""),
            ("/api/é/", ""),
            ("/api\\x", ""),
            ("/api/x/", "a b"),
            ("/api/x/", "a#b"),
            ("/api/x/", "a\r\nb"),
        ] {
            let error = endpoint.url(path, query).expect_err(path);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path} {query}");
        }
        assert!(endpoint.url("/api/x/", &"a".repeat(70_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_shown_can_be_read_again(text in any::<String>(), insecure: bool) {
            if let Ok(endpoint) = Endpoint::parse(&text, insecure) {
                prop_assert_eq!(Endpoint::parse(&endpoint.to_string(), insecure).ok(), Some(endpoint));
            }
        }

        #[test]
        fn reading_what_is_shown_gives_the_same_endpoint(
            host in "[a-z]{1,9}(\\.[a-z]{2,5})?", port in 1_u16.., prefix in "(/[a-z0-9%~._-]{1,5}){0,3}/{0,2}",
        ) {
            let text = format!("https://{host}:{port}{prefix}");
            if let Ok(endpoint) = Endpoint::parse(&text, false) {
                let url = endpoint.url("/api/x/", "y=z").expect("a plain route");
                prop_assert_eq!(url.to_string(), format!("{}/api/x/?y=z", endpoint));
                prop_assert_eq!(Endpoint::parse(&endpoint.to_string(), false).ok(), Some(endpoint));
            }
        }

        #[test]
        fn c3_a_url_never_leaves_the_endpoint(path in any::<String>(), query in any::<String>()) {
            if let Ok(url) = Endpoint::hosted().url(&format!("/api/{path}"), &query) {
                prop_assert_eq!(url.host(), Some("api.agentsight.io"));
                prop_assert!(url.path().starts_with("/api/"));
            }
        }
    }
}
