//! Single lines: what a choice lets pass, and that no value of it ever becomes anything but a value.

use bill::tags::TagKey;

use super::support::*;
use crate::{LineChoice, Parameter, catalogue};

const ALICE: &str = "arn:aws:iam::444455556666:user/alice";

/// Ten lines whose costs are powers of two: every sum of some of them says which ones they are.
fn lines() -> Vec<Line> {
    let hostile = "x' or '1'='1' -- /* ü\u{202e} */ \"; drop table cur2";
    vec![
        line().cost(1.0),
        line().cost(2.0).principal(ALICE),
        line().cost(4.0).principal("   "),
        line().cost(8.0).principal(ALICE).text("line_item_usage_account_id", "777788889999"),
        line().cost(16.0).text("line_item_usage_type", hostile).map("tags", &[("iamPrincipal/team", hostile)]),
        line().cost(32.0).without("line_item_usage_type").map("tags", &[("iamPrincipal/team", "")]),
        line().cost(64.0).text("line_item_line_item_type", "Credit").started("2026-10-31T23:00:00Z"),
        line().cost(128.0).map("resource_tags", &[("user_team", "ds")]).map("tags", &[("iamPrincipal/team", "ds")]),
        line().cost(256.0).map("cost_category", &[("team", "ds")]).principal(hostile),
        line().cost(512.0).principal("arn:aws:sts::444455556666:assumed-role/Build/run-7"),
    ]
}

fn parameters(choice: &LineChoice) -> Vec<Parameter> {
    let fold = bill::principal::FoldRule { role: "Build".into(), session: "*".into() };
    let fold = bill::principal::SessionFold::new(&[fold]).expect("a rule");
    let mut parameters = vec![Parameter::text(fold.pattern()), Parameter::text(fold.replacement()), period()];
    parameters.extend(choice.parameters());
    parameters
}

async fn costs(export: &Export, choice: &LineChoice) -> u64 {
    let answer = engine().ask(&catalogue::LINE_ITEMS, &parameters(choice), &export.only_manifest().await).await;
    let rows = rows(answer.expect("an answer"), &["unblended_cost"]).await.expect("rows");
    let whole = |cost: &String| cost.strip_suffix(".000000000000").and_then(|cost| cost.parse::<u64>().ok());
    rows.iter().map(|cost| whole(cost).expect("a whole cost")).sum()
}

fn is(value: &str) -> Option<Option<String>> {
    Some(Some(value.to_owned()))
}

fn tag(key: &str, value: Option<&str>) -> Option<(TagKey, Option<String>)> {
    Some((key.parse().expect("a tag"), value.map(str::to_owned)))
}

#[tokio::test]
async fn a_choice_lets_exactly_its_lines_pass() {
    let export = Export::of(&lines());
    let all = LineChoice::default;
    for (choice, expected) in [
        (all(), 1023),
        (LineChoice { principal: is(ALICE), ..all() }, 2 + 8),
        (LineChoice { principal: Some(None), ..all() }, 1 + 4 + 16 + 32 + 64 + 128),
        (LineChoice { principal: is("arn:aws:sts::444455556666:assumed-role/Build/*"), ..all() }, 512),
        (LineChoice { principal: is("arn:aws:sts::444455556666:assumed-role/Build/run-7"), ..all() }, 0),
        (LineChoice { account: is("777788889999"), ..all() }, 8),
        (LineChoice { usage_type: Some(None), ..all() }, 32),
        (LineChoice { charge_type: is("Credit"), ..all() }, 64),
        (LineChoice { day: "2026-10-31".parse().ok(), ..all() }, 64),
        (LineChoice { tag: tag("team", Some("ds")), ..all() }, 128),
        (LineChoice { tag: tag("team", None), ..all() }, 1023 - 16 - 128),
        (LineChoice { tag: tag("resource_tags/user_team", Some("ds")), ..all() }, 128),
        (LineChoice { tag: tag("cost_category/team", Some("ds")), ..all() }, 256),
        (LineChoice { tag: tag("resourceTags/team", Some("ds")), ..all() }, 0),
        (LineChoice { principal: is(ALICE), account: is("444455556666"), ..all() }, 2),
    ] {
        assert_eq!(costs(&export, &choice).await, expected, "{choice:?}");
    }
}

