-- Entries of the audit log, newest first.
--   $1 the extent they must lie within, such as {"part": {"teams": ["ds"], "accounts": [], "tags": []}}; null for all
--   $2 action   $3 caller   $4 object     null for any
--   $5 from     $6 until    half-open; null for any
--   $7 older than the entry of this number; null for the newest
--   $8 how many at most
select sequence,
       at,
       action,
       caller,
       address,
       object,
       extent,
       details
  from audit_entry
 where ($1::jsonb is null
        -- A part lies within another where all that it names is named there; `"everything"` lies within no part. What is
        -- nobody's matter is not everybody's.
        or (extent <@ $1 and jsonb_path_exists(extent, '$.part.*[*]')))
   and ($2::text is null or action = $2)
   and ($3::text is null or caller = $3)
   and ($4::text is null or object = $4)
   and ($5::timestamptz is null or at >= $5)
   and ($6::timestamptz is null or at < $6)
   and ($7::bigint is null or sequence < $7)
 order by sequence desc
 limit $8
