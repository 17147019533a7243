-- The log of what the service tells of itself: a data version that is served, a refresh that failed, a load that does not tie out.
--
-- Why: whoever watches (a dashboard, a webhook) is told instead of asking again and again, and goes on where it left off after
-- a loss of the connection. An event is written by the transaction that it tells of: neither exists without the other.
-- Writers come one after another, under an advisory lock that they hold to their end, so that numbers are seen in the order
-- in which they are given: whoever has read up to a number has missed nothing below it.
-- Safe to run while the service before it runs: it neither reads nor writes this table.

create table event (
    event_id uuid primary key,
    sequence bigint generated always as identity unique,
    type     text not null,
    at       timestamptz not null,
    payload  jsonb not null
);
create index event_by_time on event (at);
comment on table event is 'What the service tells whoever watches it; kept for 30 days.';
comment on column event.event_id is 'Key: what a stream is resumed from, and the id of the message that a webhook is sent.';
comment on column event.sequence is 'The order in which events are told.';
comment on column event.type is 'data.version.published, refresh.failed or tie_out.failed.';
comment on column event.at is 'When it happened.';
comment on column event.payload is 'What happened: versions, periods, exports and reasons in words. No amount and no person: every reader of costs may have it.';

-- `notify` reaches listeners when the transaction commits, so nobody hears of an event before it can be read.
create function announce_event() returns trigger language plpgsql as $$
begin
    perform pg_notify('event', new.sequence::text);
    return null;
end $$;
comment on function announce_event is 'Announces the number of a new event on the channel event.';
create trigger announce_event after insert on event for each row execute function announce_event();
