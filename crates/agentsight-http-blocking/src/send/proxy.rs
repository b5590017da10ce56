//! Which proxy requests go through: what the core decides, as long as this build can use it (C3).

use agentsight_core::{Config, Error, ProxyAddress};
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

/// The proxy of a configuration. `lookup` returns the value of an environment variable.
///
/// ureq panics when it is to use a SOCKS proxy that it was built without, so such a proxy is refused here.
pub(super) fn choose(config: &Config, lookup: impl Fn(&str) -> Option<String>) -> Result<Option<ProxyAddress>, Error> {
    let proxy = config.proxy_address(lookup)?;
    match &proxy {
        Some(proxy) if proxy.is_socks() && !cfg!(feature = "socks") => Err(proxy.refused(
            "names a SOCKS proxy, and this program was built without the feature `socks` of agentsight-http-blocking: \
             switch it on, or use no_proxy()",
        )),
        Some(proxy) if proxy.is_https() && !cfg!(feature = "rustls") => {
            Err(proxy.refused("names an https proxy, and this program was built without the feature `rustls`"))
        }
        _ => Ok(proxy),
    }
}

/// Hands the proxy to ureq, which then looks at no variable itself.
pub(super) fn configure(
    builder: ConfigBuilder<AgentScope>,
    proxy: Option<&ProxyAddress>,
) -> Result<ConfigBuilder<AgentScope>, Error> {
    let Some(address) = proxy else { return Ok(builder.proxy(None)) };
    match ureq::Proxy::new(address.url()) {
        Ok(proxy) => Ok(builder.proxy(Some(proxy))),
        // ureq's error adds nothing, and the address may hold a password.
        Err(_) => Err(address.refused("is an address that cannot be used")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use agentsight_core::ErrorKind;
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 8] =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

    const ENDPOINTS: [&str; 3] = ["http://host", "https://host", "http://localhost"];

    fn config(endpoint: &str) -> Config {
        let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").endpoint(endpoint);
        config.allow_insecure_endpoint(true).build().expect("a valid configuration")
    }

    fn chosen(endpoint: &str, name: &str, value: &str) -> Result<Option<ProxyAddress>, Error> {
        choose(&config(endpoint), |asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn c3_a_socks_proxy_needs_the_feature_and_else_the_error_names_the_variable() {
        for scheme in ["socks", "socks4", "socks4a", "socks5", "socks5h", "SOCKS5"] {
            for name in ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"] {
                let result = chosen("https://host", name, &format!("{scheme}://me:hunter2@127.0.0.1:1080"));
                if cfg!(feature = "socks") {
                    let proxy = result.expect("the feature is on").expect("a proxy");
                    assert!(configure(ureq::Agent::config_builder(), Some(&proxy)).is_ok(), "{proxy}");
                    continue;
                }
                let error = result.expect_err("the feature is off");
                let shown = format!("{error} {error:?}");
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(shown.contains(name) && shown.contains("`socks`") && !shown.contains("hunter2"), "{shown}");
            }
        }
    }

    #[test]
    fn c3_a_socks_proxy_that_does_not_apply_is_no_error() {
        for (endpoint, name) in [("https://host", "HTTP_PROXY"), ("http://localhost", "ALL_PROXY")] {
            assert_eq!(chosen(endpoint, name, "socks5://p").expect("not asked"), None);
        }
    }

    #[test]
    fn c3_an_https_proxy_is_not_spoken_to_in_the_clear() {
        let result = chosen("http://host", "ALL_PROXY", "https://p");
        assert_eq!(result.is_ok(), cfg!(feature = "rustls"), "{result:?}");
    }

    proptest! {
        #[test]
        fn c3_no_values_of_the_variables_make_it_panic(
            values in proptest::array::uniform8(prop_oneof![
                any::<String>(),
                "((http|https|socks[45][ah]?)://)?([!-~]{0,9}@)?[a-z0-9.:\\[\\]%]{0,9}",
                "socks5h?://[a-z%0-9]{0,300}:[a-z]{0,300}@p",
            ]),
            endpoint in prop::sample::select(ENDPOINTS.as_slice()),
        ) {
            let variables: HashMap<&str, String> = NAMES.into_iter().zip(values).collect();
            let result = choose(&config(endpoint), |name| variables.get(name).cloned())
                .and_then(|proxy| Ok((configure(ureq::Agent::config_builder(), proxy.as_ref())?, proxy)));
            match result {
                Ok((builder, proxy)) => {
                    drop(ureq::Agent::new_with_config(builder.build()));
                    prop_assert!(cfg!(feature = "socks") || proxy.is_none_or(|proxy| !proxy.is_socks()));
                }
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Config),
            }
        }
    }
}
