/// How the bucket of an export is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Options {
    /// The bucket's region; it is found out where it is not given.
    pub region: Option<String>,
    /// Whether the owner of the bucket lets requesters pay, and this one is willing to.
    pub requester_pays: bool,
    /// The account that must own the bucket, 12 digits: S3 refuses to answer for any other.
    pub expected_bucket_owner: Option<String>,
    /// Another S3 than Amazon's, such as `http://127.0.0.1:4566`. The bucket is then named in the path.
    pub endpoint_url: Option<String>,
}

/// Why an address or an option is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum S3AddressError {
    /// It does not begin with `s3://`.
    #[error("`{0}` is not an address in S3; write s3://bucket/prefix/export-name, or the path of a folder")]
    Scheme(String),
    /// No bucket can have that name.
    #[error(
        "`{0}` cannot be a bucket: its name has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends \
         with a letter or a digit"
    )]
    Bucket(String),
    /// There is a bucket and nothing more.
    #[error("`{0}` names a bucket and no export; write s3://bucket/prefix/export-name")]
    NoExport(String),
    /// It names a folder of the export rather than the export.
    #[error("`{0}` names the export's folder `{1}`; name the folder that holds `data` and `metadata`")]
    Inside(String, String),
    /// The key has steps or control characters.
    #[error("`{0}` has a part `.` or `..`, or a control character, which is no name of a folder in S3")]
    Key(String),
    /// An account has 12 digits.
    #[error("`{0}` is not an account; `expected_bucket_owner` has 12 digits")]
    Owner(String),
    /// An endpoint is an address of HTTP.
    #[error("`{0}` is not an endpoint; `endpoint_url` begins with https:// or http://")]
    Endpoint(String),
    /// A region is a short word.
    #[error("`{0}` is not a region; `region` is a name such as eu-central-1")]
    Region(String),
}

/// `s3://bucket/prefix/export-name`, taken apart: bucket and prefix.
pub(super) fn parse(address: &str) -> Result<(String, String), S3AddressError> {
    let shown = || address.chars().filter(|character| !character.is_control()).take(300).collect::<String>();
    let rest = address.strip_prefix("s3://").ok_or_else(|| S3AddressError::Scheme(shown()))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if !is_bucket(bucket) {
        return Err(S3AddressError::Bucket(bucket.chars().filter(|c| !c.is_control()).take(100).collect()));
    }
    // Slashes within are left as they are: S3 has no folders, and `a//b` is a name like any other.
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() {
        return Err(S3AddressError::NoExport(shown()));
    }
    if prefix.chars().any(char::is_control) || prefix.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(S3AddressError::Key(shown()));
    }
    match prefix.rsplit('/').next() {
        Some(last @ ("data" | "metadata")) => Err(S3AddressError::Inside(shown(), last.to_owned())),
        _ => Ok((bucket.to_owned(), prefix.to_owned())),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| letter(*byte) || matches!(byte, b'.' | b'-'))
        && [bytes.first(), bytes.last()].into_iter().flatten().all(|byte| letter(*byte))
        && !name.contains("..")
}

impl S3Options {
    /// Whether each has its form.
    pub(super) fn check(&self) -> Result<(), S3AddressError> {
        let is_account = |text: &&String| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_endpoint = |text: &&String| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let is_region = |text: &&String| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let wrong = |option: &Option<String>, right: &dyn Fn(&&String) -> bool| {
            option.as_ref().filter(|text| !right(text)).cloned()
        };
        if let Some(owner) = wrong(&self.expected_bucket_owner, &is_account) {
            return Err(S3AddressError::Owner(owner));
        }
        if let Some(endpoint) = wrong(&self.endpoint_url, &is_endpoint) {
            return Err(S3AddressError::Endpoint(endpoint));
        }
        wrong(&self.region, &is_region).map_or(Ok(()), |region| Err(S3AddressError::Region(region)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_what_comes_behind_it() {
        let parts = |address| parse(address).map(|(bucket, prefix)| format!("{bucket} {prefix}"));
        assert_eq!(parts("s3://acme-bills/finops/bedrock-cur2"), Ok("acme-bills finops/bedrock-cur2".into()));
        assert_eq!(parts("s3://acme.bills/bedrock/"), Ok("acme.bills bedrock".into()), "a slash at the end");
        assert_eq!(parts("s3://acme/finops//cur2"), Ok("acme finops//cur2".into()), "a prefix that ended in a slash");
        assert_eq!(parts("s3://acme/Finops 2026/ü"), Ok("acme Finops 2026/ü".into()));
    }

    #[test]
    fn what_is_no_address_is_told_what_would_be() {
        for (address, reason) in [
            ("https://acme.s3.amazonaws.com/x", "write s3://bucket/prefix/export-name"),
            ("S3://acme/x", "is not an address in S3"),
            ("arn:aws:s3:::acme/x", "is not an address in S3"),
            ("s3:/acme/x", "is not an address in S3"),
            ("s3://", "cannot be a bucket"),
            ("s3:///x", "cannot be a bucket"),
            ("s3://Acme/x", "`Acme` cannot be a bucket"),
            ("s3://ab/x", "cannot be a bucket"),
            ("s3://a..b/x", "cannot be a bucket"),
            ("s3://-abc/x", "cannot be a bucket"),
            ("s3://acme_bills/x", "cannot be a bucket"),
            ("s3://acme", "names a bucket and no export"),
            ("s3://acme//", "names a bucket and no export"),
            ("s3://acme/x/data", "name the folder that holds `data` and `metadata`"),
            ("s3://acme/x/metadata/", "names the export's folder `metadata`"),
            ("s3://acme/x/../y", "has a part `.` or `..`"),
            ("s3://acme/x\n/y", "control character"),
        ] {
            let error = parse(address).expect_err(address).to_string();
            assert!(error.contains(reason), "{address}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn options_have_their_forms() {
        let owner = |owner: &str| S3Options { expected_bucket_owner: Some(owner.into()), ..S3Options::default() };
        assert_eq!(owner("123456789012").check(), Ok(()));
        assert_eq!(owner("12345").check(), Err(S3AddressError::Owner("12345".into())));
        let endpoint = |url: &str| S3Options { endpoint_url: Some(url.into()), ..S3Options::default() };
        assert_eq!(endpoint("http://127.0.0.1:4566").check(), Ok(()));
        assert_eq!(endpoint("127.0.0.1:4566").check(), Err(S3AddressError::Endpoint("127.0.0.1:4566".into())));
        let region = S3Options { region: Some("Frankfurt".into()), ..S3Options::default() };
        assert_eq!(region.check(), Err(S3AddressError::Region("Frankfurt".into())));
    }
}
