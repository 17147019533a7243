//! Principals: who called, what each cost, and whose it is. In a path a principal is its opaque id, never its ARN.

mod get;
mod list;

use bill::{Amount, BillingPeriod};
use serde::Serialize;
use store::snapshot::{AsOf, CostRow, Dimension};
use utoipa::ToSchema;

use super::answer::{Links, TokenCounts};
pub(crate) use get::{__path_get_principal, get_principal};
pub(crate) use list::{__path_list_principals, list_principals};

/// What rows about principals are grouped by, in the order in which [`PrincipalCosts`] reads them.
pub(crate) const WHO: [Dimension; 5] =
    [Dimension::Principal, Dimension::Identity, Dimension::Role, Dimension::Session, Dimension::Person];

/// A principal, and what it cost in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrincipalCosts {
    /// The opaque id; null for lines that name no principal.
    #[schema(example = "prn_0123456789abcdef0123")]
    pub(super) id: Option<String>,
    /// As billed, whole.
    #[schema(example = "arn:aws:iam::123456789012:user/alice")]
    pub(super) arn: Option<String>,
    /// What it is: `iam_user`, `assumed_role`, `sso_user`…
    #[schema(example = "iam_user")]
    pub(super) identity: Option<String>,
    /// Role name.
    pub(super) role: Option<String>,
    /// Role session name.
    pub(super) session: Option<String>,
    /// The person behind it, where the bill says so.
    pub(super) person: Option<String>,
    /// The exact cost as a decimal string.
    #[schema(value_type = String, example = "1234.567890123456")]
    pub(super) cost: Amount,
    /// Its currency.
    #[schema(example = "USD")]
    pub(super) currency: String,
    /// Tokens by class.
    pub(super) tokens: TokenCounts,
    /// How many lines of the bill this is.
    pub(super) line_items: i64,
    /// Where to go from here.
    links: Links,
}

impl PrincipalCosts {
    /// A row of a question about a period of this data version that is grouped by [`WHO`].
    pub(crate) fn new(row: CostRow, period: BillingPeriod, as_of: Option<AsOf>) -> Self {
        let mut dimensions = row.values.dimensions();
        let mut next = || dimensions.next().flatten().map(str::to_owned);
        let (id, identity, role, session, person) = (next(), next(), next(), next(), next());
        let costs = format!("/v1/costs?period={period}&filter%5Bprincipal%5D={}", id.as_deref().unwrap_or_default());
        let links = Links::default().and_as_of("costs", costs, as_of);
        let links = match &id {
            Some(id) => links.and_as_of("principal", format!("/v1/principals/{id}"), as_of),
            None => links,
        };
        Self {
            id,
            arn: row.values.principal_arn().map(str::to_owned),
            identity,
            role,
            session,
            person,
            cost: row.cost,
            currency: row.currency.to_string(),
            tokens: (&row.tokens).into(),
            line_items: row.line_items,
            links,
        }
    }
}
