//! Which proxy requests go through: none for a loopback endpoint, else the configured one or the environment's (C3).

use std::env;

use agentsight_core::{Config, Error, Proxy};
use http::Uri;
use http::uri::Scheme;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

pub(super) fn configure(
    builder: ConfigBuilder<AgentScope>,
    config: &Config,
) -> Result<ConfigBuilder<AgentScope>, Error> {
    let endpoint = config.endpoint();
    match config.proxy() {
        _ if endpoint.is_loopback() => Ok(builder.proxy(None)),
        Proxy::None => Ok(builder.proxy(None)),
        Proxy::FromEnvironment => {
            Ok(builder.proxy(from_environment(&endpoint.url("/api/", "")?, |name| env::var(name).ok())))
        }
        Proxy::Explicit(address) => match ureq::Proxy::new(address) {
            Ok(proxy) => Ok(builder.proxy(Some(proxy))),
            // ureq's error adds nothing, and the address may hold a password.
            Err(_) => Err(Error::config("the address of the proxy cannot be used")),
        },
        _ => Err(Error::config("the proxy setting is of a kind that this transport does not know")),
    }
}

/// The proxy that the environment names for `url`.
///
/// By the rules that the asynchronous transport gets from reqwest, not by ureq's: the variable of the URL's scheme
/// comes before `ALL_PROXY`, and that of another scheme does not count. In a CGI program none does, because there
/// visitors set `HTTP_PROXY` by a header.
fn from_environment(url: &Uri, variable: impl Fn(&str) -> Option<String>) -> Option<ureq::Proxy> {
    let first = |names: [&str; 2]| names.into_iter().find_map(&variable);
    let proxy = |names| first(names).and_then(|address| ureq::Proxy::new(&address).ok());
    let of_scheme = if url.scheme() == Some(&Scheme::HTTPS) {
        ["HTTPS_PROXY", "https_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy"]
    };
    let is_exempt =
        first(["NO_PROXY", "no_proxy"]).is_some_and(|list| is_exempt(url.host().unwrap_or_default(), &list));
    if is_exempt || variable("REQUEST_METHOD").is_some() {
        return None;
    }
    proxy(of_scheme).or_else(|| proxy(["ALL_PROXY", "all_proxy"]))
}

/// Whether `NO_PROXY` names this host, or a domain that it is in.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        let domain = entry.strip_prefix('.').unwrap_or(&entry);
        let before = host.strip_suffix(domain).filter(|_| !domain.is_empty());
        entry == "*" || before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The port of the proxy that these variables name.
    fn port(url: &str, variables: &[(&str, &str)]) -> Option<u16> {
        let variable =
            |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).into());
        let url = url.parse().expect("a valid URL");
        from_environment(&url, variable).map(|proxy| proxy.port())
    }

    #[test]
    fn c3_the_variable_of_the_scheme_comes_before_that_for_all() {
        let all = [("ALL_PROXY", "http://p:1"), ("HTTP_PROXY", "http://p:2"), ("https_proxy", "http://p:3")];
        assert_eq!(port("https://host/", &all), Some(3));
        assert_eq!(port("http://host/", &all), Some(2));
        assert_eq!(port("https://host/", &all[..2]), Some(1));
        assert_eq!(port("https://host/", &all[1..2]), None);
        assert_eq!(port("https://host/", &[("HTTPS_PROXY", ""), all[0]]), Some(1));
    }

    #[test]
    fn c3_a_cgi_program_takes_no_proxy_from_the_environment() {
        assert_eq!(port("http://host/", &[("HTTP_PROXY", "http://evil:1"), ("REQUEST_METHOD", "GET")]), None);
    }

    #[test]
    fn c3_no_proxy_names_hosts_and_domains() {
        for (list, exempt) in [
            ("api.agentsight.io", true),
            ("localhost, AgentSight.io ,other", true),
            (".agentsight.io", true),
            ("*", true),
            ("sight.io", false),
            ("other.api.agentsight.io", false),
            ("", false),
            (".", false),
            (" , ", false),
        ] {
            let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", list)];
            assert_eq!(port("https://api.agentsight.io/", &variables).is_none(), exempt, "{list:?}");
        }
        assert_eq!(port("https://[2001:db8::1]/", &[("ALL_PROXY", "http://p:1"), ("no_proxy", "2001:db8::1")]), None);
    }
}
