//! TLS by rustls with ring and the system's trust store; the provider is passed on, never installed (C3).

use reqwest::ClientBuilder;

#[cfg(feature = "rustls")]
pub(super) fn configure(builder: ClientBuilder, loopback: bool) -> Result<ClientBuilder, rustls::Error> {
    use std::sync::Arc;

    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::Verifier;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let trust = match Verifier::new(provider) {
        Ok(verifier) => versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        // Plain HTTP works on without a trust store; no certificate is accepted.
        Err(_) if loopback => versions.with_root_certificates(RootCertStore::empty()),
        Err(error) => return Err(error),
    };
    let mut tls = trust.with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(builder.tls_backend_preconfigured(tls))
}

/// Without TLS there is nothing to configure: `https` is refused with every request.
#[cfg(not(feature = "rustls"))]
pub(super) fn configure(builder: ClientBuilder, _loopback: bool) -> Result<ClientBuilder, std::convert::Infallible> {
    Ok(builder)
}
