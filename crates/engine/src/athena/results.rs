//! Where results are put: a prefix of our own, with a folder for each query, named by its token.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use super::AthenaEngine;
use super::token::is_token;
use crate::s3::S3Error;
use crate::{Manifest, S3Location};

/// What a process left that was killed is kept for so long: the next one may want to read it.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The delivery that a question was put to.
pub(super) type Delivery = (String, String);

impl AthenaEngine {
    /// Where the results of a query are put, with a slash at the end.
    pub(super) fn folder_of(&self, token: &str) -> Option<String> {
        let results = self.shared.options.results.as_ref()?;
        Some(format!("{results}/{token}/"))
    }

    /// Keeps in mind that the results of a query have been read.
    pub(super) fn has_read(&self, delivery: Delivery, token: String) {
        let mut read = self.shared.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(delivery).or_default().push(token);
    }

    /// Removes the results that were read of a delivery. Until then they are kept, so that a process that is killed between
    /// two questions pays for neither of them again.
    pub(crate) async fn settle(&self, manifest: &Manifest) {
        let delivery = (manifest.export.clone(), manifest.identity.clone());
        let tokens = self.shared.read.lock().unwrap_or_else(PoisonError::into_inner).remove(&delivery);
        let Some(results) = &self.shared.options.results else { return };
        for token in tokens.unwrap_or_default() {
            if let Err(error) = remove(results, &token).await {
                tracing::warn!(token, %error, "results of a query cannot be removed; a later start removes them");
            }
        }
    }

    /// Removes what earlier processes left: folders of queries, of which nothing is younger than a day.
    pub(super) async fn sweep(&self) -> Result<usize, S3Error> {
        let Some(results) = &self.shared.options.results else { return Ok(0) };
        let beginning = format!("{}/", results.prefix());
        let mut newest = BTreeMap::new();
        for object in results.list(&beginning).await? {
            let token =
                object.key.strip_prefix(&beginning).and_then(|rest| rest.split_once('/')).map(|(token, _)| token);
            let Some(token) = token.filter(|token| is_token(token)) else { continue };
            let time = newest.entry(token.to_owned()).or_insert(object.stamp.modified);
            *time = object.stamp.modified.max(*time);
        }
        let now = std::time::SystemTime::from(self.shared.options.began_at);
        let is_old = |time: &std::time::SystemTime| now.duration_since(*time).is_ok_and(|age| age > KEPT);
        let old: Vec<String> = newest.into_iter().filter(|(_, time)| is_old(time)).map(|(token, _)| token).collect();
        for token in &old {
            remove(results, token).await?;
        }
        Ok(old.len())
    }
}

async fn remove(results: &S3Location, token: &str) -> Result<(), S3Error> {
    let objects = results.list(&format!("{}/{token}/", results.prefix())).await?;
    let keys: Vec<String> = objects.into_iter().map(|object| object.key).collect();
    results.delete(&keys).await
}
