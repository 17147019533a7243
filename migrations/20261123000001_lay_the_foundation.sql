-- The first schema: exports, loads (versions of a billing period), the dimensions of a line, the daily facts with their
-- monthly and team summaries, control totals, ownership, and the one row that says what is served.
--
-- Why this shape: a load is written beside the one that is served, in partitions of its own, and nothing that readers
-- look at changes until `serving` is updated. Dropping an old load is dropping its partitions.
-- Safe to run: there is nothing yet.

create table export (
    export_id integer generated always as identity primary key,
    name      text not null unique check (name <> '')
);
comment on table export is 'One AWS Data Export (CUR 2.0), usually one for each payer account.';
comment on column export.export_id is 'Key.';
comment on column export.name is 'The name given in the configuration.';

create table load (
    load_id             bigint generated always as identity primary key,
    export_id           integer not null references export,
    period              date not null check (extract(day from period) = 1),
    version             integer not null check (version > 0),
    state               text not null check (state in ('loading', 'current', 'superseded', 'failed')),
    manifest_identity   text not null,
    manifest_written_at timestamptz not null,
    started_at          timestamptz not null,
    finished_at         timestamptz,
    failure             text,
    differences         jsonb not null default '[]',
    line_items          bigint not null default 0,
    fact_rows           bigint not null default 0,
    has_net_unblended   boolean not null default false,
    invoiced            boolean not null default false,
    first_usage_date    date,
    last_usage_date     date,
    unique (export_id, period, version),
    check ((state = 'failed') = (failure is not null))
);
create unique index load_one_current on load (export_id, period) where state = 'current';
comment on table load is 'One version of one billing period of one export. Versions are never changed in place.';
comment on column load.load_id is 'Key; facts and summaries are partitioned by it.';
comment on column load.export_id is 'The export that was read.';
comment on column load.period is 'The billing period, as its first day.';
comment on column load.version is 'Counted from 1 within an export and period.';
comment on column load.state is 'loading: being written. current: served. superseded: was served. failed: never served.';
comment on column load.manifest_identity is 'What was read: a digest of the manifest and the files it names.';
comment on column load.manifest_written_at is 'When AWS wrote the manifest, its commit point.';
comment on column load.started_at is 'When reading began.';
comment on column load.finished_at is 'When it was made current, or failed.';
comment on column load.failure is 'Why it failed, as a sentence for people.';
comment on column load.differences is 'Where rollup and control totals disagree, by invoice, billing entity, charge type, currency.';
comment on column load.line_items is 'Bedrock lines of the bill that were counted in.';
comment on column load.fact_rows is 'Rows kept in daily_cost.';
comment on column load.has_net_unblended is 'Whether the export has line_item_net_unblended_cost; without it net is unblended.';
comment on column load.invoiced is 'Whether every line of the whole bill carries an invoice id.';
comment on column load.first_usage_date is 'First usage date among the facts.';
comment on column load.last_usage_date is 'Last usage date among the facts.';

create table control_total (
    load_id                     bigint not null references load on delete cascade,
    invoice                     text,
    billing_entity              text,
    charge_type                 text,
    currency                    text not null,
    unblended_cost              numeric(38, 12) not null,
    net_unblended_cost          numeric(38, 12) not null,
    list_cost                   numeric(38, 12) not null,
    line_items                  bigint not null,
    bedrock_unblended_cost      numeric(38, 12) not null,
    bedrock_net_unblended_cost  numeric(38, 12) not null,
    bedrock_list_cost           numeric(38, 12) not null,
    bedrock_line_items          bigint not null
);
create index control_total_by_load on control_total (load_id);
comment on table control_total is 'The whole bill of a load as sql/bill_total.sql counted it, apart from the rollup.';
comment on column control_total.load_id is 'The load.';
comment on column control_total.invoice is 'bill_invoice_id; null until the month is final.';
comment on column control_total.billing_entity is 'bill_billing_entity.';
comment on column control_total.charge_type is 'line_item_line_item_type.';
comment on column control_total.currency is 'Currency of the amounts in this row.';
comment on column control_total.unblended_cost is 'Unblended cost of all lines.';
comment on column control_total.net_unblended_cost is 'Net unblended cost of all lines; unblended where the bill gives no net.';
comment on column control_total.list_cost is 'Public on-demand cost of all lines.';
comment on column control_total.line_items is 'All lines.';
comment on column control_total.bedrock_unblended_cost is 'Unblended cost of Bedrock lines.';
comment on column control_total.bedrock_net_unblended_cost is 'Net unblended cost of Bedrock lines.';
comment on column control_total.bedrock_list_cost is 'Public on-demand cost of Bedrock lines.';
comment on column control_total.bedrock_line_items is 'Bedrock lines.';

