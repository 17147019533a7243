-- Owners and summaries without foreign keys, as the facts have been from the beginning.
--
-- Why: Postgres checks a foreign key row by row. For the half a million rows of a month's summary that was two thirds of the
-- time that writing them took. They are made by one statement from rows that are there, and are held against the facts as
-- a whole before a version is served (`summaries_agree.sql`); nothing deletes a team, a subject or a version of the rules.
-- Safe to run while the service before it still runs: what that deletes with a load is deleted by the trigger now.

alter table owner
    drop constraint owner_ownership_id_fkey,
    drop constraint owner_load_id_fkey,
    drop constraint owner_subject_id_fkey,
    drop constraint owner_team_id_fkey;
alter table team_cost
    drop constraint team_cost_load_id_fkey,
    drop constraint team_cost_ownership_id_fkey,
    drop constraint team_cost_team_id_fkey;
alter table team_period_cost
    drop constraint team_period_cost_load_id_fkey,
    drop constraint team_period_cost_ownership_id_fkey,
    drop constraint team_period_cost_team_id_fkey;
alter table team_day_cost
    drop constraint team_day_cost_load_id_fkey,
    drop constraint team_day_cost_ownership_id_fkey,
    drop constraint team_day_cost_team_id_fkey;
alter table subject_cost
    drop constraint subject_cost_load_id_fkey;

create function forget_rows(of_load bigint) returns void language sql as $$
    delete from team_cost where load_id = of_load;
    delete from team_period_cost where load_id = of_load;
    delete from team_day_cost where load_id = of_load;
    delete from subject_cost where load_id = of_load;
    delete from owner where load_id = of_load
$$;
comment on function forget_rows is 'Deletes the owners and summaries of a load, which may take a while and is in nobody''s way.';

create function forget_rows_with_load() returns trigger language plpgsql as $$
begin
    perform forget_rows(old.load_id);
    return old;
end $$;
comment on function forget_rows_with_load is 'Owners and summaries go with their load.';
create trigger forget_rows before delete on load for each row execute function forget_rows_with_load();
