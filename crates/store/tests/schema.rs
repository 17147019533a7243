//! The schema explains itself.

use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_table_and_column_has_a_comment(pool: PgPool) {
    let without: Vec<String> = sqlx::query_scalar(
        "select class.relname || coalesce('.' || attribute.attname, '')
           from pg_class as class
           join pg_namespace as namespace on namespace.oid = class.relnamespace
           left join lateral (
                    select attname, attnum from pg_attribute
                     where attrelid = class.oid and attnum > 0 and not attisdropped
                    union all
                    select null, 0
                ) as attribute on true
          where namespace.nspname = 'public' and class.relkind in ('r', 'p') and not class.relispartition
            and class.relname <> '_sqlx_migrations'
            and col_description(class.oid, attribute.attnum) is null
            and (attribute.attnum > 0 or obj_description(class.oid, 'pg_class') is null)
          order by 1",
    )
    .fetch_all(&pool)
    .await
    .expect("the catalogue");
    assert_eq!(without, Vec::<String>::new());
}
