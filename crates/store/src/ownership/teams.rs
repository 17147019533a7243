//! Teams and their names: two names are never one team.

use std::collections::{BTreeMap, HashMap};

use ledger::{Ownership, TeamDirectory};
use sqlx::PgConnection;

use crate::error::{Doing, StoreError};

/// The names of teams by their ids, as rules and tags have them now.
pub(crate) type TeamNames = BTreeMap<String, String>;

/// Shows teams by the names that they have now. Called where something is published, so that nobody sees it earlier.
pub(crate) async fn name_teams(connection: &mut PgConnection, names: &TeamNames) -> Result<(), StoreError> {
    let (slugs, names): (Vec<String>, Vec<String>) =
        names.iter().map(|(slug, name)| (slug.clone(), name.clone())).unzip();
    sqlx::query!(
        "update team set name = given.name
           from unnest($1::text[], $2::text[]) as given(slug, name)
          where team.slug = given.slug and team.name <> given.name",
        &slugs,
        &names,
    )
    .execute(connection)
    .await
    .map(drop)
    .doing("the names of teams")
}

/// The teams met so far: their ids, and the proof that no two names are one team.
pub(super) struct Teams {
    directory: TeamDirectory,
    ids: HashMap<String, i32>,
    pub(super) met: TeamNames,
}

impl Teams {
    /// Starts from the teams of the rules and from those that own cost in other loads that are served under them. What the
    /// load that is to be replaced said does not count: a tag that has been mended in AWS must not collide with itself.
    pub(super) async fn known_beside(
        connection: &mut PgConnection,
        load_id: i64,
        ownership_id: i32,
        rules: &Ownership,
    ) -> Result<Self, StoreError> {
        let rows = sqlx::query!(
            r#"select team_id, slug, name,
                      exists (
                          select
                            from owner
                            join load on load.load_id = owner.load_id and load.state = 'current'
                            join load as this on this.load_id = $1
                           where owner.team_id = team.team_id and owner.ownership_id = $2
                             and (load.export_id, load.period) <> (this.export_id, this.period)
                      ) as "served!"
                 from team
                order by team_id"#,
            load_id,
            ownership_id,
        )
        .fetch_all(connection)
        .await
        .doing("the teams")?;
        let mut directory = rules.team_directory();
        let mut ids = HashMap::new();
        for row in rows {
            if row.served {
                directory.remember(&row.slug, &row.name);
            }
            ids.insert(row.slug, row.team_id);
        }
        Ok(Self { directory, ids, met: TeamNames::new() })
    }

    pub(super) async fn id(&mut self, connection: &mut PgConnection, name: &str) -> Result<i32, StoreError> {
        let slug = self.directory.insert(name).map_err(|error| StoreError::TeamCollision(error.to_string()))?;
        if self.met.contains_key(slug.as_str())
            && let Some(id) = self.ids.get(slug.as_str())
        {
            return Ok(*id);
        }
        let shown = self.directory.name(&slug).unwrap_or(name).to_owned();
        let id = match self.ids.get(slug.as_str()) {
            Some(id) => *id,
            None => sqlx::query_scalar!(
                "insert into team (slug, name) values ($1, $2) returning team_id",
                slug.as_str(),
                shown,
            )
            .fetch_one(connection)
            .await
            .doing("a new team")?,
        };
        self.ids.insert(slug.to_string(), id);
        self.met.insert(slug.to_string(), shown);
        Ok(id)
    }
}
