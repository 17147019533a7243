-- Smaller summaries for what is asked most: a team's month, a team's days, a principal's month.
--
-- Why: a question about teams and models read every day of every team, a hundred thousand rows a month, to say what a few
-- thousand say as well.
-- Safe to run while the service before it still runs, as long as that publishes nothing meanwhile: it does not fill these
-- tables. There is no release before this one.

create table team_period_cost (
    load_id            bigint not null references load on delete cascade,
    ownership_id       integer not null references ownership,
    team_id            integer references team,
    charge_id          integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    tokens             numeric(38, 12) not null,
    line_items         bigint not null
);
create index team_period_cost_by_team on team_period_cost (load_id, ownership_id, team_id);
comment on table team_period_cost is 'team_cost without the day: what most questions about teams and models read.';
comment on column team_period_cost.load_id is 'The load.';
comment on column team_period_cost.ownership_id is 'The version of the rules.';
comment on column team_period_cost.team_id is 'The team; null for unattributed cost.';
comment on column team_period_cost.charge_id is 'What.';
comment on column team_period_cost.currency is 'Currency of the costs.';
comment on column team_period_cost.unblended_cost is 'As in daily_cost.';
comment on column team_period_cost.net_unblended_cost is 'As in daily_cost.';
comment on column team_period_cost.list_cost is 'As in daily_cost.';
comment on column team_period_cost.tokens is 'As in daily_cost.';
comment on column team_period_cost.line_items is 'As in daily_cost.';

create table team_day_cost (
    load_id            bigint not null references load on delete cascade,
    ownership_id       integer not null references ownership,
    team_id            integer references team,
    usage_date         date not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    input_tokens       numeric(38, 12) not null,
    output_tokens      numeric(38, 12) not null,
    cache_read_tokens  numeric(38, 12) not null,
    cache_write_tokens numeric(38, 12) not null,
    line_items         bigint not null
);
create index team_day_cost_by_team on team_day_cost (load_id, ownership_id, team_id);
comment on table team_day_cost is 'team_cost without the charge: the curve of a team.';
comment on column team_day_cost.load_id is 'The load.';
comment on column team_day_cost.ownership_id is 'The version of the rules.';
comment on column team_day_cost.team_id is 'The team; null for unattributed cost.';
comment on column team_day_cost.usage_date is 'Day of use, UTC.';
comment on column team_day_cost.currency is 'Currency of the costs.';
comment on column team_day_cost.unblended_cost is 'As in daily_cost.';
comment on column team_day_cost.net_unblended_cost is 'As in daily_cost.';
comment on column team_day_cost.list_cost is 'As in daily_cost.';
comment on column team_day_cost.input_tokens is 'Tokens of charges whose token class is input.';
comment on column team_day_cost.output_tokens is 'Tokens of charges whose token class is output.';
comment on column team_day_cost.cache_read_tokens is 'Tokens of charges whose token class is cache_read.';
comment on column team_day_cost.cache_write_tokens is 'Tokens of charges whose token class is cache_write.';
comment on column team_day_cost.line_items is 'As in daily_cost.';

create table subject_cost (
    load_id            bigint not null references load on delete cascade,
    subject_id         integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    input_tokens       numeric(38, 12) not null,
    output_tokens      numeric(38, 12) not null,
    cache_read_tokens  numeric(38, 12) not null,
    cache_write_tokens numeric(38, 12) not null,
    line_items         bigint not null
);
create index subject_cost_by_subject on subject_cost (load_id, subject_id);
comment on table subject_cost is 'period_cost without the charge: who spent it, by principal, account and tag.';
comment on column subject_cost.load_id is 'The load.';
comment on column subject_cost.subject_id is 'Who.';
comment on column subject_cost.currency is 'Currency of the costs.';
comment on column subject_cost.unblended_cost is 'As in daily_cost.';
comment on column subject_cost.net_unblended_cost is 'As in daily_cost.';
comment on column subject_cost.list_cost is 'As in daily_cost.';
comment on column subject_cost.input_tokens is 'Tokens of charges whose token class is input.';
comment on column subject_cost.output_tokens is 'Tokens of charges whose token class is output.';
comment on column subject_cost.cache_read_tokens is 'Tokens of charges whose token class is cache_read.';
comment on column subject_cost.cache_write_tokens is 'Tokens of charges whose token class is cache_write.';
comment on column subject_cost.line_items is 'As in daily_cost.';

