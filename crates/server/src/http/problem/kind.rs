//! Every kind of problem that the API reports. Their types are promises: clients branch on them.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// A parameter that the route does not have.
    UnknownParameter,
    /// A parameter given twice that may be given once.
    RepeatedParameter,
    /// A name that is no dimension.
    UnknownDimension,
    /// A value that cannot be read.
    InvalidValue,
    /// Parameters that do not go together.
    ConflictingParameters,
    /// More than is answered at once.
    LimitExceeded,
    /// A page of a data version that is not served any more.
    CursorOutdated,
    /// A data version that was served and is not kept any more.
    DataVersionGone,
    /// A query string beyond the length that is read.
    QueryTooLong,
    /// No such path.
    UnknownPath,
    /// A method that the path does not have.
    MethodNotAllowed,
    /// No format, or no coding, that the request takes.
    NotAcceptable,
    /// A period, or days, without data.
    PeriodNotLoaded,
    /// A team that owns nothing.
    UnknownTeam,
    /// A tag, or a value of one, that is on no line.
    UnknownTag,
    /// A principal that costs nothing.
    UnknownPrincipal,
    /// A model that costs nothing.
    UnknownModel,
    /// Credentials that are missing or not accepted.
    Unauthenticated,
    /// Something that the caller may not do.
    Forbidden,
    /// A request that another site made a browser send.
    CrossSite,
    /// No such API key.
    UnknownKey,
    /// No such drill-down of the caller's.
    UnknownDrilldown,
    /// A drill-down whose lines are not there yet.
    DrilldownNotComplete,
    /// A drill-down whose lines could not be fetched.
    DrilldownFailed,
    /// A drill-down about something that is not served any more.
    DrilldownOutdated,
    /// No such cost file of the caller's.
    UnknownCostFile,
    /// A cost file that is not there yet.
    CostFileNotComplete,
    /// A cost file that could not be written.
    CostFileFailed,
    /// Bytes that a file does not have.
    RangeNotSatisfiable,
    /// No such refresh.
    UnknownRefresh,
    /// No such webhook.
    UnknownWebhook,
    /// No such message of a webhook.
    UnknownDelivery,
    /// A webhook that nothing is sent to.
    WebhookDisabled,
    /// As many webhooks as there may be.
    TooManyWebhooks,
    /// An API key that cannot be replaced any more.
    KeyNotActive,
    /// A browser that came back from the provider with something unexpected.
    SignInFailed,
    /// A body that cannot be read.
    InvalidBody,
    /// A body that is not JSON.
    UnsupportedMediaType,
    /// A body beyond the length that is read.
    BodyTooLarge,
    /// More than the caller may ask for.
    TooManyRequests,
    /// More than the service can do at once.
    Overloaded,
    /// The OpenID provider does not answer.
    ProviderUnreachable,
    /// Nothing has been published yet.
    NothingLoaded,
    /// The database does not answer.
    StoreUnreachable,
    /// The answer took too long.
    Timeout,
    /// A mistake of ours.
    InternalError,
}

impl ProblemKind {
    /// All kinds, in the order in which they are documented.
    pub(crate) const ALL: [Self; 46] = [
        Self::UnknownParameter,
        Self::RepeatedParameter,
        Self::UnknownDimension,
        Self::InvalidValue,
        Self::ConflictingParameters,
        Self::LimitExceeded,
        Self::CursorOutdated,
        Self::DataVersionGone,
        Self::QueryTooLong,
        Self::UnknownPath,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PeriodNotLoaded,
        Self::UnknownTeam,
        Self::UnknownTag,
        Self::UnknownPrincipal,
        Self::UnknownModel,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::CrossSite,
        Self::UnknownKey,
        Self::UnknownDrilldown,
        Self::DrilldownNotComplete,
        Self::DrilldownFailed,
        Self::DrilldownOutdated,
        Self::UnknownCostFile,
        Self::CostFileNotComplete,
        Self::CostFileFailed,
        Self::RangeNotSatisfiable,
        Self::UnknownRefresh,
        Self::UnknownWebhook,
        Self::UnknownDelivery,
        Self::WebhookDisabled,
        Self::TooManyWebhooks,
        Self::KeyNotActive,
        Self::SignInFailed,
        Self::InvalidBody,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::TooManyRequests,
        Self::Overloaded,
        Self::ProviderUnreachable,
        Self::NothingLoaded,
        Self::StoreUnreachable,
        Self::Timeout,
        Self::InternalError,
    ];