create table account (
    account text primary key,
    name    text not null
);
comment on table account is 'Names of AWS accounts, as last seen in a bill.';
comment on column account.account is 'Twelve-digit account id.';
comment on column account.name is 'line_item_usage_account_name.';

create table principal (
    principal_id   integer generated always as identity primary key,
    opaque_id      text not null unique,
    arn            text not null,
    identity       text not null,
    partition      text,
    account        text,
    name           text,
    path           text,
    role           text,
    session        text,
    permission_set text,
    person         text
);
comment on table principal is 'Callers as billed in line_item_iam_principal, parsed once each.';
comment on column principal.principal_id is 'Key within this database.';
comment on column principal.opaque_id is 'Id for answers and paths: the same wherever the same principal is read.';
comment on column principal.arn is 'As billed, whole.';
comment on column principal.identity is 'iam_user, api_key, role, assumed_role, sso_user, federated_user, root, service, other.';
comment on column principal.partition is 'AWS partition: aws, aws-cn, aws-us-gov.';
comment on column principal.account is 'Account of the principal; may differ from the account that is charged.';
comment on column principal.name is 'User or service name.';
comment on column principal.path is 'IAM path of a user or role.';
comment on column principal.role is 'Role name.';
comment on column principal.session is 'Role session name; * where sessions are folded.';
comment on column principal.permission_set is 'IAM Identity Center permission set.';
comment on column principal.person is 'The person, where the bill says so.';

create table tag_set (
    tag_set_id    integer generated always as identity primary key,
    fingerprint   uuid not null unique,
    tags          jsonb not null,
    resource_tags jsonb not null,
    cost_category jsonb not null
);
comment on table tag_set is 'Distinct sets of cost allocation tags. The columns are separate views of the same money.';
comment on column tag_set.tag_set_id is 'Key within this database.';
comment on column tag_set.fingerprint is 'Digest of the three maps.';
comment on column tag_set.tags is 'Column tags: iamPrincipal/…, resourceTags/…, accountTag/…, userAttribute/…, costCategory/…';
comment on column tag_set.resource_tags is 'Column resource_tags: keys normalised by AWS (user_…).';
comment on column tag_set.cost_category is 'Column cost_category: keys normalised by AWS.';

create table charge (
    charge_id       integer generated always as identity primary key,
    fingerprint     uuid not null unique,
    usage_type      text,
    operation       text,
    product_code    text,
    product         text,
    charge_type     text,
    billing_entity  text,
    legal_entity    text,
    invoice         text,
    region          text,
    provider        text,
    model           text,
    model_as_billed text,
    token_kind      text,
    cache           text,
    tier            text,
    routing         text,
    unit            text,
    token_class     text check (token_class in ('input', 'output', 'cache_read', 'cache_write')),
    agentcore       boolean not null,
    unclassified    boolean not null
);
comment on table charge is 'What a line charges for: everything about it but who, when and how much.';
comment on column charge.charge_id is 'Key within this database.';
comment on column charge.fingerprint is 'Digest of the other columns.';
comment on column charge.usage_type is 'line_item_usage_type, as billed.';
comment on column charge.operation is 'line_item_operation.';
comment on column charge.product_code is 'line_item_product_code.';
comment on column charge.product is 'Product name; the product code where the bill gives no name.';
comment on column charge.charge_type is 'line_item_line_item_type: an open list.';
comment on column charge.billing_entity is 'bill_billing_entity.';
comment on column charge.legal_entity is 'line_item_legal_entity.';
comment on column charge.invoice is 'bill_invoice_id; null until the month is final.';
comment on column charge.region is 'AWS region code.';
comment on column charge.provider is 'Model provider.';
comment on column charge.model is 'Canonical model name.';
comment on column charge.model_as_billed is 'The model as the bill spells it.';
comment on column charge.token_kind is 'What was counted: input, output, guardrail:…, meter:…';
comment on column charge.cache is 'Prompt cache: none, read, write, write_5m, write_1h.';
comment on column charge.tier is 'standard, batch, flex, priority, …';
comment on column charge.routing is 'in-region-or-geo, global, mantle/…';
comment on column charge.unit is 'Pricing unit.';
comment on column charge.token_class is 'Which token total of an answer a line adds to; null where it counts no tokens.';
comment on column charge.agentcore is 'Whether it belongs to Bedrock AgentCore.';
comment on column charge.unclassified is 'Whether no grammar knows the usage type.';

