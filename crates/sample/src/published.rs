use bill::{Amount, BillingPeriod};
use chrono::{NaiveDate, TimeDelta};

use crate::organisation::{PAYER_ACCOUNT, PAYER_NAME};
use crate::{Labels, LineItem};

/// The month that holds the published example and nothing else: April 2026, the first in which AWS bills principals.
pub fn published_period() -> BillingPeriod {
    BillingPeriod::containing(NaiveDate::from_ymd_opt(2026, 4, 1).unwrap_or_default())
}

/// The rows that AWS published for this feature
/// (<https://aws.amazon.com/blogs/machine-learning/introducing-granular-cost-attribution-for-amazon-bedrock/>): its
/// scenarios 1 to 4, to the last digit of the cost.
///
/// The table of its introduction is left out: it shows the figures of scenario 1 again, rounded, under other names.
/// Published are principal, usage type, cost and tags. Days, quantities (the cost at list price), the invoice and the
/// product codes are ours. AWS's price lists bill Claude as `AmazonBedrockService`, Nova as `AmazonBedrock`.
pub fn published_lines() -> Vec<LineItem<'static>> {
    SCENARIOS.iter().enumerate().map(|(number, row)| row.line(number)).collect()
}

struct Row {
    principal: &'static str,
    usage_type: &'static str,
    cost: &'static str,
    /// What the cost buys at list price, in thousands of tokens.
    thousand_tokens: &'static str,
    tags: &'static [(&'static str, &'static str)],
}

const fn row(
    principal: &'static str,
    usage_type: &'static str,
    cost: &'static str,
    thousand_tokens: &'static str,
    tags: &'static [(&'static str, &'static str)],
) -> Row {
    Row { principal, usage_type, cost, thousand_tokens, tags }
}

const USER_1: &str = "arn:aws:iam::123456789012:user/user-1";
const USER_2: &str = "arn:aws:iam::123456789012:user/user-2";
const ROLE_1: &str = "arn:aws:sts::123456789012:assumed-role/Role-1/session-123";
const ROLE_2: &str = "arn:aws:sts::123456789012:assumed-role/Role-2/session-456";
const PERSON_1: &str = "arn:aws:sts::123456789012:assumed-role/Role-1/user-1@acme.org";
const PERSON_2: &str = "arn:aws:sts::123456789012:assumed-role/Role-1/user-2@acme.org";
const GATEWAY_USER: &str = "arn:aws:sts::123456789012:assumed-role/BedrockRole/gw-user-1";
const GATEWAY_TENANT: &str = "arn:aws:sts::123456789012:assumed-role/BedrockRole/gw-tenant-acme";

const SONNET_IN: &str = "USE1-Claude4.6Sonnet-input-tokens";
const SONNET_OUT: &str = "USE1-Claude4.6Sonnet-output-tokens";
const OPUS_IN: &str = "USE1-Claude4.6Opus-input-tokens";
const OPUS_OUT: &str = "USE1-Claude4.6Opus-output-tokens";
const NOVA_IN: &str = "USE1-NovaLite-input-tokens";
const NOVA_OUT: &str = "USE1-NovaLite-output-tokens";

type Tags = &'static [(&'static str, &'static str)];
const BEDROCK_DATA_SCIENCE: Tags =
    &[("iamPrincipal/team", "BedrockDataScience"), ("iamPrincipal/cost-center", "12345")];
const DOC_FLOW: Tags = &[("iamPrincipal/project", "DocFlow"), ("iamPrincipal/cost-center", "12345")];
const CHAT_BACKEND: Tags = &[("iamPrincipal/project", "ChatBackend"), ("iamPrincipal/cost-center", "12345")];
const DATA_SCIENCE: Tags = &[("iamPrincipal/team", "data-science"), ("iamPrincipal/cost-center", "12345")];
const ENGINEERING: Tags = &[("iamPrincipal/team", "engineering"), ("iamPrincipal/cost-center", "67890")];
const GATEWAY_TEAM: Tags = &[("iamPrincipal/team", "data-science")];
const TENANT: Tags = &[("iamPrincipal/tenant", "acme-corp")];

