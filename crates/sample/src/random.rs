use std::hash::{Hash, Hasher};

/// Chance that is the same everywhere and for ever: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014).
///
/// A library generator may change its stream with a new version, and with it every sample. Eight lines do not.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream that belongs to a subject: the same parts start the same stream.
    pub(crate) fn of(subject: impl Hash) -> Self {
        Self { state: digest(subject) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, `limit`; 0 where there is no choice.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // The high half of the product is uniform to within limit / 2^64, which no sample can show.
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    pub(crate) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.digits(b"0123456789abcdef", digits)
    }

    /// Lower-case letters and digits, as AWS makes its ids.
    pub(crate) fn base32(&mut self, digits: usize) -> String {
        self.digits(b"abcdefghijklmnopqrstuvwxyz234567", digits)
    }

    /// Something of the form of a UUID, version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(30);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
    }

    fn digits(&mut self, alphabet: &[u8], digits: usize) -> String {
        let mut text = String::with_capacity(digits);
        while text.len() < digits {
            let mut bits = self.next();
            for _ in 0..12.min(digits - text.len()) {
                text.push(char::from(alphabet[(bits & 31) as usize % alphabet.len()]));
                bits >>= 5;
            }
        }
        text
    }
}

/// A number that stands for a value, on every machine and in every version of Rust.
pub(crate) fn digest(subject: impl Hash) -> u64 {
    let mut hasher = Fnv(0xCBF2_9CE4_8422_2325);
    subject.hash(&mut hasher);
    hasher.finish()
}

/// FNV-1a, since the standard library does not promise its own hash to stay.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first numbers of SplitMix64 from state 1234567, as its reference implementation prints them.
        let mut random = Random { state: 1_234_567 };
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::of("bounds");
        let drawn: std::collections::BTreeSet<u64> = (0..1_000).map(|_| random.between(3, 7)).collect();
        assert_eq!(drawn, (3..=7).collect());
        assert_eq!(random.below(0), 0);
    }
}
