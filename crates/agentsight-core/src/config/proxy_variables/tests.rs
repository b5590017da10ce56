use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::config::{Config, ConfigBuilder};
use crate::error::ErrorKind;

/// Every variable that is read.
const NAMES: [&str; 9] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

const SOCKS: [&str; 4] = ["socks4", "socks4a", "socks5", "socks5h"];

fn config(endpoint: &str) -> ConfigBuilder {
    let key = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";
    Config::builder().api_key(key).endpoint(endpoint).allow_insecure_endpoint(true)
}

fn decide(config: ConfigBuilder, variables: &[(&str, &str)]) -> Result<Option<ProxyAddress>, Error> {
    let config = config.build().expect("a valid configuration");
    config.proxy_address(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).into()))
}

/// The address of the proxy for an endpoint.
fn url(endpoint: &str, variables: &[(&str, &str)]) -> Option<String> {
    decide(config(endpoint), variables).expect("usable variables").map(|proxy| proxy.url().to_owned())
}

#[test]
fn c3_the_variable_of_the_scheme_comes_before_that_for_all() {
    let all = [("ALL_PROXY", "http://p:1"), ("HTTP_PROXY", "http://p:2"), ("https_proxy", "p:3")];
    assert_eq!(url("https://host", &all).as_deref(), Some("http://p:3"));
    assert_eq!(url("http://host", &all).as_deref(), Some("http://p:2"));
    assert_eq!(url("https://host", &all[..2]).as_deref(), Some("http://p:1"));
    assert_eq!(url("https://host", &all[1..2]), None);
    assert_eq!(url("https://host", &[("HTTPS_PROXY", " "), all[0]]).as_deref(), Some("http://p:1"));
    assert_eq!(url("http://host", &[("http_proxy", "http://p:4"), all[1]]).as_deref(), Some("http://p:2"));
}

#[test]
fn c3_a_cgi_program_takes_no_proxy_from_the_environment() {
    for value in ["http://evil:1", "::::"] {
        assert_eq!(url("http://host", &[("HTTP_PROXY", value), ("REQUEST_METHOD", "GET")]), None);
    }
}

#[test]
fn c3_no_proxy_names_hosts_and_domains() {
    for (list, exempt) in [
        ("api.agentsight.io", true),
        ("localhost, AgentSight.io ,other", true),
        (".agentsight.io", true),
        ("agentsight.io.", true),
        ("*", true),
        ("sight.io", false),
        ("other.api.agentsight.io", false),
        ("", false),
        (".", false),
        (" , ", false),
        ("0.0.0.0/0", false),
    ] {
        let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", list)];
        for endpoint in ["https://api.agentsight.io", "https://api.agentsight.io."] {
            assert_eq!(url(endpoint, &variables).is_none(), exempt, "{list:?}");
        }
    }
}

#[test]
fn c3_no_proxy_names_addresses_and_ranges_of_addresses() {
    for (endpoint, list, exempt) in [
        ("https://10.1.2.3", "10.1.2.3", true),
        ("https://10.1.2.3", "11.0.0.0/8, 10.0.0.0/8", true),
        ("https://10.1.2.3", "10.1.2.3/32", true),
        ("https://10.1.2.3", "0.0.0.0/0", true),
        ("https://10.1.2.3", "10.1.2.4/31", false),
        ("https://10.1.2.3", "10.0.0.0/33", false),
        ("https://10.1.2.3", "10.0.0.0/", false),
        ("https://10.1.2.3", "2.3", false),
        ("https://10.1.2.3", "::/0", false),
        ("https://10.1.2.3", "*", true),
        ("https://[2001:db8::1]", "2001:db8::1", true),
        ("https://[2001:db8::1]", "[2001:db8::1]", true),
        ("https://[2001:db8::1]", "2001:db8::/32", true),
        ("https://[2001:db8::1]", "::/0", true),
        ("https://[2001:db8::1]", "2001:db9::/32", false),
        ("https://[2001:db8::1]", "::/4294967296", false),
    ] {
        let variables = [("ALL_PROXY", "http://p:1"), ("no_proxy", list)];
        assert_eq!(url(endpoint, &variables).is_none(), exempt, "{endpoint} {list:?}");
    }
}

#[test]
fn c3_every_form_of_socks_is_a_proxy_in_every_variable() {
    for scheme in SOCKS {
        for name in ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"] {
            let value = format!("{scheme}://127.0.0.1:1080");
            let proxy = decide(config("https://host"), &[(name, &value)]).expect("an address").expect("a proxy");
            assert!(proxy.is_socks() && proxy.url() == value, "{proxy}");
            assert!(proxy.refused("x").to_string().contains(name));
        }
    }
}

#[test]
fn c3_a_variable_that_applies_and_cannot_be_read_is_an_error_that_names_it() {
    for value in ["::::", "http://", "ftp://hunter2", "http://me:hunter2@ho st", "p:99999", "pro\u{fffd}xy"] {
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let error = decide(config("http://host"), &[(name, value)]).expect_err(value);
            let shown = format!("{error} {error:?}");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
        }
    }
}

#[test]
fn c3_only_a_variable_that_applies_can_fail() {
    let bad = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, "::::"));
    let with = |more| [&bad[..], &[more]].concat();
    assert_eq!(url("https://host", &bad[..1]), None);
    assert_eq!(url("http://host", &bad[1..2]), None);
    assert_eq!(url("http://host", &[bad[2], ("HTTP_PROXY", "p:1")]).as_deref(), Some("http://p:1"));
    assert_eq!(url("https://localhost:8000", &bad), None);
    assert_eq!(url("https://host", &with(("NO_PROXY", "host"))), None);
    assert_eq!(decide(config("https://host").no_proxy(), &bad).expect("not asked"), None);
    assert_eq!(decide(config("https://host").enabled(false), &bad).expect("nothing is sent"), None);
    let explicit = decide(config("https://host").proxy("socks5://p"), &bad).expect("not asked");
    assert_eq!(explicit.as_ref().map(ProxyAddress::url), Some("socks5://p:1080"));
}

/// Values that nobody would expect, values that are almost right, and right ones.
fn value() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "(http|https|socks[45]?[ah]?|ftp)?(:|://)?([a-z%:]{0,9}@)?[a-z0-9.:/\\[\\]]{0,12}".prop_map(Some),
        "([a-z0-9.:*]{0,9}(/[0-9]{1,4})?,?){0,3}".prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn c3_no_values_of_the_variables_make_it_panic(
        values in proptest::array::uniform9(value()),
        endpoint in prop::sample::select(vec![
            "https://api.agentsight.io", "http://host", "https://10.1.2.3", "https://[2001:db8::1]", "http://localhost",
        ]),
    ) {
        let variables: HashMap<&str, String> =
            NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect();
        let config = config(endpoint).build().expect("a valid configuration");
        match config.proxy_address(|name| variables.get(name).cloned()) {
            Ok(None) => {}
            Ok(Some(proxy)) => prop_assert!(!config.endpoint().is_loopback() && !proxy.url().is_empty()),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Config);
                prop_assert!(NAMES.iter().any(|name| error.to_string().contains(name)), "{}", error);
            }
        }
    }

    #[test]
    fn e3_no_password_is_shown(password in "[a-z]{12}", rest in "[ -~]{0,9}", scheme in "[a-z0-9]{0,7}(://)?") {
        let value = format!("{scheme}user:{password}@{rest}");
        let shown = format!("{:?}", decide(config("https://host"), &[("ALL_PROXY", &value)]));
        prop_assert!(!shown.contains(&password), "{}", shown);
    }
}
