-- Drill-downs: the single lines that a figure is made of, fetched from the export once and kept beside the load.
--
-- Why this shape: what callers ask for (`drilldown`) is apart from what was fetched (`drilldown_set`), so that the same question
-- about the same load is fetched once, whoever asks, and nobody learns that somebody else did. A row carries the numbers of a
-- subject and a charge, as facts do: whose it is, and how persons are shown, is decided when it is read.
-- Safe to run while the service before it runs: it adds tables that nobody else looks at.

create table drilldown_set (
    drilldown_set_id bigint generated always as identity primary key,
    load_id          bigint not null references load on delete cascade,
    fingerprint      bytea not null check (length(fingerprint) = 32),
    parameters       jsonb not null,
    extent           jsonb,
    ownership_id     integer,
    state            text not null check (state in ('queued', 'running', 'complete', 'failed')),
    failure          text,
    line_items       bigint not null default 0,
    bytes            bigint not null default 0,
    created_at       timestamptz not null,
    finished_at      timestamptz,
    check ((state = 'failed') = (failure is not null)),
    check ((extent is null) = (ownership_id is null))
);
create unique index drilldown_set_one_each on drilldown_set (load_id, fingerprint) where state <> 'failed';
create index drilldown_set_to_do on drilldown_set (drilldown_set_id) where state in ('queued', 'running');
comment on table drilldown_set is 'Lines fetched, or to be fetched, by one question to the export of one load.';
comment on column drilldown_set.drilldown_set_id is 'Key; whoever fetches holds an advisory lock on it.';
comment on column drilldown_set.load_id is 'The load whose delivery is asked.';
comment on column drilldown_set.fingerprint is 'SHA-256 of parameters, extent and ownership: the same is fetched once.';
comment on column drilldown_set.parameters is 'What sql/line_items.sql is asked with, from its fourth parameter on.';
comment on column drilldown_set.extent is 'The part of the bill whose lines are kept; null where all are.';
comment on column drilldown_set.ownership_id is 'The rules that say what is in the part; null where all lines are kept.';
comment on column drilldown_set.state is 'queued, running, complete or failed.';
comment on column drilldown_set.failure is 'Why it failed, as a sentence for people.';
comment on column drilldown_set.line_items is 'Lines kept.';
comment on column drilldown_set.bytes is 'What their texts and numbers take, about.';
comment on column drilldown_set.created_at is 'When it was first asked for.';
comment on column drilldown_set.finished_at is 'When it was complete, or failed.';

create table drilldown (
    drilldown_id     uuid primary key,
    drilldown_set_id bigint references drilldown_set on delete set null,
    load_id          bigint references load on delete set null,
    caller           text not null,
    question         jsonb not null,
    finds_nothing    boolean not null,
    requested_at     timestamptz not null,
    deleted_at       timestamptz
);
create index drilldown_by_caller on drilldown (caller, requested_at);
create index drilldown_by_set on drilldown (drilldown_set_id);
comment on table drilldown is 'What one caller asked for. Nobody else sees it.';
comment on column drilldown.drilldown_id is 'Id in paths.';
comment on column drilldown.drilldown_set_id is 'The lines; null where none can be in it, or they have aged out.';
comment on column drilldown.load_id is 'The load that it is about; null once that has aged out.';
comment on column drilldown.caller is 'Who asked, as the audit log names them.';
comment on column drilldown.question is 'The question in the words of the caller.';
comment on column drilldown.finds_nothing is 'Known without asking: nothing that the caller may see is in it.';
comment on column drilldown.requested_at is 'When it was asked for.';
comment on column drilldown.deleted_at is 'When the caller deleted it; it still counts for the day.';

create table drilldown_row (
    drilldown_set_id   bigint not null references drilldown_set on delete cascade,
    position           integer not null,
    load_id            bigint not null,
    usage_date         date not null,
    usage_hour         smallint,
    subject_id         integer not null,
    charge_id          integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    quantity           numeric(38, 12) not null,
    resource           text,
    description        text,
    primary key (drilldown_set_id, position)
);
comment on table drilldown_row is 'Lines of the bill, one row each.';
comment on column drilldown_row.drilldown_set_id is 'The question that fetched it.';
comment on column drilldown_row.position is 'Its place among them, from 1: the same each time the same lines are fetched.';
comment on column drilldown_row.load_id is 'The load, as in the set.';
comment on column drilldown_row.usage_date is 'Day of use, UTC, as in daily_cost.';
comment on column drilldown_row.usage_hour is 'Hour of use, UTC; null where the line has no time.';
comment on column drilldown_row.subject_id is 'Who.';
comment on column drilldown_row.charge_id is 'What.';
comment on column drilldown_row.currency is 'Currency of the costs.';
comment on column drilldown_row.unblended_cost is 'line_item_unblended_cost.';
comment on column drilldown_row.net_unblended_cost is 'line_item_net_unblended_cost; unblended where there is none.';
comment on column drilldown_row.list_cost is 'pricing_public_on_demand_cost.';
comment on column drilldown_row.quantity is 'line_item_usage_amount, in the pricing unit.';
comment on column drilldown_row.resource is 'line_item_resource_id.';
comment on column drilldown_row.description is 'line_item_line_item_description.';
