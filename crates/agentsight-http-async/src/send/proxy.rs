//! Which proxy requests go through: none for a loopback endpoint, else the configured one or the environment's (C3).

use agentsight_core::{Config, Error, Proxy};
use http::Uri;
use reqwest::ClientBuilder;

pub(super) fn configure(builder: ClientBuilder, config: &Config) -> Result<ClientBuilder, Error> {
    match config.proxy() {
        _ if config.endpoint().is_loopback() => Ok(builder.no_proxy()),
        Proxy::None => Ok(builder.no_proxy()),
        Proxy::FromEnvironment => Ok(builder),
        Proxy::Explicit(address) => match reqwest::Proxy::all(address) {
            // reqwest drops a proxy that it cannot read as this type later on, and would then send without one.
            Ok(proxy) if address.parse::<Uri>().is_ok() => Ok(builder.proxy(proxy)),
            // reqwest's error adds nothing, and the address may hold a password.
            _ => Err(Error::config("the address of the proxy cannot be used")),
        },
        _ => Err(Error::config("the proxy setting is of a kind that this transport does not know")),
    }
}
