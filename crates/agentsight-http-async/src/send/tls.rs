//! TLS by rustls with ring and the system's trust store; the provider is passed on, never installed (C3).

use agentsight_core::{Config, Error};
use http::uri::Scheme;
use reqwest::ClientBuilder;

#[cfg(feature = "rustls")]
pub(super) fn configure(builder: ClientBuilder, config: &Config, for_proxy: bool) -> Result<ClientBuilder, Error> {
    use std::sync::Arc;

    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::Verifier;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config(format!("TLS cannot be set up: {error}")))?;
    let trust = match Verifier::new(provider) {
        Ok(verifier) => versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Err(error) if is_needed(config, for_proxy)? => {
            return Err(Error::config(format!("the system's trust store cannot be used: {error}")));
        }
        // Plain HTTP works on without a trust store; no certificate is accepted.
        Err(_) => versions.with_root_certificates(RootCertStore::empty()),
    };
    let mut tls = trust.with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(tls))
}

#[cfg(not(feature = "rustls"))]
pub(super) fn configure(builder: ClientBuilder, config: &Config, for_proxy: bool) -> Result<ClientBuilder, Error> {
    if is_needed(config, for_proxy)? {
        return Err(Error::config("the endpoint uses https, and this program was built without the feature `rustls`"));
    }
    Ok(builder)
}

/// Whether any request will need TLS. Where none does, a program starts without it and without a trust store.
fn is_needed(config: &Config, for_proxy: bool) -> Result<bool, Error> {
    Ok(for_proxy || config.is_enabled() && config.endpoint().url("/api/", "")?.scheme() == Some(&Scheme::HTTPS))
}
