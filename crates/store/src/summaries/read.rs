//! Reads the summaries of a load from Postgres, once.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use bill::BillingPeriod;
use bill::tags::TagSet;
use chrono::NaiveDate;
use futures::TryStreamExt;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::Key;
use super::charges::Charges;
use super::load::{Caller, ControlSums, LoadSummary, Principal, Row, Rows, Rule, Sums};
use super::texts::Texts;
use crate::error::{Doing, StoreError, amount, token_class};
use crate::snapshot::Tokens;
use crate::store::Store;

/// What is being read. Each table is read whole, unless it turns out to be too large.
struct Reading<'c> {
    connection: &'c mut PgConnection,
    load_id: i64,
    ownership_id: i32,
    slugs: HashMap<i32, Arc<str>>,
    teams: Places<Option<i32>>,
    currencies: Places<Arc<str>>,
    texts: &'c Texts,
    bytes: u64,
    room: u64,
}

impl LoadSummary {
    /// Reads what is to be held of a load, from one transaction; `None` where it would take more bytes than this, or is not
    /// kept any more.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn read(store: &Store, key: Key, room: u64) -> Result<Option<Self>, StoreError> {
        let (load_id, ownership_id) = key;
        let mut transaction = store.begin_reading().await.doing("the reading of summaries")?;
        let period = sqlx::query_scalar!(
            "select period from load
              where load_id = $1 and exists (select from ownership_total where load_id = $1 and ownership_id = $2)",
            load_id,
            ownership_id,
        );
        let period = period.fetch_optional(&mut *transaction).await.doing("the period of a load")?;
        let Some(period) = period else { return Ok(None) };
        let slugs = sqlx::query!("select team_id, slug from team").fetch_all(&mut *transaction).await;
        let slugs = slugs.doing("the teams")?.into_iter().map(|row| (row.team_id, row.slug.into())).collect();
        let (teams, currencies) = (Places::default(), Places::default());
        let texts = &store.summaries.0.texts;
        let mut reading = Reading {
            connection: &mut transaction,
            load_id,
            ownership_id,
            slugs,
            teams,
            currencies,
            texts,
            bytes: 0,
            room,
        };
        reading.summary(BillingPeriod::containing(period)).await
    }
}

/// Ends the reading where there is no more room.
macro_rules! unless_too_large {
    ($found:expr) => {
        match $found.await? {
            Some(found) => found,
            None => return Ok(None),
        }
    };
}

