use bill::tags::TagKey;
use chrono::NaiveDate;

use crate::Parameter;

/// Which lines of a period are asked for: all that is said of them must hold. What is not said lets every line pass.
///
/// Where something is asked for, `None` within stands for lines on which it is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineChoice {
    /// The principal as it is after folding.
    pub principal: Option<Option<String>>,
    /// The account that used.
    pub account: Option<Option<String>>,
    /// The usage type as billed.
    pub usage_type: Option<Option<String>>,
    /// The line item type.
    pub charge_type: Option<Option<String>>,
    /// The day of use, UTC.
    pub day: Option<NaiveDate>,
    /// A tag and its value.
    pub tag: Option<(TagKey, Option<String>)>,
}

/// Lets every line pass.
const ANY: &str = "any";
/// Lets those lines pass whose value it is.
const IS: &str = "is";

impl LineChoice {
    /// The parameters of `sql/line_items.sql` from the fourth on, in order. Two choices that let the same lines pass for the
    /// same reasons have the same parameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = Vec::with_capacity(19);
        for asked in [&self.principal, &self.account, &self.usage_type, &self.charge_type] {
            parameters.extend(choice(asked.as_ref().map(Option::as_deref)));
        }
        let day = self.day.map(|day| day.to_string());
        parameters.extend(choice(day.as_deref().map(Some)));
        for column in ["tags", "resource_tags", "cost_category"] {
            let asked = self.tag.as_ref().filter(|(key, _)| key.view.column() == column);
            let [whether, value] = choice(asked.map(|(_, value)| value.as_deref()));
            let key = asked.map(|(key, _)| key.column_key()).unwrap_or_default();
            parameters.extend([whether, Parameter::Text(key), value]);
        }
        parameters
    }
}

fn choice(asked: Option<Option<&str>>) -> [Parameter; 2] {
    match asked {
        None => [Parameter::text(ANY), Parameter::text("")],
        Some(value) => [Parameter::text(IS), Parameter::text(value.unwrap_or_default())],
    }
}
