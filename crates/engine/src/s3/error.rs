use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use super::connection::ATTEMPTS;

/// Why S3 did not answer as it should. Each message says what is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum S3Error {
    /// The bucket is not there.
    #[error("there is no bucket `{bucket}` in S3; correct `location`")]
    NoSuchBucket {
        /// The bucket.
        bucket: String,
    },
    /// An object is not there, or not any more.
    #[error("{address} is not there")]
    NoSuchObject {
        /// The object.
        address: String,
    },
    /// An object is not the one that was listed.
    #[error("{address} was overwritten after it was listed")]
    Overwritten {
        /// The object.
        address: String,
    },
    /// The credentials do not allow it.
    #[error(
        "S3 refuses `{action}` on {resource} ({said}); allow it in the policy of these credentials and in that of the \
         bucket{hint}"
    )]
    AccessDenied {
        /// The action of IAM that is needed.
        action: &'static str,
        /// The bucket or object, as an ARN.
        resource: String,
        /// What S3 said.
        said: String,
        /// What else may be the reason with these options.
        hint: &'static str,
    },
    /// There are no credentials.
    #[error(
        "there are no AWS credentials for {address} ({said}); give the environment's, a profile's, those of SSO, of a web \
         identity or of the machine's role"
    )]
    NoCredentials {
        /// What was to be read.
        address: String,
        /// What the SDK said.
        said: String,
    },
    /// The credentials have expired, or are none of AWS's.
    #[error("S3 does not accept the AWS credentials for {address} ({said}); renew them")]
    BadCredentials {
        /// What was to be read.
        address: String,
        /// What S3 said.
        said: String,
    },
    /// The bucket is in another region than the configuration says.
    #[error(
        "the bucket `{bucket}` is {}; correct `region` of the export, or leave it out to have it found",
        place(.found.as_deref(), .asked.as_deref())
    )]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// The region that was asked.
        asked: Option<String>,
        /// Where S3 says that it is.
        found: Option<String>,
    },
    /// S3 wanted fewer requests, and still did after the last attempt.
    #[error(
        "S3 wants fewer requests for {address} ({said}), after {attempts} attempts still; the next refresh tries again"
    )]
    Throttled {
        /// What was to be read.
        address: String,
        /// What S3 said.
        said: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Nobody answered, or not to the end.
    #[error("S3 did not answer for {address} ({said}); check the network and `endpoint_url`")]
    Unreachable {
        /// What was to be read.
        address: String,
        /// What the SDK said.
        said: String,
    },
    /// Anything else.
    #[error("S3 failed `{action}` on {address} ({said})")]
    Other {
        /// The action.
        action: &'static str,
        /// What was to be read.
        address: String,
        /// What S3 said.
        said: String,
    },
}

fn place(found: Option<&str>, asked: Option<&str>) -> String {
    let asked = asked.unwrap_or("the region that was asked");
    found.map_or_else(|| format!("not in {asked}"), |found| format!("in {found} and not in {asked}"))
}

/// What was asked of S3, for the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// The action of IAM that it needs.
    pub(super) action: &'static str,
    pub(super) bucket: &'a str,
    /// The key, or what keys begin with.
    pub(super) key: &'a str,
    pub(super) region: Option<&'a str>,
    pub(super) requester_pays: bool,
    pub(super) names_owner: bool,
}

impl Asked<'_> {
    pub(super) fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// The ARN to which a policy must allow the action.
    fn resource(&self) -> String {
        let partition = match self.region {
            Some(region) if region.starts_with("cn-") => "aws-cn",
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        match self.action {
            "s3:GetObject" => format!("arn:{partition}:s3:::{}/{}", self.bucket, self.key),
            _ => format!("arn:{partition}:s3:::{}", self.bucket),
        }
    }

    /// What an answer that is none means.
    pub(super) fn failed<E>(&self, error: &SdkError<E, HttpResponse>) -> S3Error
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let address = self.address();
        if let SdkError::ServiceError(answer) = error {
            return self.refused(answer.err(), answer.raw());
        }
        let said = said_by_sdk(error);
        // The SDK wraps what its provider of credentials says into its own words.
        let mut cause: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = cause {
            match error.downcast_ref::<CredentialsError>() {
                Some(CredentialsError::CredentialsNotLoaded(_)) => return S3Error::NoCredentials { address, said },
                Some(_) => return S3Error::BadCredentials { address, said },
                None => cause = error.source(),
            }
        }
        match error {
            SdkError::ConstructionFailure(_) => S3Error::Other { action: self.action, address, said },
            _ => S3Error::Unreachable { address, said },
        }
    }

    fn refused<E: ProvideErrorMetadata>(&self, error: &E, raw: &HttpResponse) -> S3Error {
        let (address, bucket) = (self.address(), self.bucket.to_owned());
        let (status, code) = (raw.status().as_u16(), error.code().unwrap_or_default());
        let said = match (code, error.message()) {
            ("", None) => format!("HTTP status {status}"),
            (code, None) => code.to_owned(),
            ("", Some(message)) => message.to_owned(),
            (code, Some(message)) => format!("{code}: {message}"),
        };
        match (code, status) {
            ("NoSuchBucket", _) => S3Error::NoSuchBucket { bucket },
            ("NoSuchKey" | "NotFound" | "NoSuchVersion", _) => S3Error::NoSuchObject { address },
            ("PreconditionFailed" | "ConditionalRequestConflict", _) | (_, 412) => S3Error::Overwritten { address },
            ("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken", _)
            | ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "RequestTimeTooSkewed" | "RequestExpired", _) => {
                S3Error::BadCredentials { address, said }
            }
            ("PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed", _) | (_, 301 | 307) => {
                let found = raw.headers().get("x-amz-bucket-region").map(str::to_owned);
                S3Error::OtherRegion { bucket, asked: self.region.map(str::to_owned), found }
            }
            ("SlowDown" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests", _)
            | (_, 429 | 503) => S3Error::Throttled { address, said, attempts: ATTEMPTS },
            ("AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "Forbidden", _) | (_, 401 | 403) => {
                let hint = self.hint(&said);
                S3Error::AccessDenied { action: self.action, resource: self.resource(), said, hint }
            }
            _ => S3Error::Other { action: self.action, address, said },
        }
    }

    fn hint(&self, said: &str) -> &'static str {
        if said.to_ascii_lowercase().contains("kms") {
            "; the export is encrypted with a key of KMS, on which `kms:Decrypt` must be allowed too"
        } else if self.names_owner {
            "; S3 refuses all the same where `expected_bucket_owner` is not the owner of the bucket"
        } else if !self.requester_pays {
            "; where the owner of the bucket lets requesters pay, set `requester_pays = true`"
        } else {
            ""
        }
    }
}

/// All that the SDK says, without the names of its types.
fn said_by_sdk<E: Error>(error: &E) -> String {
    let whole = DisplayErrorContext(error).to_string();
    // Behind the last sentence it prints the error as Rust sees it.
    let sentence = whole.split(" (").next().unwrap_or(&whole);
    sentence.chars().filter(|character| !character.is_control()).take(300).collect()
}

/// The error of S3 that an error of a library was made of, where there is one.
pub(crate) fn cause_in_s3(error: &(dyn Error + 'static)) -> Option<S3Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<S3Error>() {
            return Some(found.clone());
        }
        cause = error.source();
    }
    None
}
