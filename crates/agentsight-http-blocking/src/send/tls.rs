//! TLS by rustls with ring and the system's trust store; the provider is passed on, never installed (C3).

use agentsight_core::{Config, Error};
use http::uri::Scheme;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

#[cfg(feature = "rustls")]
pub(super) fn configure(
    builder: ConfigBuilder<AgentScope>,
    config: &Config,
    for_proxy: bool,
) -> Result<ConfigBuilder<AgentScope>, Error> {
    use std::sync::Arc;

    use rustls_platform_verifier::Verifier;
    use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    if is_needed(config, for_proxy)? {
        // ureq looks at the trust store with the first connection; a missing one is better reported now.
        Verifier::new(Arc::clone(&provider))
            .map_err(|error| Error::config(format!("the system's trust store cannot be used: {error}")))?;
    }
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    Ok(builder.tls_config(tls))
}

#[cfg(not(feature = "rustls"))]
pub(super) fn configure(
    builder: ConfigBuilder<AgentScope>,
    config: &Config,
    for_proxy: bool,
) -> Result<ConfigBuilder<AgentScope>, Error> {
    if is_needed(config, for_proxy)? {
        return Err(Error::config("the endpoint uses https, and this program was built without the feature `rustls`"));
    }
    Ok(builder)
}

/// Whether any request will need TLS. Where none does, a program starts without it and without a trust store.
fn is_needed(config: &Config, for_proxy: bool) -> Result<bool, Error> {
    Ok(for_proxy || config.is_enabled() && config.endpoint().url("/api/", "")?.scheme() == Some(&Scheme::HTTPS))
}