    /// The stable `type`: a reference relative to the service, which serves a page about it there.
    pub(crate) fn type_uri(self) -> &'static str {
        match self {
            Self::UnknownParameter => "/problems/unknown-parameter",
            Self::RepeatedParameter => "/problems/repeated-parameter",
            Self::UnknownDimension => "/problems/unknown-dimension",
            Self::InvalidValue => "/problems/invalid-value",
            Self::ConflictingParameters => "/problems/conflicting-parameters",
            Self::LimitExceeded => "/problems/limit-exceeded",
            Self::CursorOutdated => "/problems/cursor-outdated",
            Self::DataVersionGone => "/problems/data-version-gone",
            Self::QueryTooLong => "/problems/query-too-long",
            Self::UnknownPath => "/problems/unknown-path",
            Self::MethodNotAllowed => "/problems/method-not-allowed",
            Self::NotAcceptable => "/problems/not-acceptable",
            Self::PeriodNotLoaded => "/problems/period-not-loaded",
            Self::UnknownTeam => "/problems/unknown-team",
            Self::UnknownTag => "/problems/unknown-tag",
            Self::UnknownPrincipal => "/problems/unknown-principal",
            Self::UnknownModel => "/problems/unknown-model",
            Self::Unauthenticated => "/problems/unauthenticated",
            Self::Forbidden => "/problems/forbidden",
            Self::CrossSite => "/problems/cross-site",
            Self::UnknownKey => "/problems/unknown-key",
            Self::UnknownDrilldown => "/problems/unknown-drilldown",
            Self::DrilldownNotComplete => "/problems/drilldown-not-complete",
            Self::DrilldownFailed => "/problems/drilldown-failed",
            Self::DrilldownOutdated => "/problems/drilldown-outdated",
            Self::UnknownCostFile => "/problems/unknown-cost-file",
            Self::CostFileNotComplete => "/problems/cost-file-not-complete",
            Self::CostFileFailed => "/problems/cost-file-failed",
            Self::RangeNotSatisfiable => "/problems/range-not-satisfiable",
            Self::UnknownRefresh => "/problems/unknown-refresh",
            Self::UnknownWebhook => "/problems/unknown-webhook",
            Self::UnknownDelivery => "/problems/unknown-delivery",
            Self::WebhookDisabled => "/problems/webhook-disabled",
            Self::TooManyWebhooks => "/problems/too-many-webhooks",
            Self::KeyNotActive => "/problems/key-not-active",
            Self::SignInFailed => "/problems/sign-in-failed",
            Self::InvalidBody => "/problems/invalid-body",
            Self::UnsupportedMediaType => "/problems/unsupported-media-type",
            Self::BodyTooLarge => "/problems/body-too-large",
            Self::TooManyRequests => "/problems/too-many-requests",
            Self::Overloaded => "/problems/overloaded",
            Self::ProviderUnreachable => "/problems/provider-unreachable",
            Self::NothingLoaded => "/problems/nothing-loaded",
            Self::StoreUnreachable => "/problems/store-unreachable",
            Self::Timeout => "/problems/timeout",
            Self::InternalError => "/problems/internal-error",
        }
    }

    /// The same words for every occurrence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::UnknownParameter => "Unknown parameter",
            Self::RepeatedParameter => "Parameter given more than once",
            Self::UnknownDimension => "Unknown dimension",
            Self::InvalidValue => "Invalid value",
            Self::ConflictingParameters => "Parameters that do not go together",
            Self::LimitExceeded => "More than is answered at once",
            Self::CursorOutdated => "Page of a data version that is gone",
            Self::DataVersionGone => "Data version not kept any more",
            Self::QueryTooLong => "Query string too long",
            Self::UnknownPath => "Unknown path",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotAcceptable => "Not to be had in this format",
            Self::PeriodNotLoaded => "Period not loaded",
            Self::UnknownTeam => "Unknown team",
            Self::UnknownTag => "Unknown tag",
            Self::UnknownPrincipal => "Unknown principal",
            Self::UnknownModel => "Unknown model",
            Self::Unauthenticated => "Who is asking is not known",
            Self::Forbidden => "Not allowed",
            Self::CrossSite => "Request from another site",
            Self::UnknownKey => "Unknown API key",
            Self::UnknownDrilldown => "Unknown drill-down",
            Self::DrilldownNotComplete => "Drill-down not complete",
            Self::DrilldownFailed => "Drill-down failed",
            Self::DrilldownOutdated => "Drill-down outdated",
            Self::UnknownCostFile => "Unknown cost file",
            Self::CostFileNotComplete => "Cost file not complete",
            Self::CostFileFailed => "Cost file failed",
            Self::RangeNotSatisfiable => "Range not satisfiable",
            Self::UnknownRefresh => "Unknown refresh",
            Self::UnknownWebhook => "Unknown webhook",
            Self::UnknownDelivery => "Unknown message of a webhook",
            Self::WebhookDisabled => "Webhook disabled",
            Self::TooManyWebhooks => "Too many webhooks",
            Self::KeyNotActive => "API key not active",
            Self::SignInFailed => "Signing in failed",
            Self::InvalidBody => "Invalid body",
            Self::UnsupportedMediaType => "Unsupported media type",
            Self::BodyTooLarge => "Body too large",
            Self::TooManyRequests => "Too many requests",
            Self::Overloaded => "Overloaded",
            Self::ProviderUnreachable => "OpenID provider unreachable",
            Self::NothingLoaded => "Nothing loaded yet",
            Self::StoreUnreachable => "Database unreachable",
            Self::Timeout => "The answer took too long",
            Self::InternalError => "Internal error",
        }
    }

    /// The status, chosen by what the caller can do next.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownParameter
            | Self::RepeatedParameter
            | Self::UnknownDimension
            | Self::InvalidValue
            | Self::ConflictingParameters
            | Self::SignInFailed
            | Self::InvalidBody
            | Self::LimitExceeded => StatusCode::BAD_REQUEST,
            Self::QueryTooLong => StatusCode::URI_TOO_LONG,
            Self::UnknownPath
            | Self::PeriodNotLoaded
            | Self::UnknownTeam
            | Self::UnknownTag
            | Self::UnknownPrincipal
            | Self::UnknownModel
            | Self::UnknownKey
            | Self::UnknownRefresh
            | Self::UnknownWebhook
            | Self::UnknownDelivery
            | Self::UnknownDrilldown
            | Self::UnknownCostFile => StatusCode::NOT_FOUND,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::KeyNotActive
            | Self::WebhookDisabled
            | Self::TooManyWebhooks
            | Self::CostFileNotComplete
            | Self::CostFileFailed
            | Self::DrilldownNotComplete
            | Self::DrilldownFailed => StatusCode::CONFLICT,
            Self::CursorOutdated | Self::DataVersionGone | Self::DrilldownOutdated => StatusCode::GONE,
            Self::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::NothingLoaded
            | Self::StoreUnreachable
            | Self::Timeout
            | Self::Overloaded
            | Self::ProviderUnreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened and what to do about it, for the page about the kind.
    pub(crate) fn explanation(self) -> &'static str {
        match self {
            Self::UnknownParameter => {
                "Parameters are never ignored, so that a typing mistake cannot change a bill. `errors` names the nearest parameter that is known."
            }
            Self::RepeatedParameter => "This parameter has one value. Give it once.",
            Self::UnknownDimension => {
                "Costs are not kept by this name. `errors` lists the dimensions; a tag is written `tag:<key>`."
            }
            Self::InvalidValue => "A value could not be read. `errors` says what would be right.",
            Self::ConflictingParameters => {
                "Each of these parameters may be given, but not together, or not without another. `errors` says which go together."
            }
            Self::LimitExceeded => {
                "Ask for less at once: fewer dimensions, values or periods, or page by page with `limit`."
            }
            Self::CursorOutdated => {
                "Pages that belong together are of one data version, and that of this page is not kept any more. `links.first` is the first page of the same question now."
            }
            Self::DataVersionGone => {
                "The last five versions of a month before the newest, and the last five sets of ownership rules, are kept; what any other answer was made of is gone. `links.successor-version` asks the same of the next data version that is kept, `links.latest-version` of the one that is served."
            }
            Self::QueryTooLong => "Ask for fewer values at once.",
            Self::UnknownPath => "There is nothing at this path. `/` lists what there is.",
            Self::MethodNotAllowed => "The path exists, the method does not. The `Allow` header lists those that do.",
            Self::NotAcceptable => {
                "`detail` lists what can be had. Name one of them in `Accept`, or the format in the parameter `format`, which `Accept` does not overrule."
            }
            Self::PeriodNotLoaded => {
                "No data is published for this time. `loaded_periods` lists the billing periods that are."
            }
            Self::UnknownTeam => "No team of this id owns a cost. `/v1/teams` lists those that do.",
            Self::UnknownTag => {
                "No line carries a tag of this key, or with this value. `/v1/tags` lists the keys, `/v1/tags/{key}` the values. In a path both are percent-encoded: a slash is `%2F`."
            }
            Self::UnknownPrincipal => {
                "No line names a principal of this id. `/v1/principals` lists those that cost something."
            }
            Self::UnknownModel => "No line names a model of this id. `/v1/models` lists those that cost something.",
            Self::Unauthenticated => {
                "Send an API key or a token of the OpenID provider as `Authorization: Bearer …`, or sign in at `/auth/sign-in`. Whatever is wrong with credentials, the answer is the same; the audit log has the reason."
            }
            Self::Forbidden => {
                "The caller is known and lacks the permission that `detail` names. `/v1/me` lists what they may do."
            }
            Self::CrossSite => {
                "A browser sent this on behalf of another site. Programs are not affected: they send neither `Origin` nor `Sec-Fetch-Site`."
            }
            Self::UnknownKey => {
                "There is no API key of this id that the caller may see. `/v1/keys` lists those that there are."
            }
            Self::UnknownDrilldown => {
                "There is no drill-down of this id that the caller asked for, or it has aged out. Ask again: `POST /v1/drilldowns`."
            }
            Self::DrilldownNotComplete => {
                "The lines are still being fetched from the export. Try again after the time in `Retry-After`; the drill-down tells when they are there."
            }
            Self::DrilldownFailed => {
                "The lines could not be fetched from the export, and `detail` says why. Ask again: `POST /v1/drilldowns`."
            }
            Self::DrilldownOutdated => {
                "The month was read anew, the ownership rules have changed, or the lines have aged out. Ask again: `POST /v1/drilldowns`."
            }
            Self::UnknownCostFile => {
                "There is no file of this id that you asked for, or it was deleted, or it has expired. Ask again: `POST /v1/cost-files`."
            }
            Self::CostFileNotComplete => {
                "The file is still being written. Try again after the time in `Retry-After`; the cost file tells when it is complete."
            }
            Self::CostFileFailed => {
                "The file could not be written, and `detail` says why. Ask again: `POST /v1/cost-files`."
            }
            Self::RangeNotSatisfiable => {
                "The file is shorter than `Range` takes it for: `Content-Range` says how long it is. Leave `Range` out to fetch all of it."
            }
            Self::UnknownRefresh => {
                "There is no refresh of this id, or it was forgotten: those that found nothing new are kept for a day, all others for 90."
            }
            Self::UnknownWebhook => {
                "There is no webhook of this id, or it was deleted. `/v1/webhooks` lists those that there are."
            }
            Self::UnknownDelivery => {
                "There is no message of this id for this webhook, or it was forgotten: messages are kept for 30 days."
            }
            Self::TooManyWebhooks => {
                "Delete one that is not needed any more. One receiver can pass messages on to many."
            }
            Self::WebhookDisabled => {
                "The receiver answered `410 Gone`, or every try failed for five days. Mend it, then `POST /v1/webhooks/{id}/enable`."
            }
            Self::KeyNotActive => {
                "The key has expired, is revoked, or was replaced before: it cannot be replaced. Make a new one."
            }
            Self::SignInFailed => {
                "Signing in took too long, was done twice, or was not begun by this browser. Begin again at `/auth/sign-in`."
            }
            Self::InvalidBody => {
                "The body is not the JSON that this route takes. `errors` names each field at fault and what would be right."
            }
            Self::UnsupportedMediaType => "Send JSON with `Content-Type: application/json`.",
            Self::BodyTooLarge => "Send less at once.",
            Self::TooManyRequests => {
                "Try again after the time in `Retry-After`. Answers with 304 are not counted: send `If-None-Match`."
            }
            Self::Overloaded => "The service has as much to do as it can. Try again after the time in `Retry-After`.",
            Self::ProviderUnreachable => {
                "Whether the token is good cannot be told, because the OpenID provider does not answer. Try again after the time in `Retry-After`."
            }
            Self::NothingLoaded => {
                "No billing period has been published yet. Try again after the first refresh; `/v1/status` shows how far it is."
            }
            Self::StoreUnreachable => "The database does not answer. Try again after the time in `Retry-After`.",
            Self::Timeout => "The answer was not ready in time and was given up. Ask for less at once, or try again.",
            Self::InternalError => {
                "This is a mistake in the service. Report the `request_id`: the log has the whole story."
            }
        }
    }

    /// After how many seconds trying again makes sense, where it does.
    pub(crate) fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::Overloaded | Self::TooManyRequests | Self::DrilldownNotComplete | Self::CostFileNotComplete => {
                Some(1)
            }
            Self::StoreUnreachable | Self::ProviderUnreachable => Some(5),
            Self::NothingLoaded | Self::Timeout => Some(30),
            _ => None,
        }
    }
}

impl Serialize for ProblemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.type_uri())
    }
}