create table subject (
    subject_id         integer generated always as identity primary key,
    fingerprint        uuid not null unique,
    payer              text,
    account            text,
    principal_id       integer references principal,
    tag_set_id         integer not null references tag_set,
    model              text,
    charge_type        text,
    predates_principals boolean not null
);
create index subject_by_principal on subject (principal_id);
comment on table subject is 'Who a line is about: all that ownership rules may look at.';
comment on column subject.subject_id is 'Key within this database.';
comment on column subject.fingerprint is 'Digest of the other columns.';
comment on column subject.payer is 'bill_payer_account_id.';
comment on column subject.account is 'line_item_usage_account_id.';
comment on column subject.principal_id is 'The caller; null where the line names none.';
comment on column subject.tag_set_id is 'The tags of the line.';
comment on column subject.model is 'Canonical model name.';
comment on column subject.charge_type is 'line_item_line_item_type.';
comment on column subject.predates_principals is 'No principal, and used before AWS recorded them (2026-04-08).';

create table daily_cost (
    load_id            bigint not null,
    usage_date         date not null,
    subject_id         integer not null,
    charge_id          integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    quantity           numeric(38, 12) not null,
    tokens             numeric(38, 12) not null,
    line_items         bigint not null
) partition by list (load_id);
comment on table daily_cost is 'The facts: Bedrock cost by day, subject and charge. One partition for each load.';
comment on column daily_cost.load_id is 'The load.';
comment on column daily_cost.usage_date is 'Day of use, UTC.';
comment on column daily_cost.subject_id is 'Who.';
comment on column daily_cost.charge_id is 'What.';
comment on column daily_cost.currency is 'Currency of the costs.';
comment on column daily_cost.unblended_cost is 'Sum of line_item_unblended_cost.';
comment on column daily_cost.net_unblended_cost is 'Sum of line_item_net_unblended_cost; of unblended where there is none.';
comment on column daily_cost.list_cost is 'Sum of pricing_public_on_demand_cost.';
comment on column daily_cost.quantity is 'Sum of line_item_usage_amount, in the pricing unit.';
comment on column daily_cost.tokens is 'Tokens, in single tokens; 0 where the line counts none.';
comment on column daily_cost.line_items is 'Lines of the bill.';

create table period_cost (
    load_id            bigint not null,
    subject_id         integer not null,
    charge_id          integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    tokens             numeric(38, 12) not null,
    line_items         bigint not null
) partition by list (load_id);
comment on table period_cost is 'daily_cost without the day: what most questions about a whole period read.';
comment on column period_cost.load_id is 'The load.';
comment on column period_cost.subject_id is 'Who.';
comment on column period_cost.charge_id is 'What.';
comment on column period_cost.currency is 'Currency of the costs.';
comment on column period_cost.unblended_cost is 'As in daily_cost.';
comment on column period_cost.net_unblended_cost is 'As in daily_cost.';
comment on column period_cost.list_cost is 'As in daily_cost.';
comment on column period_cost.tokens is 'As in daily_cost.';
comment on column period_cost.line_items is 'As in daily_cost.';

create table team (
    team_id integer generated always as identity primary key,
    slug    text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and slug <> 'unattributed'),
    name    text not null
);
comment on table team is 'Teams that rules have given cost to.';
comment on column team.team_id is 'Key within this database.';
comment on column team.slug is 'Id in paths and answers.';
comment on column team.name is 'How people write it.';

create table ownership (
    ownership_id integer generated always as identity primary key,
    fingerprint  text not null unique,
    source       text not null,
    created_at   timestamptz not null
);
comment on table ownership is 'Versions of the ownership rules.';
comment on column ownership.ownership_id is 'The number of the version.';
comment on column ownership.fingerprint is 'Digest of the rules: the same rules are the same version.';
comment on column ownership.source is 'The text of ownership.toml, or of the rule that holds without one.';
comment on column ownership.created_at is 'When these rules were first read.';