const SCENARIOS: [Row; 16] = [
    // 1: IAM users and API keys.
    row(USER_1, SONNET_IN, "0.0693", "23.1", BEDROCK_DATA_SCIENCE),
    row(USER_1, SONNET_OUT, "0.2145", "14.3", BEDROCK_DATA_SCIENCE),
    row(USER_2, OPUS_IN, "0.1980", "39.6", BEDROCK_DATA_SCIENCE),
    row(USER_2, OPUS_OUT, "0.9900", "39.6", BEDROCK_DATA_SCIENCE),
    // 2: applications on roles. Sonnet for input and Opus for output is as printed.
    row(ROLE_1, SONNET_IN, "0.0330", "11", DOC_FLOW),
    row(ROLE_1, OPUS_OUT, "0.1650", "6.6", DOC_FLOW),
    row(ROLE_2, NOVA_IN, "0.0810", "1350", CHAT_BACKEND),
    row(ROLE_2, NOVA_OUT, "0.0500", "208.333", CHAT_BACKEND),
    // 3: people who come through an identity provider.
    row(PERSON_1, OPUS_IN, "0.283", "56.6", DATA_SCIENCE),
    row(PERSON_1, OPUS_OUT, "0.990", "39.6", DATA_SCIENCE),
    row(PERSON_2, SONNET_IN, "0.165", "55", ENGINEERING),
    row(PERSON_2, SONNET_OUT, "0.264", "17.6", ENGINEERING),
    // 4: a gateway that takes on a role for each user or tenant.
    row(GATEWAY_USER, SONNET_IN, "0.081", "27", GATEWAY_TEAM),
    row(GATEWAY_USER, SONNET_OUT, "0.163", "10.867", GATEWAY_TEAM),
    row(GATEWAY_TENANT, OPUS_IN, "0.526", "105.2", TENANT),
    row(GATEWAY_TENANT, OPUS_OUT, "0.925", "37", TENANT),
];

impl Row {
    fn line(&self, number: usize) -> LineItem<'static> {
        let claude = self.usage_type.contains("Claude");
        let product_code = if claude { "AmazonBedrockService" } else { "AmazonBedrock" };
        let product_name = if claude { "Amazon Bedrock Service" } else { "Amazon Bedrock" };
        let base = LineItem::bedrock_usage(published_period());
        // One an afternoon, from the day after principals first appear.
        let start = base.usage_start.map(|start| start + TimeDelta::days(8 + number as i64) + TimeDelta::hours(14));
        let cost = amount(self.cost);
        LineItem {
            invoice_id: Some("2026040017".into()),
            invoicing_entity: Some("Amazon Web Services, Inc.".into()),
            payer_account_id: PAYER_ACCOUNT.into(),
            payer_account_name: Some(PAYER_NAME.into()),
            iam_principal: Some(self.principal.into()),
            usage_type: self.usage_type.into(),
            product_code: product_code.into(),
            service_code: Some(product_code.into()),
            product: [("product_name", product_name), ("region", "us-east-1")].into(),
            location: Some("US East (N. Virginia)".into()),
            unblended_cost: cost,
            list_cost: Some(cost),
            usage_quantity: amount(self.thousand_tokens),
            usage_start: start,
            usage_end: start.map(|start| start + TimeDelta::hours(1)),
            tags: self.tags.iter().copied().collect::<Labels<'static>>(),
            ..base
        }
    }
}

fn amount(text: &str) -> Amount {
    // The figures stand above, and a test adds them up.
    #[expect(clippy::unwrap_used, reason = "the figures are part of the source")]
    text.parse().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_figures_add_up() {
        let total: Amount = published_lines().iter().map(|line| line.unblended_cost).sum();
        assert_eq!(total.to_string(), "5.1978");
        assert!(published_lines().iter().all(LineItem::is_bedrock));
    }

    #[test]
    fn all_of_it_was_used_in_the_published_month_after_principals_appeared() {
        let first = NaiveDate::from_ymd_opt(2026, 4, 8).expect("a day");
        for line in published_lines() {
            let day = line.usage_start.expect("a start").date_naive();
            assert!(day >= first && published_period().contains(day), "{day}");
        }
    }
}
