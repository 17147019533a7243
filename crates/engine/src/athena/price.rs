use bill::Amount;

/// Athena charges for no less
/// (<https://aws.amazon.com/athena/pricing/>: "rounded up to the nearest megabyte, with a 10 MB minimum per query").
const LEAST_MEGABYTES: i128 = 10;

/// What AWS asks for a terabyte in most regions, in US dollars.
pub const PRICE_PER_TERABYTE: Amount = Amount::from_integer(5);

/// What a query costs that has scanned so many bytes, at the price of a terabyte.
///
/// Megabytes are counted by tens here, as in the price of 10^12 bytes; were they binary, the price would be 5 % less. Only a
/// query that failed costs nothing, and that is for the caller to know.
pub fn price_of_scan(scanned_bytes: u64, per_terabyte: Amount) -> Amount {
    let megabytes = i128::from(scanned_bytes.div_ceil(1_000_000)).max(LEAST_MEGABYTES);
    let millionths = per_terabyte.raw().saturating_mul(megabytes);
    // A price of more than six decimals may leave a rest below the twelfth: never less than what is charged.
    Amount::from_raw(millionths / 1_000_000 + i128::from(millionths % 1_000_000 > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(bytes: u64) -> String {
        price_of_scan(bytes, PRICE_PER_TERABYTE).to_string()
    }

    #[test]
    fn five_dollars_a_terabyte_and_never_less_than_ten_megabytes() {
        assert_eq!(dollars(0), "0.00005");
        assert_eq!(dollars(1), "0.00005");
        assert_eq!(dollars(10_000_000), "0.00005");
        assert_eq!(dollars(10_000_001), "0.000055", "a megabyte that has begun counts");
        assert_eq!(dollars(1_000_000_000_000), "5");
        assert_eq!(dollars(3_500_000_000), "0.0175");
    }

    #[test]
    fn other_prices_are_exact_too() {
        let price = |text: &str| text.parse::<Amount>().expect("an amount");
        assert_eq!(price_of_scan(1_000_000_000_000, price("6.75")).to_string(), "6.75");
        assert_eq!(price_of_scan(123_456_789, price("9")).to_string(), "0.001116");
        assert_eq!(price_of_scan(u64::MAX, price("5")).to_string(), "92233720.36855");
        assert_eq!(price_of_scan(5, Amount::ZERO), Amount::ZERO);
        assert_eq!(price_of_scan(0, price("5.1234567")).to_string(), "0.000051234567");
        assert_eq!(price_of_scan(0, price("0.000000000001")).to_string(), "0.000000000001");
    }
}
