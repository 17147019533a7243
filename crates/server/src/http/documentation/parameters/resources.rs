//! The parameters of lists of what costs something: principals, values of tags and of dimensions.

use super::*;

/// `period`, `cost`, `as_of`, `reveal`, `q`, `limit` and `cursor`.
pub(crate) struct ValuesParameters;

impl IntoParams for ValuesParameters {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = PeriodAndCostParameters::into_params(place);
        parameters.extend([q(), limit(), cursor()]);
        parameters
    }
}

/// The same, with what a principal is looked for by.
pub(crate) struct PrincipalsParameters;

impl IntoParams for PrincipalsParameters {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let exactly = |name: &str, what: &str, example: &str| {
            let schema = text().pattern(Some(WITHOUT_NUL)).max_length(Some(LONGEST_FILTER_VALUE_BYTES));
            let description = format!("Only principals with exactly this {what}; empty, only lines without one.");
            parameter(name, description, schema.examples([example]).into()).build()
        };
        let words = Identity::ALL.map(Identity::as_str).into_iter().chain([""]);
        let identities = text().enum_values(Some(words)).examples(["iam_user"]);
        let mut parameters = ValuesParameters::into_params(place);
        parameters.extend([
            exactly("arn", "ARN, as billed", "arn:aws:iam::123456789012:user/alice"),
            exactly("person", "person behind them", "alice@example.com"),
            exactly("role", "role name", "gateway"),
            parameter("identity", "Only principals that are this; empty, only lines without one.", identities.into())
                .build(),
        ]);
        parameters
    }
}

/// A dimension in a path.
pub(crate) struct DimensionParameter;

impl IntoParams for DimensionParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let pattern = format!("^{}$", dimension_pattern(LETTER));
        let description =
            "The dimension as in `group_by`, percent-encoded: the slash of `tag:resourceTags/team` is `%2F`";
        let parameter = parameter("dimension", description, text().pattern(Some(pattern)).examples(["model"]).into());
        vec![parameter.parameter_in(ParameterIn::Path).required(Required::True).build()]
    }
}

fn q() -> Parameter {
    let description = format!(
        "Only what contains this text, whatever its letter case: for completing what is typed. At most \
         {LONGEST_FILTER_VALUE_BYTES} bytes."
    );
    let schema = text().pattern(Some(WITHOUT_NUL)).max_length(Some(LONGEST_FILTER_VALUE_BYTES)).examples(["sonnet"]);
    parameter("q", description, schema.into()).build()
}
