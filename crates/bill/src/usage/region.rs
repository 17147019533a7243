//! Where: the region prefix of a usage type.

/// Prefixes of usage types and the regions that they stand for. AWS publishes no such list; this is the consensus of
/// public maps, which differ in places, so `product_region_code` is preferred wherever a line has it.
const PREFIXES: [(&str, &str); 39] = [
    ("USE1", "us-east-1"),
    ("USE2", "us-east-2"),
    ("USW1", "us-west-1"),
    ("USW2", "us-west-2"),
    ("CAN1", "ca-central-1"),
    ("CAN2", "ca-west-1"),
    ("MXC1", "mx-central-1"),
    ("SAE1", "sa-east-1"),
    ("AFS1", "af-south-1"),
    ("APE1", "ap-east-1"),
    ("APE2", "ap-east-2"),
    ("APN1", "ap-northeast-1"),
    ("APN2", "ap-northeast-2"),
    ("APN3", "ap-northeast-3"),
    ("APS1", "ap-southeast-1"),
    ("APS2", "ap-southeast-2"),
    ("APS3", "ap-south-1"),
    ("APS4", "ap-southeast-3"),
    ("APS5", "ap-south-2"),
    ("APS6", "ap-southeast-4"),
    ("APS7", "ap-southeast-5"),
    ("APS8", "ap-southeast-6"),
    ("APS9", "ap-southeast-7"),
    ("EU", "eu-west-1"),
    ("EUW1", "eu-west-1"),
    ("EUW2", "eu-west-2"),
    ("EUW3", "eu-west-3"),
    ("EUC1", "eu-central-1"),
    ("EUC2", "eu-central-2"),
    ("EUN1", "eu-north-1"),
    ("EUS1", "eu-south-1"),
    ("EUS2", "eu-south-2"),
    ("ILC1", "il-central-1"),
    ("MEC1", "me-central-1"),
    ("MES1", "me-south-1"),
    ("UGW1", "us-gov-west-1"),
    ("UGE1", "us-gov-east-1"),
    ("CNN1", "cn-north-1"),
    ("CNW1", "cn-northwest-1"),
];

/// The region code of a prefix.
pub(super) fn code_of(prefix: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, code)| *code)
}

/// Splits a usage type into its region prefix and the rest. Some strings come without a prefix, and some with a region
/// code in its place.
pub(super) fn split(usage_type: &str) -> (Option<&str>, &str) {
    match usage_type.split_once('-') {
        Some((prefix, rest)) if is_prefix(prefix) && !rest.is_empty() => (Some(prefix), rest),
        _ => split_code(usage_type).unwrap_or((None, usage_type)),
    }
}

/// A known prefix, or one shaped like the known ones (`APS10`, `APNE1`): a region that is not in the table.
pub(super) fn is_prefix(text: &str) -> bool {
    let letters = text.trim_end_matches(|character: char| character.is_ascii_digit());
    let digits = text.len() - letters.len();
    let shaped = (3..=4).contains(&letters.len())
        && (1..=2).contains(&digits)
        && letters.bytes().all(|b| b.is_ascii_uppercase());
    shaped || code_of(text).is_some()
}

/// The region code of a prefix, or of a region code that stands in its place.
pub(super) fn region_of(prefix: &str) -> Option<&'static str> {
    let spelled_out = || PREFIXES.iter().find(|(_, code)| *code == prefix).map(|(_, code)| *code);
    code_of(prefix).or_else(spelled_out)
}

fn split_code(usage_type: &str) -> Option<(Option<&str>, &str)> {
    PREFIXES.iter().find_map(|(_, code)| {
        let rest = usage_type.strip_prefix(code)?.strip_prefix('-')?;
        Some((Some(&usage_type[..code.len()]), rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_split_off_and_names_its_region() {
        assert_eq!(split("USE1-NovaLite-input-tokens"), (Some("USE1"), "NovaLite-input-tokens"));
        assert_eq!(split("EU-gpt-oss-120b-output-tokens-batch"), (Some("EU"), "gpt-oss-120b-output-tokens-batch"));
        assert_eq!(split("eu-central-1-NovaLite-input-tokens"), (Some("eu-central-1"), "NovaLite-input-tokens"));
        assert_eq!((region_of("EU"), region_of("APS3")), (Some("eu-west-1"), Some("ap-south-1")));
        assert_eq!(region_of("eu-central-1"), Some("eu-central-1"));
    }

    #[test]
    fn a_prefix_newer_than_the_table_is_split_off_without_a_region() {
        assert_eq!(split("APS10-NovaLite-input-tokens"), (Some("APS10"), "NovaLite-input-tokens"));
        assert_eq!(split("APNE1-Claude4.6Sonnet-input-tokens"), (Some("APNE1"), "Claude4.6Sonnet-input-tokens"));
        assert_eq!(region_of("APS10"), None);
    }

    #[test]
    fn a_model_is_not_taken_for_a_prefix() {
        for text in
            ["GPT-OSS-Safeguard-20B-input-tokens", "NovaLite-input-tokens", "gpt-oss-120b-input-tokens", "USE1-"]
        {
            assert_eq!(split(text), (None, text));
        }
    }
}
