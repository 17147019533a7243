//! The grammar as a whole: what is asked, what is understood, and what is said about mistakes.

use bill::tags::{TagKey, TagView};
use bill::{BillingPeriod, principal::Principal};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};
use store::snapshot::{CostBasis, CostQuestion, Dimension, Filter, Granularity, OrderBy, OrderKey, Scope};

use super::*;
use crate::http::body::JsonObject;
use crate::http::problem::ProblemKind;

fn question(query: &str) -> CostQuestion {
    understood(CostsQuery::parse(Some(query)).unwrap_or_else(|faults| panic!("{query}: {faults:?}")))
}

fn understood(asked: CostsQuery) -> CostQuestion {
    let scope = match asked.scope.clone() {
        AskedScope::Periods(periods) => Scope::Periods(periods),
        AskedScope::UsageDates { start, end } => Scope::UsageDates { start, end },
        AskedScope::LatestPeriod => Scope::Periods(vec![period("2026-10")]),
    };
    asked.about(scope)
}

fn period(text: &str) -> BillingPeriod {
    text.parse().expect("a period")
}

fn faults(query: &str) -> Vec<Fault> {
    CostsQuery::parse(Some(query)).expect_err(query).into_vec()
}

fn only_fault(query: &str) -> Fault {
    let mut faults = faults(query);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

#[test]
fn a_whole_question_is_understood() {
    let understood = question(
        "period=2026-10,2026-09&granularity=monthly&group_by=team,tag:cost-center&filter%5Bmodel%5D=a,b&\
         exclude[tag:resourceTags/env]=&cost=net_unblended&order_by=-team",
    );
    let filter = |dimension, values: &[Option<&str>], exclude| Filter {
        dimension,
        values: values.iter().map(|value| value.map(str::to_owned)).collect(),
        exclude,
        alternative: false,
    };
    let environment = Dimension::Tag(TagKey { view: TagView::ResourceTags, key: "env".to_owned() });
    assert_eq!(
        understood,
        CostQuestion {
            scope: Scope::Periods(vec![period("2026-09"), period("2026-10")]),
            granularity: Granularity::Monthly,
            group_by: vec![Dimension::Team, Dimension::Tag(TagKey::of_principal("cost-center"))],
            filters: vec![filter(Dimension::Model, &[Some("a"), Some("b")], false), filter(environment, &[None], true)],
            cost: CostBasis::NetUnblended,
            order_by: Some(OrderBy { key: OrderKey::Dimension(Dimension::Team), descending: true }),
        }
    );
    assert_eq!(
        Echo::of(&understood).query_string(),
        "period=2026-09,2026-10&granularity=monthly&group_by=team,tag:cost-center&filter%5Bmodel%5D=a,b&\
         exclude%5Btag:resourceTags/env%5D=&cost=net_unblended&order_by=-team"
    );
}

#[test]
fn nothing_said_asks_for_the_latest_period_with_every_default() {
    let asked = CostsQuery::parse(None).expect("no parameter is needed");
    assert_eq!(asked.scope, AskedScope::LatestPeriod);
    assert_eq!(Echo::of(&question("")).query_string(), "period=2026-10&granularity=total&cost=unblended");
}

#[test]
fn dates_are_half_open() {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let scope = question("start=2026-10-01&end=2026-11-01").scope;
    assert_eq!(scope, Scope::UsageDates { start: day("2026-10-01"), end: day("2026-11-01") });
    assert_eq!(only_fault("start=2026-10-01&end=2026-10-01").parameter, "end");
}

#[test]
fn half_a_range_and_two_kinds_of_time_are_refused() {
    for (query, parameter) in
        [("start=2026-10-01", "start"), ("end=2026-10-01", "end"), ("period=2026-10&start=2026-10-01", "period")]
    {
        let fault = only_fault(query);
        assert_eq!((fault.kind, fault.parameter.as_str()), (ProblemKind::ConflictingParameters, parameter));
    }
}

#[test]
fn a_day_is_written_in_one_way_only() {
    for day in ["2026-1-5", "2026-10-32", "+2026-1-01", "0000-01-01", "20261001", "2026-10-01T00:00:00Z", "", "today"] {
        let fault = only_fault(&format!("start={day}&end=2026-12-01"));
        assert_eq!((fault.kind, fault.parameter.as_str()), (ProblemKind::InvalidValue, "start"), "{day}");
    }
}

#[test]
fn an_unknown_dimension_is_refused_with_the_nearest_name_everywhere() {
    for query in ["group_by=modle", "filter[modle]=x", "exclude[modle]=x"] {
        let fault = only_fault(query);
        assert_eq!(fault.kind, ProblemKind::UnknownDimension, "{query}");
        assert_eq!(fault.did_you_mean.as_deref(), Some("model"), "{query}");
        assert_eq!(fault.allowed.len(), Dimension::NAMED.len() + 1, "{query}");
    }
    let fault = only_fault("group_by=model&order_by=-modle");
    assert_eq!((fault.kind, fault.did_you_mean.as_deref()), (ProblemKind::UnknownDimension, Some("model")));
    assert_eq!(fault.allowed, ["cost", "model"], "rows are in the order of what they are grouped by");
}

#[test]
fn every_fault_of_a_question_is_reported_at_once() {
    let found = faults(
        "period=2026-13&granularity=weekly&group_by=team,team,owner&filter[identity]=iamuser&cost=blended&\
         order_by=model&grouping=x",
    );
    let found: Vec<_> = found
        .iter()
        .map(|fault| (fault.kind, fault.parameter.as_str(), fault.did_you_mean.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        found,
        [
            (ProblemKind::UnknownParameter, "grouping", "-"),
            (ProblemKind::InvalidValue, "period", "-"),
            (ProblemKind::InvalidValue, "granularity", "-"),
            (ProblemKind::InvalidValue, "group_by", "-"),
            (ProblemKind::UnknownDimension, "group_by", "-"),
            (ProblemKind::InvalidValue, "filter[identity]", "iam_user"),
            (ProblemKind::InvalidValue, "cost", "unblended"),
            (ProblemKind::InvalidValue, "order_by", "-"),
        ]
    );
}

#[test]
fn what_does_not_go_together_is_told_beside_every_other_fault() {
    let found = faults("period=2026-09,2026-10&top=0&compare=2026-1&limit=0&cursor=x");
    let found: Vec<_> = found.iter().map(|fault| (fault.kind, fault.parameter.as_str())).collect();
    assert_eq!(
        found,
        [
            (ProblemKind::InvalidValue, "limit"),
            (ProblemKind::InvalidValue, "cursor"),
            (ProblemKind::InvalidValue, "top"),
            (ProblemKind::ConflictingParameters, "compare"),
            (ProblemKind::InvalidValue, "compare"),
        ]
    );
}

#[test]
fn rows_are_ordered_only_by_what_they_are_grouped_by() {
    let fault = only_fault("group_by=team&order_by=model");
    assert_eq!(fault.allowed, ["cost", "team"]);
}

#[test]
fn one_tag_under_two_spellings_is_one_dimension() {
    let fault = only_fault("group_by=tag:team,tag:iamPrincipal/team");
    assert_eq!(fault.detail, "`tag:team` is grouped by twice; name it once");
}

#[test]
fn values_given_in_several_places_are_one_filter() {
    let filters = question(r"filter[team]=b,a&filter[team]=a&filter[team]=x\,y").filters;
    let values: Vec<_> = filters[0].values.iter().map(Option::as_deref).collect();
    assert_eq!((filters.len(), values), (1, vec![Some("a"), Some("b"), Some("x,y")]));
}

#[test]
fn alternatives_are_read_beside_what_must_hold() {
    let filters = question("filter[or:tag:a]=1&filter[team]=x&filter[or:team]=y&exclude[and:tag:a]=2&exclude[tag:a]=3");
    let filters: Vec<_> = filters
        .filters
        .iter()
        .map(|filter| (filter.exclude, filter.alternative, filter.dimension.to_string(), filter.values.len()))
        .collect();
    assert_eq!(
        filters,
        [
            (false, false, "team".to_owned(), 1),
            (false, true, "team".to_owned(), 1),
            (false, true, "tag:a".to_owned(), 1),
            (true, false, "tag:a".to_owned(), 1),
            (true, true, "tag:a".to_owned(), 1),
        ]
    );
    for (query, near) in [("filter[and:team]=x", "filter[team]"), ("exclude[or:tag:a]=x", "exclude[tag:a]")] {
        let fault = only_fault(query);
        assert_eq!((fault.kind, fault.did_you_mean.as_deref()), (ProblemKind::UnknownDimension, Some(near)), "{query}");
    }
    assert_eq!(only_fault("filter[or:modle]=x").did_you_mean.as_deref(), Some("model"));
}

#[test]
fn no_team_means_unattributed() {
    assert_eq!(question("filter[team]=").filters, question("filter[team]=unattributed").filters);
}

#[test]
fn a_principal_may_be_given_by_its_arn() {
    let arn = "arn:aws:iam::111122223333:user/alice";
    let id = Principal::parse(Some(arn)).expect("a principal").id;
    assert_eq!(question(&format!("filter[principal]={arn}")).filters[0].values, [Some(id)]);
}

#[test]
fn every_dimension_at_once_is_no_mistake() {
    let all: Vec<String> = Dimension::NAMED.iter().map(ToString::to_string).collect();
    assert_eq!(question(&format!("group_by={}", all.join(","))).group_by, Dimension::NAMED);
}

#[test]
fn more_than_can_be_answered_is_refused() {
    let many = |count: usize| vec!["x"; count].join(",");
    let tags: Vec<String> = (0..=MOST_GROUPED_DIMENSIONS).map(|number| format!("tag:key-{number}")).collect();
    let periods = vec!["2026-10"; MOST_PERIODS + 1].join(",");
    let long = "x".repeat(LONGEST_FILTER_VALUE_BYTES + 1);
    for query in [
        format!("group_by={}", tags.join(",")),
        format!("filter[model]={}", many(MOST_FILTER_VALUES + 1)),
        format!("filter[model]={}&exclude[model]={}", many(60), many(60)),
        format!("period={periods}"),
        format!("filter[model]={long}"),
    ] {
        assert_eq!(only_fault(&query).kind, ProblemKind::LimitExceeded, "{}", shown(&query));
    }
}

fn any_dimension() -> impl Strategy<Value = Dimension> {
    let key = prop_oneof![
        r"[A-Za-z0-9_.:/=+@ \-]{1,12}",
        r"(resourceTags|iamPrincipal|cost_category)/[a-z/,\\]{1,6}",
        r"[a,\\&=%\[\]é]{1,6}",
    ];
    prop_oneof![
        3 => proptest::sample::select(Dimension::NAMED.to_vec()),
        2 => (proptest::sample::select(TagView::ALL.to_vec()), key)
            .prop_map(|(view, key)| Dimension::Tag(TagKey { view, key })),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let plain = any_dimension().prop_filter("values of these are read more closely", |dimension| {
        !matches!(dimension, Dimension::Team | Dimension::Identity | Dimension::Principal)
    });
    let value = proptest::option::of(r#"[a-z,\\&=%\[\]'"; é]{1,8}"#);
    (plain, proptest::collection::btree_set(value, 1..5), any::<bool>(), any::<bool>()).prop_map(
        |(dimension, values, exclude, alternative)| Filter {
            dimension,
            values: values.into_iter().collect(),
            exclude,
            alternative,
        },
    )
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let period = (1970..2100, 1_u32..13).prop_map(|(year, month)| BillingPeriod::new(year, month).expect("a month"));
    let day = (1_i32..40_000).prop_map(|days| NaiveDate::default() + chrono::Days::new(days.unsigned_abs().into()));
    prop_oneof![
        proptest::collection::btree_set(period, 1..4).prop_map(|periods| Scope::Periods(periods.into_iter().collect())),
        (day, 1_u64..400).prop_map(|(start, days)| Scope::UsageDates { start, end: start + chrono::Days::new(days) }),
    ]
}

fn any_question() -> impl Strategy<Value = CostQuestion> {
    let group_by = proptest::collection::btree_set(any_dimension(), 0..MOST_GROUPED_DIMENSIONS);
    let filters = proptest::collection::vec(any_filter(), 0..5);
    let granularity = proptest::sample::select(words::GRANULARITIES.map(|(_, value)| value).to_vec());
    let cost = proptest::sample::select(words::COST_BASES.map(|(_, value)| value).to_vec());
    (any_scope(), granularity, group_by, filters, cost, proptest::option::of((0..9_usize, any::<bool>()))).prop_map(
        |(scope, granularity, group_by, mut filters, cost, order)| {
            let group_by: Vec<Dimension> = group_by.into_iter().collect();
            let place = |filter: &Filter| (filter.exclude, filter.alternative, filter.dimension.clone());
            filters.sort_by_key(place);
            filters.dedup_by_key(|filter| place(filter));
            let order_by = order.map(|(place, descending)| {
                let key = group_by.get(place).cloned().map_or(OrderKey::Cost, OrderKey::Dimension);
                OrderBy { key, descending }
            });
            CostQuestion { scope, granularity, group_by, filters, cost, order_by }
        },
    )
}

/// The question as a program would write it.
fn body_of(question: &CostQuestion) -> Value {
    let names: Vec<String> = question.group_by.iter().map(Dimension::to_string).collect();
    let mut body = json!({
        "granularity": words::granularity(question.granularity), "cost": words::cost_basis(question.cost),
        "group_by": names,
    });
    match &question.scope {
        Scope::Periods(periods) => {
            body["period"] = periods.iter().map(|period| Value::from(period.to_string())).collect();
        }
        Scope::UsageDates { start, end } => {
            body["start"] = start.to_string().into();
            body["end"] = end.to_string().into();
        }
    }
    for filter in &question.filters {
        let (name, prefix) = if filter.exclude { ("exclude", "and:") } else { ("filter", "or:") };
        let prefix = if filter.alternative { prefix } else { "" };
        body[name][format!("{prefix}{}", filter.dimension)] = json!(filter.values);
    }
    if let Some(order_by) = &question.order_by {
        let sign = if order_by.descending { "-" } else { "" };
        let key = match &order_by.key {
            OrderKey::Cost => "cost".to_owned(),
            OrderKey::Dimension(dimension) => dimension.to_string(),
        };
        body["order_by"] = format!("{sign}{key}").into();
    }
    body
}

proptest! {
    #[test]
    fn a_question_as_a_body_is_understood_as_itself(asked in any_question()) {
        let body = body_of(&asked);
        let (read, query_string) = CostsQuery::read_body(JsonObject::of(body.clone())).expect("a question");
        prop_assert_eq!(CostsQuery::parse(Some(&query_string)), Ok(read.clone()), "{}", query_string);
        prop_assert_eq!(understood(read), asked, "{}", body);
    }

    #[test]
    fn an_echoed_question_is_understood_as_itself(asked in any_question()) {
        let echoed = Echo::of(&asked).query_string();
        prop_assert_eq!(question(&echoed), asked, "{}", echoed);
    }

    #[test]
    fn no_text_makes_the_grammar_panic_and_what_is_understood_stays(text in any::<String>()) {
        if CostsQuery::parse(Some(&text)).is_ok() {
            let once = question(&text);
            prop_assert_eq!(question(&Echo::of(&once).query_string()), once);
        }
    }

    #[test]
    fn no_value_makes_the_grammar_panic(name in r"(filter|exclude|group_by|period|start|end|order_by|cost)(\[.{0,8}\])?", value in ".{0,40}") {
        let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
        for query in [format!("{name}={value}"), format!("{name}={encoded}")] {
            if CostsQuery::parse(Some(&query)).is_ok() {
                let once = question(&query);
                prop_assert_eq!(question(&Echo::of(&once).query_string()), once);
            }
        }
    }
}
