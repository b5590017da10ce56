//! TLS by rustls with ring and the system's trust store; the provider is passed on, never installed (C3).

use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

#[cfg(feature = "rustls")]
pub(super) fn configure(
    config: ConfigBuilder<AgentScope>,
    loopback: bool,
) -> Result<ConfigBuilder<AgentScope>, rustls::Error> {
    use std::sync::Arc;
    use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    if !loopback {
        // ureq looks at the trust store with the first connection; a missing one is better reported now.
        rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?;
    }
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    Ok(config.tls_config(tls))
}

/// Without TLS there is nothing to configure: `https` is refused with every request.
#[cfg(not(feature = "rustls"))]
pub(super) fn configure(
    config: ConfigBuilder<AgentScope>,
    _loopback: bool,
) -> Result<ConfigBuilder<AgentScope>, std::convert::Infallible> {
    Ok(config)
}
