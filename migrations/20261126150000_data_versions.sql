-- Which loads and rules each data version was made of, so that what was said once can be said again.
--
-- Why: an answer names the data version that it is of, and a page names that of the page before. Neither can be kept to once
-- another version is served, unless somebody remembers what that version was.
-- Safe to run while the service before it still runs: it adds columns that may be null and a table that it does not fill. What
-- such a service publishes meanwhile is served, and cannot be asked for later.

create table data_version (
    data_version bigint primary key,
    ownership_id integer not null references ownership,
    published_at timestamptz not null,
    forgotten    boolean not null default false
);
create index data_version_by_time on data_version (published_at);
comment on table data_version is 'Every data version that was ever served, and under which rules.';
comment on column data_version.data_version is 'The number, as in serving.';
comment on column data_version.ownership_id is 'The rules that were in force.';
comment on column data_version.published_at is 'When it was published.';
comment on column data_version.forgotten is 'Whether a load of it, or what its rules gave to whom, is not kept any more.';

alter table load
    add column served_from  bigint,
    add column served_until bigint;
comment on column load.served_from is 'The first data version that it is a part of; null where it was never served, or before this was kept.';
comment on column load.served_until is 'The first data version that it is not a part of any more; null while it is served.';

-- What is served now is the first version that can be asked for later.
insert into data_version (data_version, ownership_id, published_at)
select data_version, ownership_id, published_at from serving where ownership_id is not null and published_at is not null;
update load set served_from = serving.data_version from serving where state = 'current';
