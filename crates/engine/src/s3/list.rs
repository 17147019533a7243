use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_s3::types::{Object, RequestPayer};
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{S3Error, S3Location};
use crate::place::Stamp;

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedObject {
    pub(crate) key: String,
    pub(crate) stamp: Stamp,
}

impl S3Location {
    /// All objects whose keys begin like this, however many: a page has up to 1,000.
    ///
    /// Boxed, as all that wraps a future of the SDK's: their types are too deep for the compiler to see through.
    pub(crate) fn list<'a>(&'a self, beginning: &'a str) -> BoxFuture<'a, Result<Vec<ListedObject>, S3Error>> {
        self.list_pages(beginning).boxed()
    }

    async fn list_pages(&self, beginning: &str) -> Result<Vec<ListedObject>, S3Error> {
        let options = self.options();
        let client = &self.connection().await?.client;
        let request = client
            .list_objects_v2()
            .bucket(self.bucket())
            .prefix(beginning)
            .set_request_payer(options.requester_pays.then_some(RequestPayer::Requester))
            .set_expected_bucket_owner(options.expected_bucket_owner.clone());
        let mut pages = request.into_paginator().send();
        let asked = || self.asked("s3:ListBucket", beginning);
        let (mut objects, mut more) = (Vec::new(), false);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| asked().failed(&error))?;
            objects.extend(page.contents().iter().filter_map(listed));
            more = page.is_truncated() == Some(true);
        }
        // The SDK takes an answer without a token for the last one, whatever it says of itself.
        if more {
            let said = "the listing ended before its end".to_owned();
            return Err(S3Error::Other { action: "s3:ListBucket", address: asked().address(), said });
        }
        Ok(objects)
    }
}

/// Nothing where there is no key, which S3 never leaves out.
fn listed(object: &Object) -> Option<ListedObject> {
    let modified = object.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
    Some(ListedObject {
        key: object.key()?.to_owned(),
        stamp: Stamp {
            size: u64::try_from(object.size().unwrap_or_default()).unwrap_or_default(),
            modified: modified.unwrap_or(UNIX_EPOCH),
            e_tag: object.e_tag().map(str::to_owned),
        },
    })
}
