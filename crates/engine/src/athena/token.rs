use super::options::Fetch;
use crate::digest;

/// What makes two queries the same one: whoever asks again with all of it the same gets the execution that there is.
#[derive(Clone, Debug)]
pub(super) struct Sameness<'a> {
    /// The fingerprint of the question's text.
    pub(super) fingerprint: &'a str,
    /// The literals of its parameters.
    pub(super) literals: &'a [String],
    /// The identity of the delivery.
    pub(super) delivery: &'a str,
    pub(super) fetch: Fetch,
    pub(super) workgroup: &'a str,
    pub(super) catalog: &'a str,
    pub(super) database: &'a str,
    /// Where results are put.
    pub(super) results: &'a str,
}

impl Sameness<'_> {
    /// The `ClientRequestToken` of an attempt: 64 characters, the same in every process that asks the same.
    pub(super) fn token(&self, attempt: &str) -> String {
        let mut parts = vec![
            "chargeback/1",
            self.fingerprint,
            self.delivery,
            self.fetch.as_str(),
            self.workgroup,
            self.catalog,
            self.database,
            self.results,
            attempt,
        ];
        parts.extend(self.literals.iter().map(String::as_str));
        digest::hex(&parts)
    }
}

/// Whether a name could be a token of ours.
pub(super) fn is_token(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_makes_another_token() {
        let literals = ["'2026-10'".to_owned(), "'x'".to_owned()];
        let joined = ["'2026-10''x'".to_owned()];
        let same = Sameness {
            fingerprint: "f",
            literals: &literals,
            delivery: "d",
            fetch: Fetch::Unload,
            workgroup: "w",
            catalog: "c",
            database: "b",
            results: "s3://r/",
        };
        let others = [
            Sameness { fingerprint: "F", ..same.clone() },
            Sameness { literals: &joined, ..same.clone() },
            Sameness { delivery: "D", ..same.clone() },
            Sameness { fetch: Fetch::Csv, ..same.clone() },
            Sameness { workgroup: "wc", catalog: "", ..same.clone() },
            Sameness { database: "B", ..same.clone() },
            Sameness { results: "", ..same.clone() },
        ];
        let mut tokens: Vec<String> = others.iter().map(|other| other.token("0")).collect();
        tokens.extend([same.token("0"), same.token("1")]);
        assert!(tokens.iter().all(|token| is_token(token)), "{tokens:?}");
        assert_eq!(tokens.iter().collect::<std::collections::BTreeSet<_>>().len(), 9);
        assert_eq!(same.token("0"), same.clone().token("0"));
    }
}
