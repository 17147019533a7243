use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures::FutureExt;

use super::{S3Error, S3Location};

/// How many objects one request removes at most.
const AT_A_TIME: usize = 1000;

impl S3Location {
    /// Removes objects. One that is not there is removed already.
    pub(crate) async fn delete(&self, keys: &[String]) -> Result<(), S3Error> {
        for keys in keys.chunks(AT_A_TIME) {
            self.delete_some(keys).boxed().await?;
        }
        Ok(())
    }

    async fn delete_some(&self, keys: &[String]) -> Result<(), S3Error> {
        let first = keys.first().map_or("", String::as_str);
        let asked = self.asked("s3:DeleteObject", first);
        let other = |said: String| S3Error::Other { action: "s3:DeleteObject", address: asked.address(), said };
        let objects =
            keys.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect::<Result<Vec<_>, _>>();
        let objects = objects.map_err(|error| other(error.to_string()))?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let request = self
            .connection()
            .await?
            .client
            .delete_objects()
            .bucket(self.bucket())
            .delete(delete.map_err(|error| other(error.to_string()))?)
            .set_expected_bucket_owner(self.options().expected_bucket_owner.clone());
        let answer = request.send().boxed().await.map_err(|error| asked.failed(&error))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => {
                let key = error.key().unwrap_or(first);
                let said = format!("{key}: {}", error.message().or(error.code()).unwrap_or("no reason is given"));
                Err(other(said))
            }
        }
    }
}
