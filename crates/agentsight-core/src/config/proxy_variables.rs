//! Which proxy the environment names for an endpoint (C3).

use std::net::IpAddr;

use super::Endpoint;
use super::proxy_address::{ProxyAddress, refused};
use crate::error::Error;

/// The proxy that the variables name for this endpoint, or the error of the one that applies and cannot be read.
pub(super) fn choose(
    endpoint: &Endpoint,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<ProxyAddress>, Error> {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| lookup(name).filter(|text| !text.trim().is_empty()).map(|text| (*name, text)))
    };
    let names = if endpoint.is_https() {
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    let Some((name, text)) = first(&names) else { return Ok(None) };
    let is_exempt = first(&["NO_PROXY", "no_proxy"]).is_some_and(|(_, list)| is_exempt(endpoint.host(), &list));
    if is_exempt || lookup("REQUEST_METHOD").is_some() {
        return Ok(None);
    }
    let read = if text.contains("://") {
        ProxyAddress::read(name, &text)
    } else {
        ProxyAddress::read(name, &format!("http://{}", text.trim()))
    };
    read.map(Some).map_err(|problem| {
        refused(name, &format!("{problem} (it names the proxy for this endpoint; NO_PROXY or no_proxy() does without)"))
    })
}

/// Whether `NO_PROXY` names this host, a domain that it is in, or a range of addresses that it is in.
fn is_exempt(host: &str, list: &str) -> bool {
    let host = without_dot(host).to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| match address {
        _ if entry == "*" => true,
        Some(address) => is_in_range(address, &entry),
        None => is_in_domain(&host, &entry),
    })
}

fn is_in_domain(host: &str, entry: &str) -> bool {
    let domain = without_dot(entry.strip_prefix('.').unwrap_or(entry));
    let before = host.strip_suffix(domain).filter(|_| !domain.is_empty());
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether an address is the one of an entry, or in the entry's range, such as `10.0.0.0/8`.
fn is_in_range(address: IpAddr, entry: &str) -> bool {
    let (network, length) = match entry.split_once('/') {
        Some((network, length)) => match length.parse::<u32>() {
            Ok(length) => (network, Some(length)),
            Err(_) => return false,
        },
        None => (entry, None),
    };
    let network: Option<IpAddr> = network.trim_matches(['[', ']']).parse().ok();
    let (first, second, bits): (u128, u128, u32) = match (address, network) {
        (IpAddr::V4(address), Some(IpAddr::V4(network))) => (address.to_bits().into(), network.to_bits().into(), 32),
        (IpAddr::V6(address), Some(IpAddr::V6(network))) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let differing = first ^ second;
    match bits.checked_sub(length.unwrap_or(bits)) {
        // A shift by all bits would overflow: the range holds every address.
        Some(shift) => differing.checked_shr(shift).unwrap_or_default() == 0,
        None => false,
    }
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests;
