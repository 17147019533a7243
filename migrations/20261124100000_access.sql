-- Access: API keys, browser sign-ins and sessions, the audit log, and the pseudonyms of persons.
--
-- Why here: every instance must know a key that another one made, and a revoked key must be refused by all of them at once.
-- Secrets are not kept: keys and session cookies are stored as SHA-256 of 256 random bits.
-- Safe to run while the service before it runs: it adds tables that nobody else looks at.

create table api_key (
    api_key_id   uuid primary key,
    name         text not null check (name <> ''),
    hash         bytea not null unique check (length(hash) = 32),
    grants       jsonb not null,
    created_at   timestamptz not null,
    created_by   text not null,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    replaced_by  uuid references api_key
);
comment on table api_key is 'How machines are known. A key is shown once and kept as a hash.';
comment on column api_key.api_key_id is 'Key, in answers and in the audit log.';
comment on column api_key.name is 'What people call it.';
comment on column api_key.hash is 'SHA-256 of the key.';
comment on column api_key.grants is 'What it allows: permissions, each with its extent.';
comment on column api_key.created_at is 'When it was made.';
comment on column api_key.created_by is 'Who made it.';
comment on column api_key.expires_at is 'From when it is refused; null for never.';
comment on column api_key.revoked_at is 'When it was revoked; null while it is not.';
comment on column api_key.last_used_at is 'When it was last accepted, to the minute.';
comment on column api_key.replaced_by is 'The key that took its place by rotation.';

create table sign_in (
    hash       bytea primary key check (length(hash) = 32),
    secrets    jsonb not null,
    return_to  text not null,
    created_at timestamptz not null
);
comment on table sign_in is 'Browsers that have been sent to the OpenID provider and are not back yet.';
comment on column sign_in.hash is 'SHA-256 of the state that the provider hands back.';
comment on column sign_in.secrets is 'State, nonce and PKCE verifier: worthless once the row is gone.';
comment on column sign_in.return_to is 'Path to go to afterwards.';
comment on column sign_in.created_at is 'When it began.';

create table session (
    hash       bytea primary key check (length(hash) = 32),
    subject    text not null,
    name       text not null,
    grants     jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_by_expiry on session (expires_at);
comment on table session is 'Browsers that are signed in.';
comment on column session.hash is 'SHA-256 of the cookie.';
comment on column session.subject is 'Subject and issuer of the ID token.';
comment on column session.name is 'What people call them.';
comment on column session.grants is 'What they are allowed, as their claims said when they signed in.';
comment on column session.created_at is 'When they signed in.';
comment on column session.expires_at is 'When they have to sign in again.';

create table audit_entry (
    sequence bigint primary key check (sequence > 0),
    at       timestamptz not null,
    action   text not null,
    caller   text not null,
    address  text,
    object   text,
    extent   jsonb not null,
    details  jsonb not null,
    hash     bytea not null check (length(hash) = 32)
);
create index audit_entry_by_action on audit_entry (action, sequence);
create index audit_entry_by_caller on audit_entry (caller, sequence);
comment on table audit_entry is 'The audit log: append-only, each entry hashed together with the one before.';
comment on column audit_entry.sequence is 'Counted from 1 without gaps.';
comment on column audit_entry.at is 'When it happened.';
comment on column audit_entry.action is 'What happened: key.created, sign_in.refused, …';
comment on column audit_entry.caller is 'Who did it.';
comment on column audit_entry.address is 'From where, where it came over the network.';
comment on column audit_entry.object is 'What it was done to.';
comment on column audit_entry.extent is 'Whose matter it is.';
comment on column audit_entry.details is 'Everything else, secrets left out.';
comment on column audit_entry.hash is 'SHA-256 over this entry and the hash of the one before.';

create table audit_head (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    hash     bytea not null check (length(hash) = 32)
);
insert into audit_head (sequence, hash) values (0, decode(repeat('00', 32), 'hex'));
comment on table audit_head is 'The last entry of the audit log: one row, locked by whoever writes the next.';
comment on column audit_head.only_row is 'Always true: there is one row.';
comment on column audit_head.sequence is 'Number of the last entry; 0 before the first.';
comment on column audit_head.hash is 'Its hash.';

create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end $$;
comment on function refuse_change_of_audit is 'Refuses to change or remove entries of the audit log.';
create trigger audit_entry_is_append_only before update or delete on audit_entry
    for each row execute function refuse_change_of_audit();
create trigger audit_entry_is_not_truncated before truncate on audit_entry
    for each statement execute function refuse_change_of_audit();

-- Instances keep known keys and sessions in memory; they forget them when anything about them changes.
create function announce_access() returns trigger language plpgsql as $$
begin
    perform pg_notify('access', '');
    return null;
end $$;
comment on function announce_access is 'Announces on the channel access that a key or a session is no longer what it was.';
create trigger announce_api_key after insert or delete or update of grants, expires_at, revoked_at on api_key
    for each statement execute function announce_access();
create trigger announce_session after delete on session
    for each statement execute function announce_access();

create table principal_pseudonym (
    principal_id   integer primary key references principal,
    key            text not null,
    opaque_id      text not null,
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
comment on table principal_pseudonym is 'Principals as readers without identity:reveal see them: the columns of principal, persons hidden.';
comment on column principal_pseudonym.principal_id is 'The principal.';
comment on column principal_pseudonym.key is 'Fingerprint of the key and of the tags of persons with which they were made.';
comment on column principal_pseudonym.opaque_id is 'Id for answers and paths, made from the ARN that is shown.';
comment on column principal_pseudonym.arn is 'The ARN with user and session replaced.';
comment on column principal_pseudonym.identity is 'As in principal.';
comment on column principal_pseudonym.partition is 'As in principal.';
comment on column principal_pseudonym.account is 'As in principal.';
comment on column principal_pseudonym.name is 'Pseudonym of the user name; the name of a service.';
comment on column principal_pseudonym.path is 'IAM path of a role; that of a user is not shown.';
comment on column principal_pseudonym.role is 'As in principal.';
comment on column principal_pseudonym.session is 'Pseudonym of the session.';
comment on column principal_pseudonym.permission_set is 'As in principal.';
comment on column principal_pseudonym.person is 'Pseudonym of the person.';

create table tag_set_pseudonym (
    tag_set_id    integer primary key references tag_set,
    key           text not null,
    tags          jsonb not null,
    resource_tags jsonb not null,
    cost_category jsonb not null
);
comment on table tag_set_pseudonym is 'Tag sets as readers without identity:reveal see them: values that name a person are replaced.';
comment on column tag_set_pseudonym.tag_set_id is 'The tag set.';
comment on column tag_set_pseudonym.key is 'Fingerprint, as in principal_pseudonym.';
comment on column tag_set_pseudonym.tags is 'As in tag_set, persons replaced.';
comment on column tag_set_pseudonym.resource_tags is 'As in tag_set, persons replaced.';
comment on column tag_set_pseudonym.cost_category is 'As in tag_set, persons replaced.';

create table account_pseudonym (
    account text primary key references account,
    key     text not null,
    name    text not null
);
comment on table account_pseudonym is 'Accounts as readers without identity:reveal see them: names that hold an e-mail address are replaced.';
comment on column account_pseudonym.account is 'The account.';
comment on column account_pseudonym.key is 'Fingerprint, as in principal_pseudonym.';
comment on column account_pseudonym.name is 'As in account, persons replaced.';