impl Reading<'_> {
    async fn summary(&mut self, period: BillingPeriod) -> Result<Option<LoadSummary>, StoreError> {
        let (days, by_day) = unless_too_large!(self.by_day());
        let (charges, by_charge) = unless_too_large!(self.by_charge());
        let (callers, rules, by_caller) = unless_too_large!(self.by_caller());
        let control = self.control().await?;
        let tag_keys = self.tag_keys().await?;
        let slug = |team_id: Option<i32>| team_id.and_then(|team_id| self.slugs.get(&team_id).cloned());
        let teams: Vec<_> = self.teams.keys.iter().copied().map(slug).collect();
        let count = teams.len();
        Ok(Some(LoadSummary {
            period,
            currencies: std::mem::take(&mut self.currencies.keys),
            by_charge: Rows::of_charges(by_charge, count, &charges),
            charges,
            by_day: Rows::new(by_day, count),
            days,
            by_caller: Rows::new(by_caller, count),
            callers,
            rules,
            control,
            tag_keys,
            bytes: self.bytes,
            teams,
        }))
    }

    /// Counts bytes in; false where there is no room for them.
    fn takes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.bytes <= self.room
    }

    async fn by_day(&mut self) -> Result<Option<(Vec<NaiveDate>, Vec<Row>)>, StoreError> {
        let found = sqlx::query!(
            r#"select team_id, usage_date, currency, unblended_cost::text as "unblended!",
                      net_unblended_cost::text as "net_unblended!", list_cost::text as "list!",
                      input_tokens::text as "input!", output_tokens::text as "output!",
                      cache_read_tokens::text as "cache_read!", cache_write_tokens::text as "cache_write!", line_items
                 from team_day_cost
                where load_id = $1 and ownership_id = $2"#,
            self.load_id,
            self.ownership_id,
        )
        .fetch_all(&mut *self.connection)
        .await
        .doing("the days of teams")?;
        let mut days = Places::default();
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let sums = Sums {
                costs: [amount(&row.unblended)?, amount(&row.net_unblended)?, amount(&row.list)?],
                tokens: Tokens {
                    input: amount(&row.input)?,
                    output: amount(&row.output)?,
                    cache_read: amount(&row.cache_read)?,
                    cache_write: amount(&row.cache_write)?,
                },
                line_items: row.line_items,
            };
            rows.push(Row {
                team: self.teams.of(row.team_id),
                currency: self.currencies.of(row.currency.into()),
                about: days.of(row.usage_date),
                sums,
            });
        }
        Ok(self.takes(Rows::BYTES * rows.len()).then_some((days.keys, rows)))
    }

    async fn by_charge(&mut self) -> Result<Option<(Charges, Vec<Row>)>, StoreError> {
        let found = sqlx::query!(
            r#"select charge_id, region, provider, model, token_kind, cache, tier, routing, charge_type, billing_entity,
                      product, usage_type, operation, invoice, token_class
                 from charge
                where charge_id in (select charge_id from team_period_cost where load_id = $1 and ownership_id = $2)"#,
            self.load_id,
            self.ownership_id,
        )
        .fetch_all(&mut *self.connection)
        .await
        .doing("the charges of a load")?;
        let mut places = HashMap::new();
        let mut charges = Charges::default();
        let kept = |text: Option<String>| text.map(|text| self.texts.kept(text));
        for row in found {
            let token_class = row.token_class.as_deref().map(token_class).transpose()?;
            places.insert(row.charge_id, (place(charges.len()), token_class));
            let values = [
                row.region,
                row.provider,
                row.model,
                row.token_kind,
                row.cache,
                row.tier,
                row.routing,
                row.charge_type,
                row.billing_entity,
                row.product,
                row.usage_type,
                row.operation,
                row.invoice,
            ];
            charges.push(values.map(kept), token_class);
        }
        if !self.takes(Charges::BYTES * charges.len()) {
            return Ok(None);
        }
        let mut rows = Vec::new();
        let mut found = sqlx::query!(
            r#"select team_id, charge_id, currency, unblended_cost::text as "unblended!",
                      net_unblended_cost::text as "net_unblended!", list_cost::text as "list!", tokens::text as "tokens!",
                      line_items
                 from team_period_cost
                where load_id = $1 and ownership_id = $2"#,
            self.load_id,
            self.ownership_id,
        )
        .fetch(&mut *self.connection);
        let most = self.room.saturating_sub(self.bytes) / Rows::CHARGE_BYTES as u64;
        while let Some(row) = found.try_next().await.doing("the charges of teams")? {
            if rows.len() as u64 >= most {
                return Ok(None);
            }
            let Some((about, class)) = places.get(&row.charge_id) else {
                return Err(StoreError::NotKept { what: "a charge", value: row.charge_id.to_string() });
            };
            let (mut tokens, counted) = (Tokens::default(), amount(&row.tokens)?);
            if let Some(class) = class {
                *tokens.of_class_mut(*class) = counted;
            }
            let costs = [amount(&row.unblended)?, amount(&row.net_unblended)?, amount(&row.list)?];
            let sums = Sums { costs, tokens, line_items: row.line_items };
            let (team, currency) = (self.teams.of(row.team_id), self.currencies.of(row.currency.into()));
            rows.push(Row { team, currency, about: *about, sums });
        }
        drop(found);
        self.takes(Rows::CHARGE_BYTES * rows.len());
        Ok(Some((charges, rows)))
    }

    async fn by_caller(&mut self) -> Result<Option<(Vec<Caller>, Vec<Rule>, Vec<Row>)>, StoreError> {
        let principals = unless_too_large!(self.principals());
        let tag_sets = unless_too_large!(self.tag_sets());
        let (mut texts, mut rules, mut callers) = (Places::<Arc<str>>::default(), Places::default(), Places::default());
        // Subjects differ by more than can be asked for: what looks the same becomes one row.
        let mut sums: HashMap<(u32, u32, u32), Sums> = HashMap::new();
        let mut found = sqlx::query!(
            r#"select team_id, rule_number, rule, because, payer, account, principal_id, tag_set_id, currency,
                      unblended_cost::text as "unblended!", net_unblended_cost::text as "net_unblended!",
                      list_cost::text as "list!", input_tokens::text as "input!", output_tokens::text as "output!",
                      cache_read_tokens::text as "cache_read!", cache_write_tokens::text as "cache_write!", line_items
                 from subject_cost
                 join owner using (load_id, subject_id)
                 join subject using (subject_id)
                where load_id = $1 and ownership_id = $2"#,
            self.load_id,
            self.ownership_id,
        )
        .fetch(&mut *self.connection);
        let each = (Rows::BYTES + size_of::<Caller>()) as u64;
        let most = self.room.saturating_sub(self.bytes) / each;
        while let Some(row) = found.try_next().await.doing("the callers of a load")? {
            if sums.len() as u64 >= most {
                return Ok(None);
            }
            let mut text = |text: Option<String>| text.map(|text| texts.kept(text.into()));
            let caller = Caller {
                payer: text(row.payer),
                account: text(row.account),
                principal: row.principal_id.and_then(|id| principals.get(&id).cloned()),
                tags: tag_sets.get(&row.tag_set_id).cloned().unwrap_or_default(),
                rule: rules.of(Rule { number: row.rule_number, name: row.rule, because: row.because }),
            };
            let key = (self.teams.of(row.team_id), self.currencies.of(row.currency.into()), callers.of(caller));
            *sums.entry(key).or_default() += Sums {
                costs: [amount(&row.unblended)?, amount(&row.net_unblended)?, amount(&row.list)?],
                tokens: Tokens {
                    input: amount(&row.input)?,
                    output: amount(&row.output)?,
                    cache_read: amount(&row.cache_read)?,
                    cache_write: amount(&row.cache_write)?,
                },
                line_items: row.line_items,
            };
        }
        drop(found);
        self.takes(Rows::BYTES * sums.len() + size_of::<Caller>() * callers.keys.len());
        let rows = sums.into_iter().map(|((team, currency, about), sums)| Row { team, currency, about, sums });
        Ok(Some((callers.keys, rules.keys, rows.collect())))
    }

    async fn principals(&mut self) -> Result<Option<HashMap<i32, Arc<Principal>>>, StoreError> {
        let mut principals = HashMap::new();
        let mut bytes = 0;
        let mut found = sqlx::query!(
            "select principal_id, opaque_id, arn, identity, role, session, person
               from principal
              where principal_id in (
                        select principal_id from subject join subject_cost using (subject_id) where load_id = $1)",
            self.load_id,
        )
        .fetch(&mut *self.connection);
        let most = self.room.saturating_sub(self.bytes);
        while let Some(row) = found.try_next().await.doing("the principals of a load")? {
            let optional = [&row.role, &row.session, &row.person].into_iter().flatten().map(String::len).sum::<usize>();
            bytes += size_of::<Principal>() + row.opaque_id.len() + row.arn.len() + row.identity.len() + optional;
            if bytes as u64 > most {
                return Ok(None);
            }
            let principal = Principal {
                opaque_id: row.opaque_id,
                arn: row.arn,
                identity: row.identity,
                role: row.role,
                session: row.session,
                person: row.person,
            };
            principals.insert(row.principal_id, Arc::new(principal));
        }
        drop(found);
        self.takes(bytes);
        Ok(Some(principals))
    }

    async fn tag_sets(&mut self) -> Result<Option<HashMap<i32, Arc<TagSet>>>, StoreError> {
        let mut sets = HashMap::new();
        let mut bytes = 0;
        let mut found = sqlx::query!(
            r#"select tag_set_id, tags as "tags: Json<BTreeMap<String, String>>",
                      resource_tags as "resource_tags: Json<BTreeMap<String, String>>",
                      cost_category as "cost_category: Json<BTreeMap<String, String>>"
                 from tag_set
                where tag_set_id in (
                          select tag_set_id from subject join subject_cost using (subject_id) where load_id = $1)"#,
            self.load_id,
        )
        .fetch(&mut *self.connection);
        let most = self.room.saturating_sub(self.bytes);
        while let Some(row) = found.try_next().await.doing("the tags of a load")? {
            let set =
                TagSet { tags: row.tags.0, resource_tags: row.resource_tags.0, cost_category: row.cost_category.0 };
            let maps = [&set.tags, &set.resource_tags, &set.cost_category];
            let texts = maps.into_iter().flatten().map(|(key, value)| key.len() + value.len() + 64).sum::<usize>();
            bytes += size_of::<TagSet>() + texts;
            if bytes as u64 > most {
                return Ok(None);
            }
            sets.insert(row.tag_set_id, Arc::new(set));
        }
        drop(found);
        self.takes(bytes);
        Ok(Some(sets))
    }

    async fn control(&mut self) -> Result<BTreeMap<Arc<str>, ControlSums>, StoreError> {
        let rows = sqlx::query!(
            r#"select counted.currency,
                      bill::text[] as "bill!", bedrock::text[] as "bedrock!",
                      array[coalesce(attributed_unblended_cost, 0), coalesce(attributed_net_unblended_cost, 0),
                            coalesce(attributed_list_cost, 0)]::text[] as "attributed!",
                      array[coalesce(unattributed_unblended_cost, 0), coalesce(unattributed_net_unblended_cost, 0),
                            coalesce(unattributed_list_cost, 0)]::text[] as "unattributed!",
                      array[coalesce(unclassified_unblended_cost, 0), coalesce(unclassified_net_unblended_cost, 0),
                            coalesce(unclassified_list_cost, 0)]::text[] as "unclassified!"
                 from (select currency,
                              array[sum(unblended_cost), sum(net_unblended_cost), sum(list_cost)] as bill,
                              array[sum(bedrock_unblended_cost), sum(bedrock_net_unblended_cost),
                                    sum(bedrock_list_cost)] as bedrock
                         from control_total
                        where load_id = $1
                        group by currency) as counted
                 left join ownership_total as kept
                   on kept.load_id = $1 and kept.ownership_id = $2 and kept.currency = counted.currency"#,
            self.load_id,
            self.ownership_id,
        )
        .fetch_all(&mut *self.connection)
        .await
        .doing("the control figures of a load")?;
        let three = |texts: Vec<String>| -> Result<_, StoreError> {
            let mut costs = [bill::Amount::ZERO; 3];
            for (cost, text) in costs.iter_mut().zip(texts) {
                *cost = amount(&text)?;
            }
            Ok(costs)
        };
        rows.into_iter()
            .map(|row| {
                let sums = ControlSums {
                    bill_total: three(row.bill)?,
                    bedrock_total: three(row.bedrock)?,
                    attributed: three(row.attributed)?,
                    unattributed: three(row.unattributed)?,
                    unclassified: three(row.unclassified)?,
                };
                Ok((row.currency.into(), sums))
            })
            .collect()
    }

    async fn tag_keys(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query!("select tag_column, key from load_tag_key where load_id = $1", self.load_id)
            .fetch_all(&mut *self.connection)
            .await
            .doing("the keys of tags")?;
        Ok(rows.into_iter().map(|row| (row.tag_column, row.key)).collect())
    }
}

/// Things, each once, and the place of each.
struct Places<K> {
    places: HashMap<K, u32>,
    keys: Vec<K>,
}

impl<K> Default for Places<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), keys: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash> Places<K> {
    fn of(&mut self, key: K) -> u32 {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = place(self.keys.len());
        self.keys.push(key.clone());
        self.places.insert(key, place);
        place
    }

    /// The same thing, as it is kept.
    fn kept(&mut self, key: K) -> K {
        let place = self.of(key);
        self.keys[place as usize].clone()
    }
}

/// Four thousand million of anything do not fit into memory.
fn place(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
