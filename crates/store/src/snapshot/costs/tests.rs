use access::Part;

use super::*;
use crate::snapshot::{CostBasis, Granularity, RowSlice};

fn text(group_by: &[&str], granularity: Granularity, part: Option<&Part>) -> String {
    arranged(group_by, granularity, part, &Arrangement::default())
}

fn arranged(group_by: &[&str], granularity: Granularity, part: Option<&Part>, arrangement: &Arrangement) -> String {
    let question = CostQuestion {
        scope: Scope::Periods(Vec::new()),
        granularity,
        group_by: group_by.iter().map(|name| name.parse().expect("a dimension")).collect(),
        filters: Vec::new(),
        cost: CostBasis::Unblended,
        order_by: None,
    };
    let visible = part.map(|part| Visible { part, ownership_id: 1 });
    let text = QueryBuilder::new("");
    let composer = Composer {
        ownership_id: 1,
        visible,
        shown: Shown::Named,
        question: &question,
        arrangement,
        load_ids: vec![1, 2],
        days: None,
        compared: arrangement.compare.map(|_| Compared { current: vec![1], former: vec![2] }),
        text,
    };
    composer.compose().into_sql().as_str().to_owned()
}

fn part(teams: &[&str], accounts: &[&str], tags: &[&str]) -> Part {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let tags = tags.iter().map(|tag| tag.parse().expect("a tag value")).collect();
    Part { teams: texts(teams), accounts: texts(accounts), tags }
}

/// From ` from ` on, without the columns before it.
fn after_from(text: &str) -> &str {
    text.split_once(" from ").map_or(text, |(_, rest)| rest)
}

#[test]
fn whoever_sees_everything_is_answered_without_a_look_at_who_owns_what() {
    assert_eq!(
        after_from(&text(&["model"], Granularity::Total, None)),
        "team_period_cost as cost join charge using (charge_id) \
         where cost.load_id = any($1) and cost.ownership_id = $2 group by 1, 2 \
         order by 2, ordering desc, 1 asc nulls last, 2 asc nulls last limit $3"
    );
    assert_eq!(
        after_from(&text(&["team", "account"], Granularity::Total, None)),
        "subject_cost as cost \
         join owner on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id and owner.ownership_id = $1 \
         and owner.load_id = any($2) \
         left join team on team.team_id = owner.team_id join subject on subject.subject_id = cost.subject_id \
         left join account on account.account = subject.account \
         where cost.load_id = any($3) group by 1, 2, 3, 4 \
         order by 4, ordering desc, 1 asc nulls last, 2 asc nulls last, 3 asc nulls last, 4 asc nulls last limit $4"
    );
}

#[test]
fn the_smallest_table_that_knows_what_is_asked_is_read() {
    let table = |group_by: &[&str], granularity| {
        let text = text(group_by, granularity, None);
        after_from(&text).split(' ').next().unwrap_or_default().to_owned()
    };
    assert_eq!(table(&[], Granularity::Total), "team_day_cost");
    assert_eq!(table(&["team"], Granularity::Monthly), "team_day_cost");
    assert_eq!(table(&["team", "model", "token_kind"], Granularity::Monthly), "team_period_cost");
    assert_eq!(table(&["team"], Granularity::Daily), "team_day_cost");
    assert_eq!(table(&["team", "model"], Granularity::Daily), "team_cost");
    assert_eq!(table(&["principal", "tag:cost-center", "team"], Granularity::Monthly), "subject_cost");
    assert_eq!(table(&["principal", "model"], Granularity::Total), "period_cost");
    assert_eq!(table(&["account"], Granularity::Daily), "daily_cost");
}

#[test]
fn a_part_of_teams_is_read_from_the_smallest_table_by_the_ids_of_the_teams() {
    let of_team = text(&["model"], Granularity::Daily, Some(&part(&["ds"], &[], &[])));
    assert_eq!(
        after_from(&of_team),
        "team_cost as cost join charge using (charge_id) \
         where cost.load_id = any($1) and cost.ownership_id = $2 \
         and (cost.team_id = (select team_id from team where slug = $3)) group by 1, 2, 3 \
         order by 1, 3, ordering desc, 2 asc nulls last, 3 asc nulls last limit $4"
    );
    let of_two = text(&["model"], Granularity::Daily, Some(&part(&["ds", "platform"], &[], &[])));
    assert!(of_two.contains("(cost.team_id = any(array(select team_id from team where slug = any($3))))"), "{of_two}");
    let of_none = text(&["model"], Granularity::Daily, Some(&part(&["unattributed"], &[], &[])));
    assert!(of_none.contains("slug = $3) or cost.team_id is null)"), "{of_none}");
}

