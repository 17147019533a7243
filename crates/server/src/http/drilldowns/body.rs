use bill::BillingPeriod;
use bill::tags::TagKey;
use chrono::NaiveDate;

use super::asked::AskedTag;
use crate::http::body::{Fields, JsonObject, fault};
use crate::http::grammar::{Fault, Faults, parse_day, parse_period, shown};
use crate::http::problem::ProblemKind;

/// The longest value, in characters: what every engine takes as a parameter. IAM's longest ARNs are shorter.
const LONGEST_VALUE: usize = 1000;
/// AWS allows 128 characters in a tag key; views add a prefix.
const LONGEST_KEY: usize = 640;

/// A drill-down to be made, as it was sent.
pub(super) struct DrilldownBody {
    pub(super) period: BillingPeriod,
    pub(super) export: Option<String>,
    pub(super) principal: Option<Option<String>>,
    pub(super) account: Option<Option<String>>,
    pub(super) usage_type: Option<Option<String>>,
    pub(super) charge_type: Option<Option<String>>,
    pub(super) day: Option<NaiveDate>,
    pub(super) tag: Option<AskedTag>,
}

impl DrilldownBody {
    pub(super) fn read(body: JsonObject) -> Result<Self, Faults> {
        const FIELDS: [&str; 8] =
            ["period", "export", "principal", "account", "usage_type", "charge_type", "day", "tag"];
        let mut faults = Faults::default();
        let mut fields = body.fields(&FIELDS, &mut faults);
        let period = fields.require::<String>("period", &mut faults);
        let period = period.and_then(|text| faults.keep(parse_period("period", &text)));
        let export = fields.take::<String>("export", &mut faults);
        let export = export.and_then(|name| faults.keep(checked_export(name)));
        let mut value = |name| value(&mut fields, name, &mut faults);
        let (principal, account) = (value("principal"), value("account"));
        let (usage_type, charge_type) = (value("usage_type"), value("charge_type"));
        let day = fields.take::<String>("day", &mut faults);
        let day = day.and_then(|text| faults.keep(parse_day("day", &text)));
        let tag = fields.take_object("tag", &["key", "value"], &mut faults);
        let tag = tag.and_then(|fields| read_tag(fields, &mut faults));
        match period {
            Some(period) => {
                faults.none_or(Self { period, export, principal, account, usage_type, charge_type, day, tag })
            }
            None => Err(faults),
        }
    }
}

/// A value, or null.
fn value(fields: &mut Fields, name: &str, faults: &mut Faults) -> Option<Option<String>> {
    match fields.take::<Option<String>>(name, faults)? {
        None => Some(None),
        Some(text) => faults.keep(checked(name, text)).map(Some),
    }
}

fn checked_export(name: String) -> Result<String, Fault> {
    match name.is_empty() {
        true => Err(fault("export", "`export` is empty; write the name of an export, or leave it out")),
        false => checked("export", name),
    }
}

fn checked(name: &str, text: String) -> Result<String, Fault> {
    let length = text.chars().count();
    if length > LONGEST_VALUE {
        let detail = format!("a value of {length} characters is given; at most {LONGEST_VALUE} are read");
        return Err(Fault::new(ProblemKind::LimitExceeded, name, detail));
    }
    if text.is_empty() {
        return Err(fault(name, format!("`{name}` is empty; write null for lines on which it is not set")));
    }
    if text.chars().any(char::is_control) {
        return Err(fault(name, format!("`{name}` holds a control character, which no name on a bill does")));
    }
    Ok(text)
}

/// Both the key and the value must be said.
fn read_tag(mut fields: Fields, faults: &mut Faults) -> Option<AskedTag> {
    let (key_place, value_place) = (fields.place_of("key"), fields.place_of("value"));
    let key = fields.require::<String>("key", faults).and_then(|key| faults.keep(checked_key(&key_place, key)));
    let value = match fields.require::<Option<String>>("value", faults)? {
        None => None,
        Some(text) => Some(faults.keep(checked(&value_place, text))?),
    };
    Some(AskedTag { key: key?, value })
}

fn checked_key(place: &str, key: String) -> Result<String, Fault> {
    if key.is_empty() {
        return Err(fault(place, format!("`{place}` is empty; write the key of a tag, such as cost-center")));
    }
    let key = checked(place, key)?;
    let length = key.chars().count();
    if length > LONGEST_KEY {
        let detail = format!("a key of {length} characters is too long for a tag; at most {LONGEST_KEY} are read");
        return Err(Fault::new(ProblemKind::LimitExceeded, place, detail));
    }
    let read: TagKey = key.parse().map_err(|_| {
        let detail =
            format!("`{}` is no key of a tag; write one such as cost-center, or resourceTags/cost-center", shown(&key));
        fault(place, detail)
    })?;
    Ok(read.to_string())
}
