//! Which lines of the bill are Amazon Bedrock.
//!
//! The rule is the one that AWS's own CUDOS dashboard applies
//! (<https://github.com/aws-solutions-library-samples/cloud-intelligence-dashboards-framework>, calculated fields of
//! CUDOS v5). The SQL questions apply the same rule to whole exports; this is its one statement in Rust.

/// The billing entity of what AWS sells itself.
pub const AWS: &str = "AWS";
/// The billing entity of what third parties sell through AWS Marketplace.
pub const AWS_MARKETPLACE: &str = "AWS Marketplace";
/// The product code of Bedrock AgentCore.
pub const AGENT_CORE: &str = "AmazonBedrockAgentCore";
/// The product codes under which AWS itself bills Bedrock.
pub const PRODUCT_CODES: [&str; 4] =
    ["AmazonBedrock", AGENT_CORE, "AmazonBedrockService", "AmazonBedrockFoundationModels"];

/// Whether a line counts as Amazon Bedrock.
///
/// Lines of AWS count by product code. Lines of AWS Marketplace carry a hash as product code, so they count by the
/// product's name, discounts and taxes on that product included. Other billing entities, such as AISPL, do not count.
/// Letter case matters, as it does in the SQL.
pub fn is_bedrock(billing_entity: &str, product_code: &str, product_name: Option<&str>) -> bool {
    match billing_entity {
        AWS => PRODUCT_CODES.contains(&product_code),
        AWS_MARKETPLACE => product_name.is_some_and(|name| name.contains("Bedrock")),
        _ => false,
    }
}

/// Whether a line of Bedrock belongs to AgentCore, which is billed beside the models and can be shown apart.
pub fn is_agent_core(billing_entity: &str, product_code: &str) -> bool {
    billing_entity == AWS && product_code == AGENT_CORE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_bills_bedrock_under_four_product_codes() {
        for code in ["AmazonBedrock", "AmazonBedrockAgentCore", "AmazonBedrockService", "AmazonBedrockFoundationModels"]
        {
            assert!(is_bedrock("AWS", code, None), "{code}");
        }
    }

    #[test]
    fn the_name_of_a_product_does_not_make_a_line_of_aws_bedrock() {
        assert!(!is_bedrock("AWS", "AmazonEC2", Some("Amazon Bedrock")));
        assert!(!is_bedrock("AWS", "amazonbedrock", None));
        assert!(!is_bedrock("AWS", "", None));
    }

    #[test]
    fn a_marketplace_model_counts_by_its_product_name() {
        let name = Some("Claude Opus 5.5 (Amazon Bedrock Edition)");
        assert!(is_bedrock("AWS Marketplace", "5a0wwbl4ue6bhz1rmz2wtabcd", name));
        assert!(!is_bedrock("AWS Marketplace", "5a0wwbl4ue6bhz1rmz2wtabcd", Some("Datadog Pro")));
    }

    #[test]
    fn a_marketplace_discount_without_a_product_name_is_not_claimed() {
        assert!(!is_bedrock("AWS Marketplace", "5a0wwbl4ue6bhz1rmz2wtabcd", None));
        assert!(!is_bedrock("AWS Marketplace", "AmazonBedrock", None));
    }

    #[test]
    fn a_marketplace_discount_that_names_the_product_counts() {
        assert!(is_bedrock("AWS Marketplace", "x", Some("Claude Opus 4.6 (Amazon Bedrock Edition)")));
    }

    #[test]
    fn other_billing_entities_do_not_count() {
        for entity in ["AISPL", "", "AWS EMEA SARL", "aws"] {
            assert!(!is_bedrock(entity, "AmazonBedrock", Some("Amazon Bedrock")), "{entity}");
        }
    }

    #[test]
    fn agent_core_is_bedrock_and_can_be_told_apart() {
        assert!(is_bedrock("AWS", "AmazonBedrockAgentCore", None));
        assert!(is_agent_core("AWS", "AmazonBedrockAgentCore"));
        assert!(!is_agent_core("AWS", "AmazonBedrock"));
    }
}
