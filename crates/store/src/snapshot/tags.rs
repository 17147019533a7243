//! The tags that lines carry.

use bill::BillingPeriod;
use bill::tags::{TagKey, TagView};
use sqlx::{PgConnection, QueryBuilder};

use super::Snapshot;
use super::scope::Visible;
use crate::error::{Doing, StoreError};
use crate::summaries::figures;

impl Snapshot {
    /// The keys of all tags, in every view, that lines of these periods carry.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tag_keys(&mut self, periods: &[BillingPeriod]) -> Result<Vec<TagKey>, StoreError> {
        let load_ids = self.load_ids(|load| periods.contains(&load.period));
        if let Some(visible) = self.visible() {
            let query = keys_in_part(visible, &load_ids);
            let keys = fetch(query, self.reading.connection().await?).await?;
            return Ok(self.keys_to_show(keys));
        }
        if let Some(summaries) = self.wholly_held(&load_ids) {
            return Ok(self.keys_to_show(read(figures::tag_keys(&summaries).into_iter())));
        }
        let rows =
            sqlx::query!("select distinct tag_column, key from load_tag_key where load_id = any($1)", &load_ids,)
                .fetch_all(self.reading.connection().await?)
                .await
                .doing("the keys of tags")?;
        Ok(self.keys_to_show(read(rows.into_iter().map(|row| (row.tag_column, row.key)))))
    }
}

fn keys_in_part(visible: Visible<'_>, load_ids: &[i64]) -> QueryBuilder<sqlx::Postgres> {
    let mut text = QueryBuilder::new("with sets as (select distinct subject.tag_set_id from ");
    visible.push_owners(&mut text, load_ids);
    text.push(
        " as owner join subject using (subject_id))
         select 'tags', jsonb_object_keys(tags) from tag_set join sets using (tag_set_id)
         union
         select 'resource_tags', jsonb_object_keys(resource_tags) from tag_set join sets using (tag_set_id)
         union
         select 'cost_category', jsonb_object_keys(cost_category) from tag_set join sets using (tag_set_id)",
    );
    text
}

async fn fetch(
    mut query: QueryBuilder<sqlx::Postgres>,
    connection: &mut PgConnection,
) -> Result<Vec<TagKey>, StoreError> {
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(connection).await.doing("the keys of tags")?;
    Ok(read(rows.into_iter()))
}

/// Keys from the columns of tags that they are in.
fn read(rows: impl Iterator<Item = (String, String)>) -> Vec<TagKey> {
    let mut keys: Vec<TagKey> = rows.filter_map(|(column, key)| key_of(&column, key)).collect();
    keys.sort_unstable();
    keys
}

/// The key that stands in a column of tags.
pub(super) fn key_of(column: &str, key: String) -> Option<TagKey> {
    match column {
        "resource_tags" => Some(TagKey { view: TagView::NormalisedResourceTags, key }),
        "cost_category" => Some(TagKey { view: TagView::NormalisedCostCategory, key }),
        // A key of the map `tags` names its own view: `iamPrincipal/team`. One that names none cannot be asked for.
        _ => key.parse::<TagKey>().ok().filter(|parsed| parsed.column_key() == key),
    }
}
