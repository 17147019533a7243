//! HTTPS, and certificates that are read again while connections stay.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use reqwest::tls::Version;
use reqwest::{Certificate, Client as HttpsClient};
use server::listen::Certificates;
use server::listen::client_address::ClientAddress;
use tempfile::TempDir;

use super::clients::{Client, milliseconds};
use super::served::{Served, endless, listening, serve};

/// A folder with `certificate.pem` and `key.pem` in it.
pub(crate) struct Files {
    folder: TempDir,
    certificate: String,
}

impl Files {
    pub(crate) fn new() -> Self {
        let mut files = Self { folder: tempfile::tempdir().expect("a folder"), certificate: String::new() };
        files.renew();
        files
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a certificate that nobody has seen before.
    pub(crate) fn renew(&mut self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        self.certificate = made.cert.pem();
        std::fs::write(self.path("certificate.pem"), &self.certificate).expect("a file");
        std::fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).expect("a file");
    }

    async fn read(&self) -> Result<Certificates, String> {
        let read = Certificates::read(self.path("certificate.pem"), self.path("key.pem")).await;
        read.map_err(|error| {
            format!("{:#}", anyhow::Error::from(error)).replace(&self.folder.path().display().to_string(), "FOLDER")
        })
    }

    /// A client that trusts the newest certificate and no other.
    pub(crate) fn client(&self, version: Version) -> HttpsClient {
        let certificate = Certificate::from_pem(self.certificate.as_bytes()).expect("a certificate");
        let builder = HttpsClient::builder().no_proxy().tls_certs_only([certificate]);
        builder.tls_version_min(version).tls_version_max(version).build().expect("a client")
    }
}

async fn serve_with(certificates: &Certificates) -> Served {
    let mut listening = listening();
    listening.tls = Some(certificates.clone());
    // Between two requests of a test nothing is hurried.
    listening.timeouts.idle = Duration::from_secs(60);
    let answer = |client: ClientAddress| async move { format!("{} {}", client.ip, client.https) };
    serve(Router::new().route("/", get(answer)), listening).await
}

async fn ask(client: &HttpsClient, served: &Served) -> Result<String, reqwest::Error> {
    client.get(format!("https://localhost:{}/", served.address.port())).send().await?.text().await
}

#[tokio::test]
async fn https_is_served_with_both_versions_of_tls() {
    let files = Files::new();
    let served = serve_with(&files.read().await.expect("certificates")).await;
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        assert_eq!(ask(&files.client(version), &served).await.expect("an answer"), "127.0.0.1 true");
    }
    ask(&Files::new().client(Version::TLS_1_3), &served).await.expect_err("who trusts somebody else does not get in");
    let mut plain = Client::connect(served.address).await;
    plain.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let (_, said) = plain.until_cut_off().await;
    assert!(!said.contains("HTTP"), "no plain HTTP: {said}");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut_off() {
    let files = Files::new();
    let served = serve_with(&files.read().await.expect("certificates")).await;
    let (elapsed, said) = Client::connect(served.address).await.until_cut_off().await;
    assert!(milliseconds(300, 1400).contains(&elapsed), "{elapsed:?}");
    assert_eq!(said, "");
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off_under_tls_too() {
    let files = Files::new();
    let (router, given_up) = endless();
    let mut listening = listening();
    listening.tls = Some(files.read().await.expect("certificates"));
    let served = serve(router, listening).await;
    let url = format!("https://localhost:{}/", served.address.port());
    let _unread = files.client(Version::TLS_1_3).get(url).send().await.expect("the head of the answer");
    let begin = Instant::now();
    tokio::time::timeout(Duration::from_secs(10), given_up).await.expect("it is given up").expect_err("it was dropped");
    assert!(milliseconds(500, 5000).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_certificate_is_renewed_under_open_connections() {
    let mut files = Files::new();
    let certificates = files.read().await.expect("certificates");
    let served = serve_with(&certificates).await;
    let before = files.client(Version::TLS_1_3);
    ask(&before, &served).await.expect("an answer");

    files.renew();
    certificates.read_again().await.expect("the new certificate");
    ask(&before, &served).await.expect("the connection is the one that was open, with the certificate of then");
    let after = files.client(Version::TLS_1_3);
    ask(&after, &served).await.expect("an answer under the new certificate");

    std::fs::write(files.path("key.pem"), "nonsense").expect("a file");
    certificates.read_again().await.expect_err("a wrong key");
    let again = files.client(Version::TLS_1_3);
    ask(&again, &served).await.expect("the certificate before stays in force");
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_one_sentence() {
    let files = Files::new();
    let wrong = || async { files.read().await.expect_err("it is wrong") };
    let certificate = std::fs::read_to_string(files.path("certificate.pem")).expect("a certificate");

    write(&files.path("key.pem"), &rcgen::KeyPair::generate().expect("a key").serialize_pem());
    let error = wrong().await;
    let both = "`[server.tls]`: FOLDER/certificate.pem cannot be used with the key in FOLDER/key.pem: ";
    assert!(error.starts_with(both), "{error}");

    write(&files.path("key.pem"), &certificate);
    assert_eq!(
        wrong().await,
        "`[server.tls] key`: FOLDER/key.pem holds no private key; a PEM file with `-----BEGIN PRIVATE KEY-----` is read"
    );
    write(&files.path("certificate.pem"), "nonsense");
    assert_eq!(
        wrong().await,
        "`[server.tls] certificate`: FOLDER/certificate.pem holds no certificate; a PEM file with \
         `-----BEGIN CERTIFICATE-----` is read"
    );
    std::fs::remove_file(files.path("certificate.pem")).expect("a file less");
    assert_eq!(
        wrong().await,
        "`[server.tls] certificate`: FOLDER/certificate.pem cannot be read: No such file or directory (os error 2)"
    );
}
