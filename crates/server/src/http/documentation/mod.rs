//! What the OpenAPI document says beyond the routes: what the service is, its parameters, and its problems.

mod arrangement;
pub(super) mod examples;
mod parameters;
mod question;
mod security;

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::problem::{MEDIA_TYPE, ProblemDocument, ProblemKind};
pub(crate) use parameters::{
    AuditParameters, CostParameters, CostsParameters, DimensionParameter, EventParameters, FormatParameter,
    PageParameters, PeriodAndCostParameters, PeriodInPath, PrincipalsParameters, ValuesParameters, day_schema,
    period_schema,
};
pub(crate) use question::{CostFileQuestion, CostsQuestion};

const DESCRIPTION: &str = "Exact Amazon Bedrock cost per team, principal, model and tag, from an AWS CUR 2.0 export.

**Money** is a decimal string with its currency beside it: never a floating-point number, never summed across currencies.
**Tokens** are whole numbers as strings. **Time** is UTC; ranges of days are half-open.

**Every answer is of one data version** and says so in `meta`: the version, when it was published, how far its billing
periods have come, and the question as understood. `control` has the figures that the answer belongs to: the whole bill,
Bedrock's share of it, and what teams own of that.

**Nothing is ignored.** A parameter or a dimension that is not known is refused as an RFC 9457 problem
(`application/problem+json`) with a stable `type`, the nearest known name, and every other fault of the request.

**Every caller sees only what is theirs.** Send an API key or a token of your OpenID provider as `Authorization: Bearer …`.
Permissions are held for everything, or for teams, accounts or tag values; what lies outside does not exist for the caller:
not in rows, totals, control figures, suggestions or 404s.";

/// The document before any route.
pub(super) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("chargeback")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let tag = |name: &str, description: &str| TagBuilder::new().name(name).description(Some(description)).build();
    let tags = [
        tag("costs", "Costs by any dimensions."),
        tag("teams", "Who owns cost, how much, and why."),
        tag("principals", "Who called, what each cost, and whose it is."),
        tag("models", "What each model cost, at which effective prices, and what its caches were worth."),
        tag("dimensions", "What costs can be asked by, and which values there are."),
        tag("tags", "Cost by cost allocation tags, in each of their views."),
        tag("drilldowns", "The single lines that a figure is made of."),
        tag("periods", "What is loaded, in which version, and how fresh."),
        tag("events", "What happens: watched, and sent to webhooks."),
        tag("refreshes", "Reading exports: asked for, watched, and what it costs."),
        tag("access", "Who asks, what they may do, API keys, and the audit log."),
        tag("service", "How the service is, and what it can do."),
    ];
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    let components = schemas
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, schema)| components.schema(name, schema));
    let components = security::schemes()
        .into_iter()
        .fold(components, |components, (name, scheme)| components.security_scheme(name, scheme));
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .components(Some(components.build()))
        .security(Some(security::any_of_them()))
        .build()
}

/// Sets of problems, each for the routes that may answer with them. `method-not-allowed` is in none: a method that does
/// not exist is no answer of an operation that does.
macro_rules! problems {
    ($($(#[$documentation:meta])* $name:ident: [$($kind:ident),+ $(,)?];)+) => {$(
        $(#[$documentation])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[$(ProblemKind::$kind),+])
            }
        }
    )+};
}

