//! Random questions, well put and badly put, about what is there and what is not.

use bill::principal::Principal;
use proptest::prelude::*;

const DIMENSIONS: [&str; 24] = [
    "payer",
    "account",
    "region",
    "team",
    "principal",
    "identity",
    "role",
    "session",
    "person",
    "model",
    "token_kind",
    "cache",
    "tier",
    "charge_type",
    "product",
    "usage_type",
    "operation",
    "invoice",
    "tag:team",
    "tag:cost-center",
    "tag:resourceTags/Team",
    "tag:resource_tags/user_team",
    "tag:cost_category/project",
    "tag:missing",
];

const TIMES: [&str; 9] = [
    "",
    "period=2026-09",
    "period=2026-10",
    "period=2026-09,2026-10",
    "period=2026-08",
    "start=2026-09-05&end=2026-09-15",
    "start=2026-08-01&end=2026-08-29",
    "start=2026-07-25&end=2026-07-28",
    "start=2026-07-01&end=2026-12-01",
];

const FILTERS: [&str; 16] = [
    "[team]=ds",
    "[team]=platform,unattributed",
    "[team]=research",
    "[team]=nosuch",
    "[account]=111111111111,222222222222",
    "[account]=333333333333",
    "[identity]=iam_user,",
    "[principal]=",
    "[principal]=arn:aws:iam::123456789012:user/alice",
    "[session]=user-1@acme.org",
    "[role]=gateway-prod",
    "[tag:team]=ds",
    "[tag:cost-center]=",
    "[tag:cost-center]=12345",
    "[charge_type]=Credit,Tax",
    "[invoice]=",
];

/// Some go with some questions only.
const ARRANGEMENTS: [&str; 8] =
    ["", "", "", "limit=3", "top=2", "top=1&limit=2", "compare=previous", "compare=2026-09&limit=4"];

fn costs() -> impl Strategy<Value = String> {
    let choose = |choices: Vec<&'static str>| prop::sample::select(choices);
    let filter = (
        choose(vec!["filter", "filter", "exclude", "exclude", "filter[or:", "exclude[and:"]),
        choose(FILTERS.to_vec()),
    )
        .prop_map(
            |(verb, rest)| if verb.ends_with(':') { rest.replacen('[', verb, 1) } else { format!("{verb}{rest}") },
        );
    let group_by = prop::sample::subsequence(DIMENSIONS.to_vec(), 0..4);
    (
        choose(TIMES.to_vec()),
        group_by,
        choose(vec!["total", "total", "monthly", "daily"]),
        choose(vec!["unblended", "net_unblended", "list"]),
        choose(vec!["", "order_by=cost", "order_by=-cost", "format=csv", "format=ndjson&order_by=cost"]),
        prop::collection::vec(filter, 0..3),
        choose(ARRANGEMENTS.to_vec()),
    )
        .prop_map(|(time, group_by, granularity, cost, order_by, filters, arrangement)| {
            let grouped = if group_by.is_empty() { String::new() } else { format!("group_by={}", group_by.join(",")) };
            let mut parts = vec![time.to_owned(), grouped, order_by.to_owned(), arrangement.to_owned()];
            parts.extend([format!("granularity={granularity}"), format!("cost={cost}")]);
            parts.extend(filters);
            parts.retain(|part| !part.is_empty());
            format!("/v1/costs?{}", parts.join("&"))
        })
}

/// Questions about costs, so many.
pub(crate) fn about_costs(how_many: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(costs(), how_many)
}

/// Every other question there is, in one of the costs.
pub(crate) fn about_the_rest() -> impl Strategy<Value = Vec<String>> {
    prop::sample::select(vec!["unblended", "net_unblended"]).prop_map(|cost| {
        let mut paths: Vec<String> =
            ["/v1/status", "/v1/periods", "/v1/periods/2026-09", "/v1/periods/2026-10", "/v1/periods/2026-08"]
                .map(str::to_owned)
                .to_vec();
        paths.push(format!("/v1/teams?cost={cost}"));
        paths.push(format!("/v1/teams?cost={cost}&period=2026-09"));
        paths.push(format!("/v1/teams?cost={cost}&format=csv"));
        paths.push("/v1/periods?format=csv".to_owned());
        // The last two are no team anywhere, one of them nearly.
        for team in ["ds", "platform", "research", "unattributed", "platfrom", "nobody"] {
            paths.push(format!("/v1/teams/{team}?cost={cost}"));
            paths.push(format!("/v1/teams/{team}/showback?cost={cost}"));
            paths.push(format!("/v1/teams/{team}/showback?period=2026-09&cost={cost}"));
        }
        paths.extend(["", "&period=2026-09"].map(|choice| format!("/v1/summary?cost={cost}{choice}")));
        paths.extend(about_principals(cost));
        paths.extend(about_models(cost));
        paths.extend(about_dimensions(cost));
        paths.extend(about_tags(cost));
        paths.extend(as_tables(cost));
        paths
    })
}

