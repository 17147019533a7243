-- Refreshes as resources, the schedule that asks for them, and the ledger of queries that they put.
--
-- Why: whoever asks for a refresh watches it from any instance, one instance of many does it, and what was asked of AWS is
-- known with its price. A refresh is run under an advisory lock on its id: the lock goes with the connection of a process
-- that is killed, so whoever sees a running refresh without its lock knows that it was abandoned.
-- Safe to run while the service before it runs: it neither reads nor writes these tables.

create table refresh (
    refresh_id   uuid primary key,
    occasion     text not null check (occasion in ('start', 'schedule', 'caller', 'command_line')),
    requested_by text,
    periods      date[] not null,
    force        boolean not null,
    state        text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'abandoned')),
    attempts     integer not null default 0,
    created_at   timestamptz not null,
    started_at   timestamptz,
    finished_at  timestamptz,
    check ((finished_at is not null) = (state in ('succeeded', 'failed')))
);
create index refresh_to_do on refresh (created_at) where finished_at is null;
comment on table refresh is 'One round of reading exports: asked for, done by one instance, and how it ended.';
comment on column refresh.refresh_id is 'Key, in paths and in the audit log; in the order in which they were asked for.';
comment on column refresh.occasion is 'start of an instance, schedule, a caller over HTTP, or the command line.';
comment on column refresh.requested_by is 'Who asked, as the audit log names them; null where the service itself did.';
comment on column refresh.periods is 'Only these billing periods, as their first days; all where empty.';
comment on column refresh.force is 'Whether what has not changed is read again.';
comment on column refresh.state is 'queued, running, succeeded, failed, or abandoned: its process ended and another takes it up.';
comment on column refresh.attempts is 'How often it was taken up.';
comment on column refresh.created_at is 'When it was asked for.';
comment on column refresh.started_at is 'When it was first taken up.';
comment on column refresh.finished_at is 'When it succeeded or failed.';

create table refresh_part (
    refresh_id          uuid not null references refresh on delete cascade,
    export              text not null,
    period              date,
    engine              text,
    step                text,
    rows                bigint not null default 0,
    result              text check (result in ('published', 'unchanged', 'failed')),
    message             text,
    version             integer,
    line_items          bigint,
    fact_rows           bigint,
    totals              jsonb not null default '[]',
    manifest_written_at timestamptz,
    started_at          timestamptz,
    finished_at         timestamptz,
    check ((result is not null) = (finished_at is not null))
);
create unique index refresh_part_of_period on refresh_part (refresh_id, export, coalesce(period, '-infinity'::date));
create index refresh_part_latest on refresh_part (export, period, finished_at desc) where finished_at is not null;
comment on table refresh_part is 'What a refresh does to one period of one export: how far it is, and how it ended.';
comment on column refresh_part.refresh_id is 'The refresh.';
comment on column refresh_part.export is 'The name of the export.';
comment on column refresh_part.period is 'The billing period, as its first day; null where the export as a whole could not be read.';
comment on column refresh_part.engine is 'What puts the questions: embedded or athena.';
comment on column refresh_part.step is 'The step that was begun last; null before the first.';
comment on column refresh_part.rows is 'Rows of the answer that have been read.';
comment on column refresh_part.result is 'published, unchanged or failed; null while it is not over.';
comment on column refresh_part.message is 'The result as a sentence. It may quote any line of the bill.';
comment on column refresh_part.version is 'The version that was published, or that is what the export holds.';
comment on column refresh_part.line_items is 'Bedrock lines of the bill that were counted in.';
comment on column refresh_part.fact_rows is 'Rows kept.';
comment on column refresh_part.totals is 'The whole bill and Bedrock''s share, by currency, as the control question counted them.';
comment on column refresh_part.manifest_written_at is 'When AWS wrote the manifest that was found.';
comment on column refresh_part.started_at is 'When its first step began.';
comment on column refresh_part.finished_at is 'When it ended.';

create table refresh_schedule (
    only_row   boolean primary key default true check (only_row),
    next_at    timestamptz
);
insert into refresh_schedule default values;
comment on table refresh_schedule is 'When the next scheduled refresh is due: one row, updated by the instance that asks for it.';
comment on column refresh_schedule.only_row is 'Always true: there is one row.';
comment on column refresh_schedule.next_at is 'When it is due; null before the first instance has started.';

create table query (
    query_id      bigint generated always as identity primary key,
    engine        text not null,
    execution_id  text not null,
    refresh_id    uuid references refresh on delete set null,
    question      text not null,
    fingerprint   text not null,
    parameters    text[] not null,
    export        text not null,
    period        date not null,
    delivery      text not null,
    state         text not null check (state in ('running', 'succeeded', 'failed', 'interrupted')),
    failure       text,
    scanned_bytes bigint,
    price         numeric(38, 12),
    currency      text not null default 'USD',
    queued_ms     bigint,
    ran_ms        bigint,
    rows          bigint,
    started_at    timestamptz not null,
    ended_at      timestamptz,
    unique (engine, execution_id),
    check ((ended_at is not null) = (state in ('succeeded', 'failed')))
);
create index query_of_refresh on query (refresh_id);
create index query_by_end on query (coalesce(ended_at, started_at), engine);
comment on table query is 'The ledger of queries: each execution once, however often a restarted process picks it up.';
comment on column query.query_id is 'Key; in the order in which they were first started.';
comment on column query.engine is 'What ran it: embedded or athena.';
comment on column query.execution_id is 'The id under which the engine runs it: Athena''s QueryExecutionId.';
comment on column query.refresh_id is 'The refresh that put it, where one did and is still kept.';
comment on column query.question is 'The name of its file in sql/.';
comment on column query.fingerprint is 'SHA-256 of its text.';
comment on column query.parameters is 'The values of its parameters, in order.';
comment on column query.export is 'The name of the export that was asked.';
comment on column query.period is 'The billing period that was asked, as its first day.';
comment on column query.delivery is 'The identity of the delivery that was asked.';
comment on column query.state is 'running, succeeded, failed, or interrupted: its process ended before it did.';
comment on column query.failure is 'Why it failed. It may quote any line of the bill.';
comment on column query.scanned_bytes is 'Bytes read, where the engine says so. Athena charges for these.';
comment on column query.price is 'What it cost; null where the engine charges nothing, or it is not known yet.';
comment on column query.currency is 'The currency of the price.';
comment on column query.queued_ms is 'How long it waited before it ran, in milliseconds.';
comment on column query.ran_ms is 'How long it ran, in milliseconds.';
comment on column query.rows is 'Rows fetched.';
comment on column query.started_at is 'When it was first started.';
comment on column query.ended_at is 'When it ended.';
