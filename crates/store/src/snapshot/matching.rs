//! Values that contain a text, for completing what is typed.
//!
//! What is searched is what is shown: a pseudonym is found, the name behind it is not. Values out of sight may be among those
//! that are found, which is why they are never shown: they become a filter of a question that is asked within the sight.

use sqlx::{Postgres, QueryBuilder};

use super::costs::push_value;
use super::scope::UNATTRIBUTED;
use super::{Dimension, Filter, Snapshot};
use crate::error::{Doing, StoreError};

impl Snapshot {
    /// A filter that keeps the lines whose dimension contains a text, whatever its letter case. A principal is found by its
    /// ARN and by the person behind it, an account and a team also by their names.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn containing(&mut self, dimension: &Dimension, text: &str) -> Result<Filter, StoreError> {
        let mut query = QueryBuilder::new("select distinct ");
        push_value(&mut query, dimension);
        let also = self.push_table(&mut query, dimension);
        query.push(" where ");
        push_contains(&mut query, text, |query| push_value(query, dimension));
        for column in also {
            query.push(" or ");
            push_contains(&mut query, text, |query| {
                query.push(*column);
            });
        }
        let found = query.build_query_scalar().fetch_all(self.reading.connection().await?).await;
        let mut values: Vec<Option<String>> = found.doing("the values that contain a text")?;
        if *dimension == Dimension::Team && UNATTRIBUTED.contains(&text.to_lowercase()) {
            values.push(Some(UNATTRIBUTED.to_owned()));
        }
        Ok(Filter::keeping(dimension.clone(), values))
    }

    /// Writes the table that has all values of a dimension, and tells where else to look.
    fn push_table(&self, query: &mut QueryBuilder<Postgres>, dimension: &Dimension) -> &'static [&'static str] {
        match dimension {
            Dimension::Payer => {
                query.push(" from subject");
                &[]
            }
            Dimension::Account => {
                query.push(" from subject");
                self.shown().join_account(query);
                &["account.name"]
            }
            Dimension::Team => {
                query.push(" from team");
                &["team.name"]
            }
            Dimension::Principal => {
                query.push(" from subject");
                self.shown().join_principal(query);
                &["principal.arn", "principal.person"]
            }
            Dimension::Identity | Dimension::Role | Dimension::Session | Dimension::Person => {
                query.push(" from subject");
                self.shown().join_principal(query);
                &[]
            }
            Dimension::Tag(_) => {
                query.push(" from subject");
                self.shown().join_tag_set(query);
                &[]
            }
            Dimension::Region
            | Dimension::Provider
            | Dimension::Model
            | Dimension::TokenKind
            | Dimension::Cache
            | Dimension::Tier
            | Dimension::Routing
            | Dimension::ChargeType
            | Dimension::BillingEntity
            | Dimension::Product
            | Dimension::UsageType
            | Dimension::Operation
            | Dimension::Invoice => {
                query.push(" from charge");
                &[]
            }
        }
    }
}

impl Filter {
    /// Keeps the lines on which a dimension has one of these values; `None` stands for lines on which it is not set.
    pub fn keeping(dimension: Dimension, values: Vec<Option<String>>) -> Self {
        Self { dimension, values, exclude: false, alternative: false }
    }
}

fn push_contains(query: &mut QueryBuilder<Postgres>, text: &str, value: impl Fn(&mut QueryBuilder<Postgres>)) {
    // Both sides go through the same `lower`: whatever the database takes for one letter is one letter.
    query.push("strpos(lower(");
    value(query);
    query.push("), lower(").push_bind(text.to_owned()).push(")) > 0");
}
