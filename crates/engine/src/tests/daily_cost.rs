//! What the two questions answer, and that they agree.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use bill::principal::{FoldRule, SessionFold};
use futures::TryStreamExt;

use super::support::*;
use crate::{Parameter, catalogue};

/// A month with something of everything.
fn bill() -> Vec<Line> {
    let claude = line()
        .text("bill_billing_entity", "AWS Marketplace")
        .text("line_item_product_code", "4d3a2b1c0hash")
        .text("line_item_usage_type", "USE1-MP:USE1_InputTokenCount-Units")
        .text("pricing_unit", "Units")
        .text("line_item_line_item_description", "AWS Marketplace software usage|us-east-1|Million Input Tokens")
        .text("line_item_resource_id", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5")
        .map("product", &[("product_name", "Claude Opus 5.5 (Amazon Bedrock Edition)")]);
    let s3 = line().text("line_item_product_code", "AmazonS3").map("product", &[("product_name", "Amazon S3")]);
    vec![
        line().cost(0.1).amount("pricing_public_on_demand_cost", 0.2).amount("line_item_usage_amount", 1.5),
        line().cost(0.2).amount("line_item_net_unblended_cost", 0.15).amount("line_item_usage_amount", 2.25),
        line().cost(0.3).principal("arn:aws:iam::444455556666:user/alice"),
        line().cost(0.4).principal(""),
        line().text("line_item_product_code", "AmazonBedrockAgentCore").cost(7.0),
        line().text("line_item_product_code", "AmazonBedrockService").cost(8.0).text("bill_invoice_id", "42"),
        line().text("line_item_product_code", "AmazonBedrockFoundationModels").cost(9.0),
        claude.clone().cost(5.000000000001),
        claude.clone().text("line_item_line_item_type", "Tax").cost(0.5).text("bill_invoice_id", ""),
        line().text("line_item_line_item_type", "Credit").cost(-2.5),
        line().without("line_item_unblended_cost"),
        line().text("line_item_currency_code", "EUR").cost(3.0),
        // Not Bedrock: another product, a Marketplace product of another kind, and a name without the code.
        s3.clone().cost(100.0),
        s3.text("bill_billing_entity", "AWS Marketplace").cost(50.0),
        line().text("line_item_product_code", "AWSSupportBusiness").cost(10.0),
        claude.text("bill_billing_entity", "AISPL").cost(1.0),
        line().without("bill_billing_entity").without("product").cost(0.25),
    ]
}

#[tokio::test]
async fn only_bedrock_lines_are_in_the_daily_cost_and_all_of_them() {
    let columns = ["product_code", "charge_type", "currency", "unblended_cost", "line_items"];
    assert_eq!(
        Export::of(&bill()).daily_cost(&columns).await,
        [
            "4d3a2b1c0hash | Tax | USD | 0.500000000000 | 1",
            "4d3a2b1c0hash | Usage | USD | 5.000000000001 | 1",
            "AmazonBedrock | Credit | USD | -2.500000000000 | 1",
            "AmazonBedrock | Usage | EUR | 3.000000000000 | 1",
            // Four lines without a principal: two with NULL, one with an empty text, one without a cost.
            "AmazonBedrock | Usage | USD | 0.300000000000 | 1",
            "AmazonBedrock | Usage | USD | 0.700000000000 | 4",
            "AmazonBedrockAgentCore | Usage | USD | 7.000000000000 | 1",
            "AmazonBedrockFoundationModels | Usage | USD | 9.000000000000 | 1",
            "AmazonBedrockService | Usage | USD | 8.000000000000 | 1",
        ]
    );
}

#[tokio::test]
async fn the_bill_total_leaves_no_line_out() {
    let columns = [
        "invoice_id",
        "billing_entity",
        "charge_type",
        "currency",
        "unblended_cost",
        "line_items",
        "bedrock_unblended_cost",
        "bedrock_line_items",
    ];
    assert_eq!(
        Export::of(&bill()).bill_total(&columns).await,
        [
            "42 | AWS | Usage | USD | 8.000000000000 | 1 | 8.000000000000 | 1",
            "NULL | AISPL | Usage | USD | 1.000000000000 | 1 | 0.000000000000 | 0",
            "NULL | AWS Marketplace | Tax | USD | 0.500000000000 | 1 | 0.500000000000 | 1",
            "NULL | AWS Marketplace | Usage | USD | 55.000000000001 | 2 | 5.000000000001 | 1",
            "NULL | AWS | Credit | USD | -2.500000000000 | 1 | -2.500000000000 | 1",
            "NULL | AWS | Usage | EUR | 3.000000000000 | 1 | 3.000000000000 | 1",
            "NULL | AWS | Usage | USD | 127.000000000000 | 9 | 17.000000000000 | 7",
            "NULL | NULL | Usage | USD | 0.250000000000 | 1 | 0.000000000000 | 0",
        ]
    );
}

/// Sums of amounts and a count, by invoice, billing entity, charge type and currency.
type Totals = BTreeMap<String, ([i128; 3], i64)>;

fn add_up(batches: &[RecordBatch], amounts: [&str; 3], count: &str) -> Totals {
    let mut totals = Totals::new();
    for batch in batches {
        let keys = rows_of(batch, &["invoice_id", "billing_entity", "charge_type", "currency"]);
        let amount = |name, row| batch[name].as_primitive::<Decimal128Type>().value(row);
        for (row, key) in keys.into_iter().enumerate() {
            let total = totals.entry(key).or_default();
            for (sum, name) in total.0.iter_mut().zip(amounts) {
                *sum += amount(name, row);
            }
            total.1 += batch[count].as_primitive::<Int64Type>().value(row);
        }
    }
    totals.retain(|_, (_, lines)| *lines > 0);
    totals
}

#[tokio::test]
async fn daily_costs_add_up_to_the_bill_to_the_last_decimal() {
    let (engine, export) = (engine(), Export::of(&bill()));
    let manifest = export.only_manifest().await;
    let daily = engine.ask(&catalogue::DAILY_COST, &unfolded(), &manifest).await.expect("an answer");
    let daily: Vec<RecordBatch> = daily.batches.try_collect().await.expect("rows");
    let bill = engine.ask(&catalogue::BILL_TOTAL, &[period()], &manifest).await.expect("an answer");
    let bill: Vec<RecordBatch> = bill.batches.try_collect().await.expect("rows");

    let parts = add_up(&daily, ["unblended_cost", "net_unblended_cost", "list_cost"], "line_items");
    let amounts = ["bedrock_unblended_cost", "bedrock_net_unblended_cost", "bedrock_list_cost"];
    assert_eq!(parts, add_up(&bill, amounts, "bedrock_line_items"));
    assert_eq!(parts.len(), 6, "{parts:?}");
    assert_eq!(parts["NULL | AWS Marketplace | Usage | USD"], ([5_000_000_000_001, 5_000_000_000_001, 0], 1));
}

#[tokio::test]
async fn a_net_cost_that_is_not_there_is_the_unblended_cost() {
    let lines = [line().cost(2.0).amount("line_item_net_unblended_cost", 1.5), line().cost(3.0)];
    let columns = ["unblended_cost", "net_unblended_cost", "list_cost", "usage_quantity", "line_items"];
    let expected = ["5.000000000000 | 4.500000000000 | 0.000000000000 | 0.000000000000 | 2"];
    assert_eq!(Export::of(&lines).daily_cost(&columns).await, expected);
}

#[tokio::test]
async fn every_key_of_a_line_is_kept() {
    let full = line()
        .text("bill_invoice_id", "77")
        .text("line_item_usage_account_name", "research")
        .text("line_item_legal_entity", "Amazon Web Services, Inc.")
        .text("line_item_operation", "InvokeModelInference")
        .text("product_region_code", "us-east-1")
        .text("line_item_resource_id", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite")
        .principal("arn:aws:iam::444455556666:user/alice")
        .map(
            "product",
            &[
                ("product_name", "Amazon Bedrock"),
                ("model", "Nova 2.0 Lite"),
                ("provider", "Amazon"),
                ("inference_type", "Input tokens"),
                ("feature", "On-demand Inference"),
            ],
        )
        .map("tags", &[("iamPrincipal/team", "ds"), ("iamPrincipal/cost \"center\"", "é\n1"), ("accountTag/a/b", "x")])
        .map("resource_tags", &[("user_team", "ds")])
        .map("cost_category", &[]);
    let all = catalogue::DAILY_COST.schema();
    let all: Vec<&str> = all.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(
        Export::of(&[full.amount("line_item_usage_amount", 12.5)]).daily_cost(&all).await,
        [[
            "2026-10-05",
            "111122223333",
            "444455556666",
            "research",
            "AWS",
            "77",
            "Amazon Web Services, Inc.",
            "Usage",
            "AmazonBedrock",
            "Amazon Bedrock",
            "InvokeModelInference",
            "USE1-Nova2.0Lite-input-tokens",
            "us-east-1",
            "Nova 2.0 Lite",
            "Amazon",
            "Input tokens",
            "On-demand Inference",
            "1K tokens",
            "NULL",
            // The resource is kept for Marketplace lines only.
            "NULL",
            "arn:aws:iam::444455556666:user/alice",
            r#"{"accountTag/a/b":"x","iamPrincipal/cost \"center\"":"é\n1","iamPrincipal/team":"ds"}"#,
            r#"{"user_team":"ds"}"#,
            "NULL",
            "USD",
            "1.000000000000",
            "1.000000000000",
            "0.000000000000",
            "12.500000000000",
            "1",
        ]
        .join(" | ")]
    );
}

#[tokio::test]
async fn a_marketplace_line_keeps_its_resource_and_says_its_unit_in_the_description() {
    let marketplace = bill()[7].clone();
    let no_third_part = marketplace.clone().text("line_item_line_item_description", "AWS Marketplace software usage");
    let columns = ["resource_id", "description_unit"];
    let model = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5-5";
    assert_eq!(
        Export::of(&[marketplace, no_third_part]).daily_cost(&columns).await,
        [format!("{model} | Million Input Tokens"), format!("{model} | NULL")]
    );
}

#[tokio::test]
async fn an_empty_principal_is_none() {
    let lines = [line().principal(""), line(), line().principal("arn:aws:iam::1:root")];
    let expected = ["NULL | 2", "arn:aws:iam::1:root | 1"];
    assert_eq!(Export::of(&lines).daily_cost(&["iam_principal", "line_items"]).await, expected);
}

#[tokio::test]
async fn a_line_without_a_usage_date_counts_on_the_first_day() {
    let lines = [line().without("line_item_usage_start_date"), line().started("2026-09-30T23:59:59Z")];
    assert_eq!(Export::of(&lines).daily_cost(&["usage_date"]).await, ["2026-09-30", "2026-10-01"]);
}

#[tokio::test]
async fn sessions_are_folded_by_the_pattern_and_their_money_is_added() {
    let rule = |role: &str| FoldRule { role: role.to_owned(), session: "run-*".to_owned() };
    let fold = SessionFold::new(&[rule("ci"), rule("build")]).expect("a fold");
    let arns = [
        "arn:aws:sts::444455556666:assumed-role/ci/run-1",
        "arn:aws:sts::444455556666:assumed-role/ci/run-2",
        "arn:aws:sts::444455556666:assumed-role/build/run-2",
        "arn:aws:sts::444455556666:assumed-role/ci/alice",
        "arn:aws:iam::444455556666:user/run-3",
    ];
    let export = Export::of(&arns.map(|arn| line().principal(arn)));
    let parameters = [Parameter::text(fold.pattern()), Parameter::text(fold.replacement()), period()];
    let answer = engine().ask(&catalogue::DAILY_COST, &parameters, &export.only_manifest().await).await;
    let mut expected: BTreeMap<String, u32> = BTreeMap::new();
    for arn in arns {
        *expected.entry(fold.apply(arn).into_owned()).or_default() += 1;
    }
    assert_eq!(expected["arn:aws:sts::444455556666:assumed-role/ci/*"], 2);
    assert_eq!(
        rows(answer.expect("an answer"), &["iam_principal", "unblended_cost"]).await.expect("rows"),
        expected.iter().map(|(arn, cost)| format!("{arn} | {cost}.000000000000")).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_answer_has_exactly_the_declared_schema() {
    let (engine, export) = (engine(), Export::of(&bill()));
    let manifest = export.only_manifest().await;
    let asked: [(_, &[Parameter]); 2] = [(&catalogue::DAILY_COST, &unfolded()), (&catalogue::BILL_TOTAL, &[period()])];
    for (question, parameters) in asked {
        let answer = engine.ask(question, parameters, &manifest).await.expect("an answer");
        assert_eq!(answer.schema, question.schema());
        let batches: Vec<RecordBatch> = answer.batches.try_collect().await.expect("rows");
        assert!(!batches.is_empty() && batches.iter().all(|batch| batch.schema() == question.schema()));
    }
}

/// The rule of Bedrock stands in three places: both texts, and `bill` for whoever needs it in Rust.
#[tokio::test]
async fn the_texts_and_the_bill_agree_on_what_is_bedrock() {
    let mut expected = Vec::new();
    let mut lines = Vec::new();
    for entity in ["AWS", "AWS Marketplace", "AISPL", "aws", ""] {
        for code in ["AmazonBedrock", "AmazonBedrockService", "AmazonBedrockX", "amazonbedrock", "AmazonS3", ""] {
            for name in [None, Some("Claude (Amazon Bedrock Edition)"), Some("bedrock"), Some("")] {
                let usage = format!("{entity}/{code}/{name:?}");
                let line = line().text("bill_billing_entity", entity).text("line_item_product_code", code);
                let line = line.text("line_item_usage_type", &usage).map("product", &[]);
                lines.push(name.map_or(line.clone(), |name| line.map("product", &[("product_name", name)])));
                if bill::bedrock::is_bedrock(entity, code, name) {
                    expected.push(usage);
                }
            }
        }
    }
    expected.sort();
    let export = Export::of(&lines);
    assert_eq!(export.daily_cost(&["usage_type"]).await, expected);
    let counted = export.bill_total(&["bedrock_line_items"]).await;
    let counted: usize = counted.iter().map(|count| count.parse::<usize>().expect("a count")).sum();
    assert_eq!((counted, expected.is_empty()), (expected.len(), false));
}