create table ownership_total (
    load_id                         bigint not null references load on delete cascade,
    ownership_id                    integer not null references ownership,
    currency                        text not null,
    attributed_unblended_cost       numeric(38, 12) not null,
    attributed_net_unblended_cost   numeric(38, 12) not null,
    attributed_list_cost            numeric(38, 12) not null,
    unattributed_unblended_cost     numeric(38, 12) not null,
    unattributed_net_unblended_cost numeric(38, 12) not null,
    unattributed_list_cost          numeric(38, 12) not null,
    unclassified_unblended_cost     numeric(38, 12) not null,
    unclassified_net_unblended_cost numeric(38, 12) not null,
    unclassified_list_cost          numeric(38, 12) not null,
    primary key (load_id, ownership_id, currency)
);
comment on table ownership_total is 'What the lines of a load come to by whether they are owned and known: the figures that every answer is held against.';
comment on column ownership_total.load_id is 'The load.';
comment on column ownership_total.ownership_id is 'The version of the rules.';
comment on column ownership_total.currency is 'Currency of the costs.';
comment on column ownership_total.attributed_unblended_cost is 'What rules give to teams: unblended cost.';
comment on column ownership_total.attributed_net_unblended_cost is 'What rules give to teams: net unblended cost.';
comment on column ownership_total.attributed_list_cost is 'What rules give to teams: list cost.';
comment on column ownership_total.unattributed_unblended_cost is 'What no rule claims: unblended cost.';
comment on column ownership_total.unattributed_net_unblended_cost is 'What no rule claims: net unblended cost.';
comment on column ownership_total.unattributed_list_cost is 'What no rule claims: list cost.';
comment on column ownership_total.unclassified_unblended_cost is 'What no grammar knows; a part of both others: unblended cost.';
comment on column ownership_total.unclassified_net_unblended_cost is 'What no grammar knows; a part of both others: net unblended cost.';
comment on column ownership_total.unclassified_list_cost is 'What no grammar knows; a part of both others: list cost.';

create table load_tag_key (
    load_id     bigint not null references load on delete cascade,
    tag_column  text not null check (tag_column in ('tags', 'resource_tags', 'cost_category')),
    key         text not null,
    primary key (load_id, tag_column, key)
);
comment on table load_tag_key is 'The keys of all tags that lines of a load carry.';
comment on column load_tag_key.load_id is 'The load.';
comment on column load_tag_key.tag_column is 'The column of tag_set that has it.';
comment on column load_tag_key.key is 'The key as it is written there.';

-- One text for the migration and for the program: what a load is summarised to.
create function summarise_subjects(of_load bigint) returns void language sql as $$
    insert into subject_cost
    select load_id, subject_id, currency,
           sum(unblended_cost), sum(net_unblended_cost), sum(list_cost),
           coalesce(sum(tokens) filter (where token_class = 'input'), 0),
           coalesce(sum(tokens) filter (where token_class = 'output'), 0),
           coalesce(sum(tokens) filter (where token_class = 'cache_read'), 0),
           coalesce(sum(tokens) filter (where token_class = 'cache_write'), 0),
           sum(line_items)::bigint
      from period_cost
      join charge using (charge_id)
     where load_id = of_load
     group by load_id, subject_id, currency;

    with sets as (
        select distinct tag_set_id from subject where subject_id in (select subject_id from subject_cost where load_id = of_load)
    )
    insert into load_tag_key
    select of_load, 'tags', jsonb_object_keys(tags) from tag_set join sets using (tag_set_id)
    union
    select of_load, 'resource_tags', jsonb_object_keys(resource_tags) from tag_set join sets using (tag_set_id)
    union
    select of_load, 'cost_category', jsonb_object_keys(cost_category) from tag_set join sets using (tag_set_id)
$$;
comment on function summarise_subjects is 'Fills subject_cost and load_tag_key for a load.';

create function summarise_teams(of_load bigint, under_ownership integer) returns void language sql as $$
    insert into team_period_cost
    select load_id, ownership_id, team_id, charge_id, currency,
           sum(unblended_cost), sum(net_unblended_cost), sum(list_cost), sum(tokens), sum(line_items)::bigint
      from team_cost
     where load_id = of_load and ownership_id = under_ownership
     group by load_id, ownership_id, team_id, charge_id, currency;

    insert into team_day_cost
    select load_id, ownership_id, team_id, usage_date, currency,
           sum(unblended_cost), sum(net_unblended_cost), sum(list_cost),
           coalesce(sum(tokens) filter (where token_class = 'input'), 0),
           coalesce(sum(tokens) filter (where token_class = 'output'), 0),
           coalesce(sum(tokens) filter (where token_class = 'cache_read'), 0),
           coalesce(sum(tokens) filter (where token_class = 'cache_write'), 0),
           sum(line_items)::bigint
      from team_cost
      join charge using (charge_id)
     where load_id = of_load and ownership_id = under_ownership
     group by load_id, ownership_id, team_id, usage_date, currency;

    insert into ownership_total
    select load_id, ownership_id, currency,
           coalesce(sum(unblended_cost) filter (where team_id is not null), 0),
           coalesce(sum(net_unblended_cost) filter (where team_id is not null), 0),
           coalesce(sum(list_cost) filter (where team_id is not null), 0),
           coalesce(sum(unblended_cost) filter (where team_id is null), 0),
           coalesce(sum(net_unblended_cost) filter (where team_id is null), 0),
           coalesce(sum(list_cost) filter (where team_id is null), 0),
           coalesce(sum(unblended_cost) filter (where unclassified), 0),
           coalesce(sum(net_unblended_cost) filter (where unclassified), 0),
           coalesce(sum(list_cost) filter (where unclassified), 0)
      from team_period_cost
      join charge using (charge_id)
     where load_id = of_load and ownership_id = under_ownership
     group by load_id, ownership_id, currency
$$;
comment on function summarise_teams is 'Fills team_period_cost, team_day_cost and ownership_total for a load under rules.';

-- What is kept already.
select summarise_subjects(load_id) from load where to_regclass('period_cost_' || load_id) is not null;
select summarise_teams(load_id, ownership_id) from (select distinct load_id, ownership_id from team_cost) as owned;