/// The same as rows alone.
fn as_tables(cost: &str) -> impl Iterator<Item = String> {
    let of_both = [
        "/v1/summary",
        "/v1/teams/ds/showback",
        "/v1/teams/research/showback",
        "/v1/teams/unattributed/showback",
        "/v1/tags/team/values/Platform/showback",
        "/v1/tags/cost-center/values/777/showback",
        "/v1/tags",
        "/v1/tags/team",
        "/v1/dimensions/principal/values",
        "/v1/principals",
        "/v1/models",
    ];
    let of_both = of_both.into_iter().map(move |path| format!("{path}?cost={cost}&period=2026-09&format=csv"));
    of_both.chain(["/v1/periods/2026-09?format=csv".to_owned(), "/v1/periods/2026-10?format=csv".to_owned()])
}

fn about_principals(cost: &str) -> Vec<String> {
    let choices = [
        "",
        "&period=2026-09&limit=2",
        "&q=USER",
        "&q=nobody",
        "&arn=arn:aws:iam::123456789012:user/alice",
        "&arn=",
        "&person=user-1@acme.org",
        "&role=gateway-prod&q=tenant",
        "&identity=service",
    ];
    let mut paths: Vec<String> = choices.iter().map(|choice| format!("/v1/principals?cost={cost}{choice}")).collect();
    let billed = [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:sts::123456789012:assumed-role/gateway-prod/tenant-1",
        "bedrock.amazonaws.com",
        "nobody",
    ];
    let ids = billed.map(|arn| Principal::parse(Some(arn)).expect("a principal").id);
    paths.extend(ids.map(|id| format!("/v1/principals/{id}?cost={cost}")));
    paths
}

fn about_models(cost: &str) -> Vec<String> {
    let mut paths = vec![format!("/v1/models?cost={cost}"), format!("/v1/models?cost={cost}&period=2026-09")];
    for model in ["claude-sonnet-4.6", "nova-lite", "claude-sonnet-4.5", "nothing-like-it"] {
        paths.push(format!("/v1/models/{model}?cost={cost}"));
    }
    paths
}

fn about_dimensions(cost: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for dimension in DIMENSIONS {
        let dimension = dimension.replace('/', "%2F");
        paths.push(format!("/v1/dimensions/{dimension}/values?cost={cost}&limit=3"));
        paths.push(format!("/v1/dimensions/{dimension}/values?cost={cost}&period=2026-09&q=E"));
    }
    paths
}

fn about_tags(cost: &str) -> Vec<String> {
    let keys =
        ["team", "cost-center", "accountTag%2Fowner", "resourceTags%2FTeam", "cost_category%2Fproject", "taem", "none"];
    let mut paths = vec![format!("/v1/tags?cost={cost}"), format!("/v1/tags?cost={cost}&period=2026-09")];
    for key in keys {
        paths.push(format!("/v1/tags/{key}?cost={cost}"));
        paths.push(format!("/v1/tags/{key}?period=2026-09&cost={cost}&limit=2"));
        paths.push(format!("/v1/tags/{key}?q=a&cost={cost}"));
    }
    let values = [
        "team/values/ds",
        "team/values/Platform",
        "cost-center/values/777",
        "cost_category%2Fproject/values/beta",
        "x/values/y",
    ];
    for value in values {
        paths.push(format!("/v1/tags/{value}/showback?cost={cost}"));
        paths.push(format!("/v1/tags/{value}/showback?cost={cost}&period=2026-09"));
    }
    paths
}
