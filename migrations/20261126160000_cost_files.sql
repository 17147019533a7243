-- Cost files: tables of costs that are too large to wait for, written once by a job and fetched as often as one likes.
--
-- Why this shape: a file is made once, of one data version, and kept in pieces, so that neither who writes nor who sends it has
-- more than a piece in memory. What it was asked with is the query string that asks the same of /v1/costs. It belongs to
-- whoever asked, with what they might see at that time.
-- Safe to run while the service before it runs: it adds tables that nobody else looks at.

create table cost_file (
    cost_file_id uuid primary key,
    caller       text not null,
    question     text not null,
    extent       jsonb not null,
    named        boolean not null,
    data_version bigint not null,
    format       text not null,
    state        text not null check (state in ('queued', 'running', 'complete', 'failed')),
    tries        integer not null default 0,
    failure      text,
    name         text,
    told         jsonb,
    rows         bigint,
    bytes        bigint,
    digest       bytea check (length(digest) = 32),
    requested_at timestamptz not null,
    finished_at  timestamptz,
    expires_at   timestamptz,
    deleted_at   timestamptz,
    check ((state = 'failed') = (failure is not null)),
    check (state <> 'complete' or num_nulls(name, told, rows, bytes, digest, finished_at, expires_at) = 0)
);
create index cost_file_by_caller on cost_file (caller, requested_at);
create index cost_file_to_do on cost_file (requested_at) where state in ('queued', 'running');
comment on table cost_file is 'A file of costs that one caller asked for. Nobody else sees it.';
comment on column cost_file.cost_file_id is 'Id in paths; whoever writes it holds an advisory lock on it.';
comment on column cost_file.caller is 'Who asked, as the audit log names them.';
comment on column cost_file.question is 'The query string that asks the same of /v1/costs, with data version and format.';
comment on column cost_file.extent is 'The part of the bill that they might see.';
comment on column cost_file.named is 'Whether persons are named, and not shown as pseudonyms.';
comment on column cost_file.data_version is 'The data version that it is of.';
comment on column cost_file.format is 'csv, ndjson or parquet.';
comment on column cost_file.state is 'queued, running, complete or failed.';
comment on column cost_file.tries is 'How often somebody began to write it.';
comment on column cost_file.failure is 'Why it failed, as a sentence for people.';
comment on column cost_file.name is 'What it is called, without the end that says the format.';
comment on column cost_file.told is 'What is said about it in headers, by their names.';
comment on column cost_file.rows is 'Its rows.';
comment on column cost_file.bytes is 'Its length.';
comment on column cost_file.digest is 'SHA-256 of it.';
comment on column cost_file.requested_at is 'When it was asked for.';
comment on column cost_file.finished_at is 'When it was complete, or failed.';
comment on column cost_file.expires_at is 'When it is forgotten; null until it is finished.';
comment on column cost_file.deleted_at is 'When the caller deleted it; it still counts for the day.';

create table cost_file_part (
    cost_file_id uuid not null references cost_file on delete cascade,
    place        integer not null,
    bytes        bytea not null,
    primary key (cost_file_id, place)
);
-- What is written is a format of its own, or is compressed when it is sent.
alter table cost_file_part alter column bytes set storage external;
comment on table cost_file_part is 'Files in pieces. Those of a file that is not complete are looked at by its writer alone.';
comment on column cost_file_part.cost_file_id is 'The file.';
comment on column cost_file_part.place is 'Its place in the file, from 0; all but the last are of one length.';
comment on column cost_file_part.bytes is 'The bytes.';
