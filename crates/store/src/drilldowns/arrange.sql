-- Lines as they arrived become the rows of a set, in an order that depends on nothing but the lines themselves: not on when they
-- came, nor on the numbers that their words have in this database.
insert into drilldown_row
select line.drilldown_set_id,
       row_number() over (
           order by line.usage_date, line.usage_hour nulls first, subject.account collate "C" nulls first,
                    principal.arn collate "C" nulls first, charge.usage_type collate "C" nulls first,
                    charge.fingerprint, tag_set.fingerprint, subject.payer collate "C" nulls first,
                    line.currency collate "C", line.resource collate "C" nulls first,
                    line.description collate "C" nulls first, line.unblended_cost, line.net_unblended_cost,
                    line.list_cost, line.quantity
       ),
       line.load_id, line.usage_date, line.usage_hour, line.subject_id, line.charge_id, line.currency,
       line.unblended_cost, line.net_unblended_cost, line.list_cost, line.quantity, line.resource, line.description
  from arriving_line as line
  join subject using (subject_id)
  join tag_set using (tag_set_id)
  join charge using (charge_id)
  left join principal using (principal_id)
