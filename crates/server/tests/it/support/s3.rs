//! An export in a bucket of somebody else's S3 on this machine.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;

/// The one who may read.
pub const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "secret";

/// The address of the export.
pub const ADDRESS: &str = "s3://acme-bills/finops/sample";

/// An S3 that is served until it is dropped.
pub struct BucketOnThisMachine {
    pub url: String,
    folder: TempDir,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for BucketOnThisMachine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl BucketOnThisMachine {
    /// Serves a copy of this export.
    pub async fn with_copy_of(export: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = s3s_fs::FileSystem::new(folder.path()).expect("a folder");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let router = Router::new().fallback(move |request: Request| {
            let service = service.clone();
            async move {
                let answer = service.call(request.map(s3s::Body::http_body_unsync)).await;
                answer.map(|answer| answer.map(axum::body::Body::new)).map_err(|error| format!("{error:?}"))
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let bucket = Self { url, folder, server };
        bucket.copy(export);
        bucket
    }

    /// Delivers the export as it is now: data first, manifests last.
    pub fn copy(&self, export: &Path) {
        for folder in ["data", "metadata"] {
            copy(&export.join(folder), &self.export_folder().join(folder));
        }
    }

    /// The folder behind the address.
    pub fn export_folder(&self) -> PathBuf {
        self.folder.path().join("acme-bills/finops/sample")
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::write(to, std::fs::read(path).expect("a file")).expect("a copy");
        }
    }
}
