use std::fmt;

use bill::Amount;
use bytesize::ByteSize;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// `[athena]`: what queries to Amazon Athena may cost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AthenaConfig {
    /// What may be scanned in a day (UTC), such as `100 GB`: beyond it no further query is put. No limit where not set.
    #[serde(deserialize_with = "size")]
    pub daily_scan_ceiling: Option<ByteSize>,
    /// What AWS charges for a terabyte that is scanned, in US dollars.
    #[serde(deserialize_with = "decimal")]
    pub price_per_terabyte: Amount,
}

impl Default for AthenaConfig {
    fn default() -> Self {
        Self { daily_scan_ceiling: None, price_per_terabyte: Amount::from_integer(5) }
    }
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