#[tokio::test]
async fn whatever_a_value_holds_it_is_compared_and_nothing_else() {
    let export = Export::of(&lines());
    let long = "'".repeat(10_000);
    let hostile = "x' or '1'='1' -- /* ü\u{202e} */ \"; drop table cur2";
    for value in [
        "'",
        "''",
        "\\'",
        "' or '1'='1",
        "any' or 1=1 --",
        "any",
        "is",
        "?",
        "$1",
        "/* */",
        "-- x",
        "%",
        "_",
        "ü\u{0301}\u{feff}\u{202e}",
        "\u{1F4A9}",
        "null",
        "arn:aws:iam::444455556666:user/%",
        &long,
        hostile,
    ] {
        // Two lines hold the hostile text: as the usage type and tag of one, and as the principal of the other.
        let found = |there| if value == hostile { there } else { 0 };
        for (choice, expected) in [
            (LineChoice { principal: is(value), ..LineChoice::default() }, found(256)),
            (LineChoice { account: is(value), ..LineChoice::default() }, 0),
            (LineChoice { usage_type: is(value), ..LineChoice::default() }, found(16)),
            (LineChoice { charge_type: is(value), ..LineChoice::default() }, 0),
            (LineChoice { tag: tag("team", Some(value)), ..LineChoice::default() }, found(16)),
            (LineChoice { tag: tag(&format!("resource_tags/{value}"), Some("ds")), ..LineChoice::default() }, 0),
            (LineChoice { tag: tag("cost_category/team", Some(value)), ..LineChoice::default() }, 0),
        ] {
            assert_eq!(costs(&export, &choice).await, expected, "{choice:?}");
        }
    }
}

#[tokio::test]
async fn what_no_bill_holds_is_refused_before_anything_is_asked() {
    let export = Export::of(&lines());
    for value in ["\0", "a\0b", "a\nb", "\u{85}"] {
        let choice = LineChoice { usage_type: is(value), ..LineChoice::default() };
        let manifest = export.only_manifest().await;
        let refused = engine().ask(&catalogue::LINE_ITEMS, &parameters(&choice), &manifest).await;
        let refused = refused.expect_err("a control character");
        assert!(refused.to_string().contains("is not a text without control characters"), "{refused}");
    }
}

#[tokio::test]
async fn a_line_is_told_with_its_hour_and_its_own_words() {
    let told = line()
        .principal(ALICE)
        .text("line_item_resource_id", "arn:aws:bedrock:us-east-1:444455556666:agent/A1")
        .text("line_item_line_item_description", "$0.00006 per 1K input tokens, Nova | \"quoted\"")
        .amount("line_item_usage_amount", 0.3)
        .map("tags", &[("iamPrincipal/team", "ds")]);
    let export = Export::of(&[told, line().without("line_item_usage_start_date")]);
    let parameters = parameters(&LineChoice::default());
    let answer = engine().ask(&catalogue::LINE_ITEMS, &parameters, &export.only_manifest().await).await;
    let seen = [
        "usage_date",
        "usage_hour",
        "resource_id",
        "line_item_resource_id",
        "line_item_description",
        "tags",
        "usage_quantity",
    ];
    assert_eq!(
        rows(answer.expect("an answer"), &seen).await.expect("rows"),
        [
            "2026-10-01 | NULL | NULL | NULL | NULL | NULL | 0.000000000000",
            "2026-10-05 | 13 | NULL | arn:aws:bedrock:us-east-1:444455556666:agent/A1 | \
             $0.00006 per 1K input tokens, Nova | \"quoted\" | {\"iamPrincipal/team\":\"ds\"} | 0.300000000000",
        ]
    );
}
