-- Webhooks: who is sent events, what was sent, and how each try ended.
--
-- Why: the transaction that writes an event also writes what is to be sent of it, for each webhook (an outbox), so that nothing
-- is lost whatever ends when. Any instance sends: it takes what is due by moving `next_at` behind the time that a try may
-- take, so that what a killed process had taken is due again a minute later. A message may therefore arrive twice, under one id.
-- Safe to run while the service before it runs: it neither reads nor writes these tables.

create table webhook (
    webhook_id       uuid primary key,
    name             text not null,
    url              text not null,
    types            text[] not null,
    secret           bytea not null,
    previous_secret  bytea,
    previous_until   timestamptz,
    created_at       timestamptz not null,
    created_by       text not null,
    failing_since    timestamptz,
    disabled_at      timestamptz,
    disabled_because text,
    check ((previous_secret is null) = (previous_until is null)),
    check ((disabled_at is null) = (disabled_because is null))
);
comment on table webhook is 'Somebody who is sent events by HTTP.';
comment on column webhook.webhook_id is 'Key, in paths and in the audit log; in the order in which they were made.';
comment on column webhook.name is 'What people call it.';
comment on column webhook.url is 'Where events are sent.';
comment on column webhook.types is 'Only events of these types; all where empty.';
comment on column webhook.secret is 'The key of the signatures, as it is: a hash cannot sign.';
comment on column webhook.previous_secret is 'The key before, which signs beside the new one for a while.';
comment on column webhook.previous_until is 'Until when the key before signs.';
comment on column webhook.created_at is 'When it was made.';
comment on column webhook.created_by is 'Who made it, as the audit log names them.';
comment on column webhook.failing_since is 'Since when every try has failed; null where the last one did not.';
comment on column webhook.disabled_at is 'When it was disabled: nothing is sent to it any more.';
comment on column webhook.disabled_because is 'Why, as a sentence.';

create table webhook_delivery (
    webhook_delivery_id uuid primary key,
    sequence            bigint generated always as identity unique,
    webhook_id          uuid not null references webhook on delete cascade,
    message_id          uuid not null,
    occasion            text not null check (occasion in ('event', 'test', 'replay')),
    type                text not null,
    at                  timestamptz not null,
    payload             jsonb not null,
    state               text not null check (state in ('pending', 'delivered', 'failed')),
    attempts            integer not null default 0,
    next_at             timestamptz,
    created_at          timestamptz not null,
    finished_at         timestamptz,
    check ((next_at is not null) = (state = 'pending')),
    check ((finished_at is null) = (state = 'pending'))
);
create index webhook_delivery_due on webhook_delivery (next_at) where next_at is not null;
create index webhook_delivery_of_webhook on webhook_delivery (webhook_id, sequence);
create index webhook_delivery_by_time on webhook_delivery (created_at);
comment on table webhook_delivery is 'A message for a webhook: what is sent until it is taken, or given up. Kept for 30 days.';
comment on column webhook_delivery.webhook_delivery_id is 'Key, in paths.';
comment on column webhook_delivery.sequence is 'The order in which they were written.';
comment on column webhook_delivery.webhook_id is 'The webhook.';
comment on column webhook_delivery.message_id is 'The id under which it is sent: that of the event. The same for each try and each replay.';
comment on column webhook_delivery.occasion is 'What it is sent for: an event, a test, or a replay of another.';
comment on column webhook_delivery.type is 'The type of the event, or webhook.test.';
comment on column webhook_delivery.at is 'When the event happened.';
comment on column webhook_delivery.payload is 'What the event says.';
comment on column webhook_delivery.state is 'pending, delivered, or failed: given up.';
comment on column webhook_delivery.attempts is 'How often it was tried.';
comment on column webhook_delivery.next_at is 'When it is tried next; null where it is not any more.';
comment on column webhook_delivery.created_at is 'When it was written.';
comment on column webhook_delivery.finished_at is 'When it was delivered or given up.';

create table webhook_attempt (
    webhook_delivery_id uuid not null references webhook_delivery on delete cascade,
    number              integer not null,
    at                  timestamptz not null,
    duration_ms         bigint not null,
    status              integer,
    failure             text,
    answer              text,
    primary key (webhook_delivery_id, number)
);
comment on table webhook_attempt is 'A try to deliver a message.';
comment on column webhook_attempt.webhook_delivery_id is 'The message.';
comment on column webhook_attempt.number is 'Counted from 1.';
comment on column webhook_attempt.at is 'When it began.';
comment on column webhook_attempt.duration_ms is 'How long it took, in milliseconds.';
comment on column webhook_attempt.status is 'The HTTP status that was answered; null where nothing was.';
comment on column webhook_attempt.failure is 'Why it failed, as a sentence; null where it did not.';
comment on column webhook_attempt.answer is 'The beginning of what was answered.';
