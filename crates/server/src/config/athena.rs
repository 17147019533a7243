use std::fmt;

use bill::Amount;
use bytesize::ByteSize;
use engine::PRICE_PER_TERABYTE;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// `[athena]`: where Amazon Athena finds the table, where its results go, and what its queries may cost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AthenaConfig {
    /// The database of the table `cur2`. Needed where the engine is Athena; an export may have one of its own.
    pub database: Option<String>,
    /// The data catalog.
    pub catalog: String,
    /// The workgroup in which queries run.
    pub workgroup: String,
    /// The region; that of the machine or the environment where not set.
    pub region: Option<String>,
    /// Another Athena than Amazon's.
    pub endpoint_url: Option<String>,
    /// Where results are put and removed from again, as `s3://bucket/prefix`: a prefix that nothing else uses.
    pub results: Option<String>,
    /// How results are encrypted: `sse-s3`, or the ARN of a key of KMS. As the workgroup says where not set.
    pub results_encryption: Option<String>,
    /// The account that must own the bucket of the results.
    pub expected_bucket_owner: Option<String>,
    /// How results are fetched.
    pub fetch: FetchKind,
    /// What may be scanned in a day (UTC), such as `100 GB`: beyond it no further query is put. No limit where not set.
    #[serde(deserialize_with = "size")]
    pub daily_scan_ceiling: Option<ByteSize>,
    /// What AWS charges for a terabyte that is scanned, in US dollars.
    #[serde(deserialize_with = "decimal")]
    pub price_per_terabyte: Amount,
}

impl Default for AthenaConfig {
    fn default() -> Self {
        Self {
            database: None,
            catalog: "AwsDataCatalog".to_owned(),
            workgroup: "primary".to_owned(),
            region: None,
            endpoint_url: None,
            results: None,
            results_encryption: None,
            expected_bucket_owner: None,
            fetch: FetchKind::Auto,
            daily_scan_ceiling: None,
            price_per_terabyte: PRICE_PER_TERABYTE,
        }
    }
}

/// How results are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FetchKind {
    /// The quickest way that is allowed.
    #[default]
    Auto,
    /// As Parquet, by UNLOAD.
    Unload,
    /// From the CSV of each query.
    Csv,
    /// By pages of a thousand rows.
    Pages,
}

/// An exact decimal: a whole number or a text. A fraction that is no text would have gone through a float before it got here.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    struct Decimal;

    impl Visitor<'_> for Decimal {
        type Value = Amount;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a decimal that is not negative, a fraction written as text such as \"5.75\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
            let amount = text.parse().map_err(E::custom)?;
            if amount < Amount::ZERO {
                return Err(E::invalid_value(Unexpected::Str(text), &self));
            }
            Ok(amount)
        }

        fn visit_i64<E: Error>(self, whole: i64) -> Result<Amount, E> {
            self.visit_str(&whole.to_string())
        }

        fn visit_u64<E: Error>(self, whole: u64) -> Result<Amount, E> {
            self.visit_str(&whole.to_string())
        }
    }

    deserializer.deserialize_any(Decimal)
}

/// A number of bytes, or a text such as `100 GB`.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ByteSize>, D::Error> {
    struct Size;

    impl Visitor<'_> for Size {
        type Value = ByteSize;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a number of bytes, or a text such as \"100 GB\" or \"1.5 TiB\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
            text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }

        fn visit_i64<E: Error>(self, bytes: i64) -> Result<ByteSize, E> {
            u64::try_from(bytes).map(ByteSize::b).map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
        }

        fn visit_u64<E: Error>(self, bytes: u64) -> Result<ByteSize, E> {
            Ok(ByteSize::b(bytes))
        }
    }

    deserializer.deserialize_any(Size).map(Some)
}