#[test]
fn a_part_of_accounts_or_tags_is_read_by_subject() {
    let of_tag = text(&["model"], Granularity::Total, Some(&part(&[], &["123456789012"], &["cost-center=1"])));
    assert_eq!(
        after_from(&of_tag),
        "period_cost as cost join charge using (charge_id) \
         join (select seen.load_id, seen.subject_id, seen.team_id, seen.rule_number, seen.rule, seen.because \
         from owner as seen join subject as seen_subject on seen_subject.subject_id = seen.subject_id \
         join tag_set as seen_tags on seen_tags.tag_set_id = seen_subject.tag_set_id \
         where seen.load_id = any($1) and seen.ownership_id = $2 \
         and (seen.team_id = any(array(select team_id from team where slug = any($3))) \
         or seen_subject.account = any($4) or nullif(seen_tags.tags ->> $5::text, '') = $6)) as owner \
         on owner.load_id = cost.load_id and owner.subject_id = cost.subject_id \
         where cost.load_id = any($7) group by 1, 2 \
         order by 2, ordering desc, 1 asc nulls last, 2 asc nulls last limit $8"
    );
    assert!(text(&[], Granularity::Daily, Some(&part(&[], &["123456789012"], &[]))).contains(" from daily_cost "));
}

#[test]
fn two_periods_are_added_up_side_by_side_in_one_reading() {
    let compare = Some("2026-09".parse().expect("a period"));
    let text = arranged(&["model"], Granularity::Total, None, &Arrangement { compare, ..Arrangement::default() });
    assert!(
        text.starts_with(
            "select charge.model collate \"C\", cost.currency collate \"C\", \
             coalesce(sum(cost.unblended_cost) filter (where cost.load_id = any($1)), 0), \
             coalesce(sum(cost.unblended_cost) filter (where cost.load_id = any($2)), 0), \
             coalesce(sum(cost.tokens) filter (where charge.token_class = 'input' and cost.load_id = any($3)), 0), "
        ),
        "{text}"
    );
}

#[test]
fn what_is_not_among_the_largest_is_folded_within_its_time_and_currency() {
    let arrangement =
        Arrangement { top: Some(3), slice: Some(RowSlice { offset: 20, limit: 10 }), ..Arrangement::default() };
    let text = arranged(&["model", "account"], Granularity::Daily, None, &arrangement);
    let (inner, outer) = text.split_once("), totalled as (").expect("a table of all groups");
    assert!(
        inner.starts_with(
            "with grouped as (select cost.usage_date as time, charge.model collate \"C\" as dimension_1, \
             subject.account collate \"C\" as dimension_2, account.name collate \"C\" as companion_1, \
             cost.currency collate \"C\" as currency, \
             sum(cost.unblended_cost) as cost, "
        ),
        "{inner}"
    );
    assert_eq!(
        outer,
        "select grouped.*, sum(cost) over (partition by currency, dimension_1, dimension_2, companion_1) as total \
         from grouped), ranked as (select totalled.*, dense_rank() over (partition by currency order by total desc, \
         dimension_1 asc nulls last, dimension_2 asc nulls last, companion_1 asc nulls last) > $2 as others \
         from totalled) select time, case when not others then dimension_1 end, \
         case when not others then dimension_2 end, case when not others then companion_1 end, currency, \
         sum(cost), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), \
         sum(line_items)::bigint, case when others then count(*) else 0 end, sum(cost) as ordering from ranked \
         group by 1, 2, 3, 4, 5, others order by 1, 5, others, ordering desc, 2 asc nulls last, 3 asc nulls last, \
         4 asc nulls last, 5 asc nulls last limit $3 offset $4"
    );
}
