-- Accounts of this load that another export's served load of the same period also has: their money would be counted twice.
-- Several payers have several exports, and member accounts may have exports of their own; none of them overlaps.
-- $1  the load   $2  its export   $3  the period
with

mine as (
    select distinct payer, account
      from subject
     where subject_id in (select subject_id from period_cost where load_id = $1)
),

others as (
    select load_id, export.name
      from load
      join export using (export_id)
     where period = $3 and state = 'current' and export_id <> $2
)

select others.load_id,
       others.name,
       min(coalesce(mine.account, 'unknown')) as "account!"
  from others
  join lateral (
           select distinct payer, account
             from subject
            where subject_id in (select subject_id from period_cost where period_cost.load_id = others.load_id)
       ) as theirs on true
  join mine on mine.payer is not distinct from theirs.payer and mine.account is not distinct from theirs.account
 group by others.load_id, others.name
 order by others.load_id