create table owner (
    ownership_id integer not null references ownership,
    load_id      bigint not null references load on delete cascade,
    subject_id   integer not null references subject,
    team_id      integer references team,
    rule_number  integer,
    rule         text,
    because      text not null,
    primary key (load_id, ownership_id, subject_id),
    check ((team_id is null) = (rule_number is null) and (team_id is null) = (rule is null))
);
create index owner_by_team on owner (load_id, ownership_id, team_id);
comment on table owner is 'Who owns the cost of a subject within a load, under one version of the rules.';
comment on column owner.ownership_id is 'The version of the rules.';
comment on column owner.load_id is 'The load.';
comment on column owner.subject_id is 'The subject.';
comment on column owner.team_id is 'The team; null where no rule claims it.';
comment on column owner.rule_number is 'The rule that matched, from 1; null where none does.';
comment on column owner.rule is 'Its name.';
comment on column owner.because is 'What matched, in words; the reason code where nothing did.';

create table team_cost (
    load_id            bigint not null references load on delete cascade,
    ownership_id       integer not null references ownership,
    team_id            integer references team,
    usage_date         date not null,
    charge_id          integer not null,
    currency           text not null,
    unblended_cost     numeric(38, 12) not null,
    net_unblended_cost numeric(38, 12) not null,
    list_cost          numeric(38, 12) not null,
    tokens             numeric(38, 12) not null,
    line_items         bigint not null
);
create index team_cost_by_team on team_cost (load_id, ownership_id, team_id);
comment on table team_cost is 'daily_cost by team instead of subject: what dashboards ask for most.';
comment on column team_cost.load_id is 'The load.';
comment on column team_cost.ownership_id is 'The version of the rules.';
comment on column team_cost.team_id is 'The team; null for unattributed cost.';
comment on column team_cost.usage_date is 'Day of use, UTC.';
comment on column team_cost.charge_id is 'What.';
comment on column team_cost.currency is 'Currency of the costs.';
comment on column team_cost.unblended_cost is 'As in daily_cost.';
comment on column team_cost.net_unblended_cost is 'As in daily_cost.';
comment on column team_cost.list_cost is 'As in daily_cost.';
comment on column team_cost.tokens is 'As in daily_cost.';
comment on column team_cost.line_items is 'As in daily_cost.';

create table serving (
    only_row       boolean primary key default true check (only_row),
    data_version   bigint not null,
    ownership_id   integer references ownership,
    published_at   timestamptz
);
insert into serving (data_version) values (0);
comment on table serving is 'What is served: one row, locked by whoever changes it, so that changes come one after another.';
comment on column serving.only_row is 'Always true: there is one row.';
comment on column serving.data_version is 'Grows with each load made current and each change of rules; 0 before the first.';
comment on column serving.ownership_id is 'The rules in force.';
comment on column serving.published_at is 'When this data version was published.';

-- Partitions are made here rather than in the program, so that no statement text is put together there.
-- `attach` takes a weaker lock than `create … partition of`: readers of other loads are not held up.
create function create_load_partitions(new_load_id bigint) returns void language plpgsql as $$
declare
    parent text;
begin
    foreach parent in array array['daily_cost', 'period_cost'] loop
        execute format('create table %I (like %I including all, check (load_id = %s))',
            parent || '_' || new_load_id, parent, new_load_id);
        execute format('alter table %I attach partition %I for values in (%s)',
            parent, parent || '_' || new_load_id, new_load_id);
    end loop;
end $$;
comment on function create_load_partitions is 'Makes the empty partitions of a load.';

-- Dropping needs every reader of the parents to be gone for a moment. Waiting for that would hold up all later readers, so it
-- does not wait: whoever calls it tries again. Taking both locks before doing anything rules out a deadlock.
create function drop_load_partitions(old_load_id bigint) returns void language plpgsql as $$
declare
    parent text;
begin
    lock table only period_cost, only daily_cost in access exclusive mode nowait;
    foreach parent in array array['period_cost', 'daily_cost'] loop
        execute format('drop table if exists %I', parent || '_' || old_load_id);
    end loop;
end $$;
comment on function drop_load_partitions is 'Drops the partitions of a load that is not served.';

create function index_load_partitions(new_load_id bigint) returns void language plpgsql as $$
declare
    parent text;
begin
    foreach parent in array array['daily_cost', 'period_cost'] loop
        execute format('create index on %I (subject_id)', parent || '_' || new_load_id);
        execute format('analyze %I', parent || '_' || new_load_id);
    end loop;
end $$;
comment on function index_load_partitions is 'Indexes and analyses the partitions of a load once it is filled.';
