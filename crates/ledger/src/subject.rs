use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::{TagKey, TagSet, TagView};

/// What rules look at: all that they may know about some cost.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Who called; `None` where the bill does not say.
    pub principal: Option<&'a Principal>,
    /// The labels of the line.
    pub tags: &'a TagSet,
    /// The account that used, twelve digits (`line_item_usage_account_id`).
    pub account: Option<&'a str>,
    /// The canonical name of the model.
    pub model: Option<&'a str>,
    /// The line item type.
    pub charge_type: &'a ChargeType,
    /// Whether it was used before 2026-04-08, the first day with principals on the bill.
    pub predates_principals: bool,
}

/// A field of a subject that a `match` can name, besides its tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Principal,
    Role,
    Session,
    Person,
    Account,
    Identity,
    Model,
}

impl Field {
    /// All fields, in the order in which conditions are tried and shown.
    pub(crate) const ALL: [Self; 7] =
        [Self::Principal, Self::Role, Self::Session, Self::Person, Self::Account, Self::Identity, Self::Model];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Role => "role",
            Self::Session => "session",
            Self::Person => "person",
            Self::Account => "account",
            Self::Identity => "identity",
            Self::Model => "model",
        }
    }

    pub(crate) fn of<'a>(self, subject: &Subject<'a>) -> Option<&'a str> {
        match self {
            Self::Principal => subject.principal.map(|principal| principal.arn.as_str()),
            Self::Role => subject.principal?.role.as_deref(),
            Self::Session => subject.principal?.session.as_deref(),
            Self::Person => subject.principal?.person.as_deref(),
            Self::Account => subject.account,
            Self::Identity => subject.principal.map(|principal| principal.identity.as_str()),
            Self::Model => subject.model,
        }
    }
}

/// A tag key, made ready to be looked up once for each subject: `TagSet::get` would build its text every time.
#[derive(Clone, Debug)]
pub(crate) struct TagLookup {
    pub(crate) key: TagKey,
    column_key: String,
}

impl TagLookup {
    pub(crate) fn new(key: TagKey) -> Self {
        Self { column_key: key.column_key(), key }
    }

    /// The value; an empty one counts as not set.
    pub(crate) fn of<'a>(&self, tags: &'a TagSet) -> Option<&'a str> {
        let column = match self.key.view {
            TagView::NormalisedResourceTags => &tags.resource_tags,
            TagView::NormalisedCostCategory => &tags.cost_category,
            _ => &tags.tags,
        };
        column.get(&self.column_key).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Whether the caller carries any tag with a value.
pub(crate) fn has_principal_tag(tags: &TagSet) -> bool {
    let prefix = TagView::IamPrincipal.prefix();
    let of_principal = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    tags.tags.iter().any(|(key, value)| of_principal(key) && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_where_the_words_of_the_bill_find_it() {
        let tags = TagSet::from_json(
            Some(r#"{"iamPrincipal/team":"ds","iamPrincipal/empty":"","resourceTags/team":"r","accountTag/team":"a"}"#),
            Some(r#"{"user_team":"u","team":""}"#),
            Some(r#"{"team":"c"}"#),
        )
        .expect("three maps");
        for view in TagView::ALL {
            for key in ["team", "user_team", "empty", "absent"] {
                let key = TagKey { view, key: key.into() };
                assert_eq!(TagLookup::new(key.clone()).of(&tags), tags.get(&key), "{key}");
            }
        }
    }

    #[test]
    fn only_a_tag_of_the_caller_with_a_value_counts() {
        for (tags, expected) in [
            (r#"{"iamPrincipal/x":""}"#, false),
            (r#"{"resourceTags/x":"1"}"#, false),
            (r#"{"iamPrincipalX/x":"1"}"#, false),
            (r#"{"iamPrincipal/x":"1"}"#, true),
        ] {
            let tags = TagSet::from_json(Some(tags), Some(r#"{"iamPrincipal/x":"1"}"#), None).expect("maps");
            assert_eq!(has_principal_tag(&tags), expected, "{tags:?}");
        }
    }
}
