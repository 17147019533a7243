-- Every change of what is served is announced, so that instances can tell pollers "nothing new" without asking the database.
--
-- Why a trigger: whoever publishes, now or later, cannot forget it. `notify` reaches listeners when the transaction commits,
-- so nobody hears of a version before it can be read.
-- Safe to run while the service runs: instances that do not listen notice nothing.

create function announce_data_version() returns trigger language plpgsql as $$
begin
    perform pg_notify('data_version', new.data_version::text);
    return null;
end $$;
comment on function announce_data_version is 'Announces the data version on the channel data_version.';

create trigger announce_data_version after update on serving for each row
    when (new.data_version is distinct from old.data_version)
    execute function announce_data_version();