problems! {
    /// Of `/v1/costs`.
    CostsProblems: [
        UnknownParameter, RepeatedParameter, UnknownDimension, InvalidValue, ConflictingParameters, LimitExceeded,
        CursorOutdated, DataVersionGone, Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        QueryTooLong, PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/v1/costs:query`.
    CostsBodyProblems: [
        UnknownParameter, UnknownDimension, InvalidValue, ConflictingParameters, LimitExceeded, InvalidBody, BodyTooLarge,
        UnsupportedMediaType, CursorOutdated, DataVersionGone, Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded,
        ProviderUnreachable, QueryTooLong, PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that asks for a cost file.
    CostFileBodyProblems: [
        UnknownParameter, UnknownDimension, InvalidValue, ConflictingParameters, LimitExceeded, InvalidBody, BodyTooLarge,
        UnsupportedMediaType, DataVersionGone, Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded,
        ProviderUnreachable, QueryTooLong, PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the list of cost files.
    CostFileListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one cost file.
    CostFileProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownCostFile, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the content of a cost file.
    CostFileContentProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownCostFile, CostFileNotComplete, CostFileFailed, RangeNotSatisfiable, QueryTooLong,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one team.
    TeamProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, DataVersionGone, QueryTooLong, UnknownTeam, PeriodNotLoaded, NothingLoaded,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of lists of what costs something in a period, read page by page.
    ListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, LimitExceeded, CursorOutdated, DataVersionGone, QueryTooLong,
        PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one principal.
    PrincipalProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, DataVersionGone, QueryTooLong, UnknownPrincipal, NothingLoaded,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one model.
    ModelProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, DataVersionGone, QueryTooLong, UnknownModel, NothingLoaded,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the values of a dimension.
    DimensionProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, UnknownDimension, InvalidValue, LimitExceeded, CursorOutdated, DataVersionGone, QueryTooLong,
        PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about tags.
    TagProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, LimitExceeded, CursorOutdated, DataVersionGone, QueryTooLong, UnknownTag,
        PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes that report a whole period.
    ReportProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, DataVersionGone, QueryTooLong, PeriodNotLoaded, NothingLoaded,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one period.
    PeriodProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, PeriodNotLoaded, NothingLoaded,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/v1/dimensions`.
    DimensionListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes without parameters.
    PlainProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable, UnknownParameter, QueryTooLong,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of signing in and out with a browser.
    SignInProblems: [
        UnknownParameter, RepeatedParameter, InvalidValue, SignInFailed, CrossSite, UnknownPath, Unauthenticated, TooManyRequests, Overloaded, ProviderUnreachable,
        QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/v1/keys`.
    KeyListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one API key.
    KeyProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownKey, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that makes an API key.
    KeyBodyProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, InvalidBody, BodyTooLarge, UnsupportedMediaType, QueryTooLong,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that replaces an API key.
    RotationProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, InvalidBody, BodyTooLarge, UnsupportedMediaType, UnknownKey, KeyNotActive,
        QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that makes a drill-down.
    DrilldownBodyProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, InvalidBody, LimitExceeded, BodyTooLarge, UnsupportedMediaType, QueryTooLong,
        PeriodNotLoaded, NothingLoaded, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one drill-down.
    DrilldownProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownDrilldown, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the lines of a drill-down.
    DrilldownRowsProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, UnknownDrilldown, DrilldownNotComplete, DrilldownFailed,
        DrilldownOutdated, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/v1/audit`.
    AuditProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, LimitExceeded, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the lists of refreshes and queries.
    RefreshListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/v1/events`.
    EventProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the list of webhooks.
    WebhookListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that makes a webhook.
    WebhookBodyProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, InvalidBody, TooManyWebhooks, BodyTooLarge, UnsupportedMediaType, QueryTooLong,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes about one webhook.
    WebhookProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownWebhook, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that tries a webhook out.
    WebhookTestProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownWebhook, WebhookDisabled, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the messages of a webhook.
    WebhookDeliveriesProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, UnknownWebhook, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that sends a message again.
    ReplayProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, InvalidValue, UnknownWebhook, UnknownDelivery, WebhookDisabled, QueryTooLong, StoreUnreachable, Timeout,
        InternalError,
    ];
    /// Of one refresh.
    RefreshProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, UnknownRefresh, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of the route that asks for a refresh.
    RefreshBodyProblems: [
        Unauthenticated, Forbidden, CrossSite, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, LimitExceeded, InvalidBody, BodyTooLarge, UnsupportedMediaType, QueryTooLong,
        StoreUnreachable, Timeout, InternalError,
    ];
    /// Of routes that can be had in several formats.
    FormatProblems: [NotAcceptable];
    /// Of `/v1/periods`.
    PeriodListProblems: [
        Unauthenticated, Forbidden, TooManyRequests, Overloaded, ProviderUnreachable,
        UnknownParameter, RepeatedParameter, InvalidValue, QueryTooLong, StoreUnreachable, Timeout, InternalError,
    ];
    /// Of `/readyz`.
    ProbeProblems: [NothingLoaded, StoreUnreachable];
    /// Of `/problems/{kind}`.
    PageProblems: [UnknownParameter, UnknownPath];
    /// Of `/` and `/problems`.
    IndexProblems: [UnknownParameter];
}

/// Of routes whose answer is the same as long as the data version is.
pub(crate) struct NotModified;

impl IntoResponses for NotModified {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let text = "The answer is the one whose `ETag` was given in `If-None-Match`: poll as often as you like.";
        BTreeMap::from([("304".to_owned(), ResponseBuilder::new().description(text).build().into())])
    }
}

fn responses(kinds: &[ProblemKind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
    for kind in kinds {
        by_status.entry(kind.status().as_u16()).or_default().push(*kind);
    }
    by_status.into_iter().map(|(status, kinds)| (status.to_string(), response(&kinds).into())).collect()
}

fn response(kinds: &[ProblemKind]) -> Response {
    let types: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}", kind.type_uri(), kind.title())).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
    let response = ResponseBuilder::new().description(types.join("; ")).content(MEDIA_TYPE, content);
    if kinds.iter().any(|kind| kind.retry_after_seconds().is_some()) {
        let header = HeaderBuilder::new()
            .description(Some("After how many seconds trying again makes sense."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)));
        return response.header("retry-after", header.build()).build();
    }
    response.build()
}
