use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;

/// The certificate that callers are shown. Clones share it, so that one can read it again for all.
///
/// TLS 1.2 and 1.3 by rustls with aws-lc-rs.
#[derive(Clone, Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    pub(super) config: RustlsConfig,
}

/// Why HTTPS cannot be served: one sentence naming the key of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`[server.tls] {key}`: {} cannot be read", .path.display())]
    Unreadable {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("`[server.tls] {key}`: {} {reason}", .path.display())]
    Unfit {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
        reason: &'static str,
    },
    /// Each file may be right, but nothing can be served with both.
    #[error("`[server.tls]`: {} cannot be used with the key in {}: {reason}", .certificate.display(), .key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What the library says.
        reason: String,
    },
}

impl Certificates {
    /// Reads a certificate and its key, both PEM.
    ///
    /// # Errors
    /// Where a file cannot be read, holds something else, or the key is not the certificate's.
    pub async fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let config = read(&certificate, &key).await?;
        Ok(Self { certificate, key, config })
    }

    /// Reads both files again. Connections that are open stay; new ones are shown the new certificate.
    ///
    /// # Errors
    /// As [`read`](Self::read); the certificate before then stays in force.
    pub async fn read_again(&self) -> Result<(), TlsError> {
        let fresh = read(&self.certificate, &self.key).await?;
        self.config.reload_from_config(fresh.get_inner());
        Ok(())
    }
}

async fn read(certificate: &Path, key: &Path) -> Result<RustlsConfig, TlsError> {
    let certificate_text = read_file("certificate", certificate).await?;
    let key_text = read_file("key", key).await?;
    check_certificate(certificate, &certificate_text)?;
    check_key(key, &key_text)?;
    let config = RustlsConfig::from_pem(certificate_text, key_text).await.map_err(|error| TlsError::Unusable {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        reason: error.to_string(),
    })?;
    // The library would offer HTTP/2 as well, which is not served.
    let mut server = (*config.get_inner()).clone();
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(server)))
}

async fn read_file(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let read = tokio::fs::read(path).await;
    read.map_err(|source| TlsError::Unreadable { key, path: path.to_owned(), source })
}

/// The library's words do not say which file they are about.
fn check_certificate(path: &Path, text: &[u8]) -> Result<(), TlsError> {
    if contains(text, "-----BEGIN CERTIFICATE-----") {
        return Ok(());
    }
    let reason = "holds no certificate; a PEM file with `-----BEGIN CERTIFICATE-----` is read";
    Err(TlsError::Unfit { key: "certificate", path: path.to_owned(), reason })
}

fn check_key(path: &Path, text: &[u8]) -> Result<(), TlsError> {
    let reason = if contains(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        "is encrypted; a key without a password is read, which only the service may read"
    } else if !contains(text, "PRIVATE KEY-----") {
        "holds no private key; a PEM file with `-----BEGIN PRIVATE KEY-----` is read"
    } else {
        return Ok(());
    };
    Err(TlsError::Unfit { key: "key", path: path.to_owned(), reason })
}

fn contains(text: &[u8], words: &str) -> bool {
    text.windows(words.len()).any(|window| window == words.as_bytes())
}
