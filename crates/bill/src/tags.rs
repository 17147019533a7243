//! How a line is labelled: seven views of the same money, never added to one another.
//!
//! CUR 2.0 writes labels into three map columns. `tags` keeps five kinds apart by a prefix and changes nothing in the
//! keys; `resource_tags` and `cost_category` hold keys that AWS has normalised
//! (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html>). A key of one column is
//! not the key of another, so each is a view of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest tag value that is read, in bytes; AWS allows 256 characters.
pub const LONGEST_VALUE_BYTES: usize = 8 * 1024;

/// Which labels are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagView {
    /// Tags of the caller, or of its session: `iamPrincipal/…` in the column `tags`.
    IamPrincipal,
    /// Tags of the resource, keys as the user wrote them: `resourceTags/…` in the column `tags`.
    ResourceTags,
    /// Tags of the account: `accountTag/…` in the column `tags`.
    AccountTag,
    /// Attributes of the IAM Identity Center user: `userAttribute/…` in the column `tags`.
    UserAttribute,
    /// Cost categories under their own names: `costCategory/…` in the column `tags`.
    CostCategory,
    /// Tags of the resource under normalised keys: the column `resource_tags`.
    NormalisedResourceTags,
    /// Cost categories under normalised keys: the column `cost_category`.
    NormalisedCostCategory,
}

impl TagView {
    /// All views.
    pub const ALL: [Self; 7] = [
        Self::IamPrincipal,
        Self::ResourceTags,
        Self::AccountTag,
        Self::UserAttribute,
        Self::CostCategory,
        Self::NormalisedResourceTags,
        Self::NormalisedCostCategory,
    ];

    /// The name in snake case, such as `iam_principal`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IamPrincipal => "iam_principal",
            Self::ResourceTags => "resource_tags",
            Self::AccountTag => "account_tag",
            Self::UserAttribute => "user_attribute",
            Self::CostCategory => "cost_category",
            Self::NormalisedResourceTags => "normalised_resource_tags",
            Self::NormalisedCostCategory => "normalised_cost_category",
        }
    }

    /// The prefix that names the view in a [`TagKey`], without its slash: `iamPrincipal`, `resource_tags`…
    pub fn prefix(self) -> &'static str {
        match self {
            Self::IamPrincipal => "iamPrincipal",
            Self::ResourceTags => "resourceTags",
            Self::AccountTag => "accountTag",
            Self::UserAttribute => "userAttribute",
            Self::CostCategory => "costCategory",
            Self::NormalisedResourceTags => "resource_tags",
            Self::NormalisedCostCategory => "cost_category",
        }
    }

    /// The map column of the export in which the view lives: `tags`, `resource_tags` or `cost_category`.
    pub fn column(self) -> &'static str {
        match self {
            Self::NormalisedResourceTags => "resource_tags",
            Self::NormalisedCostCategory => "cost_category",
            _ => "tags",
        }
    }

    fn split(text: &str) -> Option<(Self, &str)> {
        let (prefix, key) = text.split_once('/')?;
        let view = Self::ALL.into_iter().find(|view| view.prefix() == prefix)?;
        Some((view, key))
    }
}

impl FromStr for TagView {
    type Err = ParseTagKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|view| view.as_str() == text).ok_or_else(|| ParseTagKeyError(shorten(text)))
    }
}

/// One label: a view and a key in it, the key's letter case kept.
///
/// Written `cost-center` (a tag of the caller), `resourceTags/cost-center`, `accountTag/…`, `userAttribute/…`,
/// `costCategory/…`, `resource_tags/user_cost_center`, `cost_category/…`; `iamPrincipal/cost-center` is the long form of
/// the first. A key may hold slashes of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagKey {
    /// Which labels.
    pub view: TagView,
    /// The key without the view's prefix.
    pub key: String,
}

impl TagKey {
    /// A tag of the caller.
    pub fn of_principal(key: impl Into<String>) -> Self {
        Self { view: TagView::IamPrincipal, key: key.into() }
    }

    /// The key as it stands in the map column: `iamPrincipal/cost-center` in `tags`, `user_x` in `resource_tags`.
    pub fn column_key(&self) -> String {
        match self.view.column() {
            "tags" => format!("{}/{}", self.view.prefix(), self.key),
            _ => self.key.clone(),
        }
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A caller's tag whose own key begins like another view needs the long form to be read back as itself.
        if self.view == TagView::IamPrincipal && TagView::split(&self.key).is_none() {
            return formatter.write_str(&self.key);
        }
        write!(formatter, "{}/{}", self.view.prefix(), self.key)
    }
}

/// A text that names no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no tag; write a key such as cost-center, or a view and a key such as resourceTags/cost-center")]
pub struct ParseTagKeyError(String);

impl FromStr for TagKey {
    type Err = ParseTagKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (view, key) = TagView::split(text).unwrap_or((TagView::IamPrincipal, text));
        if key.is_empty() {
            return Err(ParseTagKeyError(shorten(text)));
        }
        Ok(Self { view, key: key.to_owned() })
    }
}

impl TryFrom<String> for TagKey {
    type Error = ParseTagKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TagKey> for String {
    fn from(key: TagKey) -> Self {
        key.to_string()
    }
}

/// The labels of one line, column by column, keys and values as billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TagSet {
    /// The column `tags`: keys with their prefix, such as `iamPrincipal/team`.
    pub tags: BTreeMap<String, String>,
    /// The column `resource_tags`: normalised keys, such as `user_team`.
    pub resource_tags: BTreeMap<String, String>,
    /// The column `cost_category`: normalised keys.
    pub cost_category: BTreeMap<String, String>,
}

/// Why a map column could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagSetError {
    /// The text is not a JSON object of texts.
    #[error("column `{column}` does not hold a JSON object of texts: {reason}")]
    NotAMap {
        /// The column of the export.
        column: &'static str,
        /// What was met instead.
        reason: String,
    },
    /// A value that no tag of AWS can have.
    #[error(
        "the value of `{key}` in column `{column}` has {bytes} bytes; at most {LONGEST_VALUE_BYTES} are read, and AWS allows 256 characters"
    )]
    ValueTooLong {
        /// The column of the export.
        column: &'static str,
        /// The key, as it stands in the column.
        key: String,
        /// The length of the value in bytes.
        bytes: usize,
    },
}

impl TagSet {
    /// From the three map columns, each written as a JSON object of texts; `None` is a column without labels.
    ///
    /// # Errors
    /// When a text is no such object, or a value is longer than [`LONGEST_VALUE_BYTES`].
    pub fn from_json(
        tags: Option<&str>,
        resource_tags: Option<&str>,
        cost_category: Option<&str>,
    ) -> Result<Self, TagSetError> {
        Ok(Self {
            tags: read_map("tags", tags)?,
            resource_tags: read_map("resource_tags", resource_tags)?,
            cost_category: read_map("cost_category", cost_category)?,
        })
    }

    /// The value of a label. An empty value counts as not set.
    pub fn get(&self, key: &TagKey) -> Option<&str> {
        let column = match key.view {
            TagView::NormalisedResourceTags => &self.resource_tags,
            TagView::NormalisedCostCategory => &self.cost_category,
            _ => &self.tags,
        };
        column.get(&key.column_key()).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether there is no label in any view.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.resource_tags.is_empty() && self.cost_category.is_empty()
    }
}

fn read_map(column: &'static str, json: Option<&str>) -> Result<BTreeMap<String, String>, TagSetError> {
    let Some(json) = json.filter(|text| !text.is_empty()) else { return Ok(BTreeMap::new()) };
    let map: Option<BTreeMap<String, Option<String>>> =
        serde_json::from_str(json).map_err(|error| TagSetError::NotAMap { column, reason: reason(&error) })?;
    // A null value is how the engines write a key without a value; it is not set, like an empty one.
    let map: BTreeMap<_, _> =
        map.unwrap_or_default().into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    match map.iter().find(|(_, value)| value.len() > LONGEST_VALUE_BYTES) {
        Some((key, value)) => Err(TagSetError::ValueTooLong { column, key: shorten(key), bytes: value.len() }),
        None => Ok(map),
    }
}

/// What was met, and where. The words of `serde_json` would repeat a value, which may be long and may name a person.
fn reason(error: &serde_json::Error) -> String {
    let met = if error.is_data() { "something else" } else { "a text that is not JSON" };
    format!("{met} at line {} column {}", error.line(), error.column())
}

fn shorten(text: &str) -> String {
    text.chars().take(128).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> TagKey {
        text.parse().expect(text)
    }

    #[test]
    fn a_bare_key_is_a_tag_of_the_caller() {
        assert_eq!(key("cost-center"), TagKey { view: TagView::IamPrincipal, key: "cost-center".into() });
        assert_eq!(key("iamPrincipal/cost-center"), key("cost-center"));
        assert_eq!(key("cost-center").column_key(), "iamPrincipal/cost-center");
    }

    #[test]
    fn every_view_has_its_prefix_and_its_column() {
        for (text, view, column, column_key) in [
            ("resourceTags/Cost-Center", TagView::ResourceTags, "tags", "resourceTags/Cost-Center"),
            ("accountTag/department", TagView::AccountTag, "tags", "accountTag/department"),
            ("userAttribute/Department", TagView::UserAttribute, "tags", "userAttribute/Department"),
            ("costCategory/Line of business", TagView::CostCategory, "tags", "costCategory/Line of business"),
            ("resource_tags/user_cost_center", TagView::NormalisedResourceTags, "resource_tags", "user_cost_center"),
            ("cost_category/department", TagView::NormalisedCostCategory, "cost_category", "department"),
        ] {
            let parsed = key(text);
            assert_eq!((parsed.view, parsed.view.column()), (view, column));
            assert_eq!(parsed.column_key(), column_key);
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn a_key_may_hold_slashes_of_its_own() {
        assert_eq!(key("app/tier").column_key(), "iamPrincipal/app/tier");
        assert_eq!(key("resourceTags/app/tier").key, "app/tier");
        let odd = TagKey::of_principal("resourceTags/x");
        assert_eq!(odd.to_string(), "iamPrincipal/resourceTags/x");
        assert_eq!(key(&odd.to_string()), odd);
    }

    #[test]
    fn a_view_without_a_key_is_refused() {
        for text in ["", "resourceTags/", "iamPrincipal/"] {
            assert!(text.parse::<TagKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn views_are_read_apart() {
        let set = TagSet::from_json(
            Some(r#"{"iamPrincipal/team":"ds","resourceTags/team":"platform","iamPrincipal/Team":"DS"}"#),
            Some(r#"{"user_team":"plat"}"#),
            Some(r#"{"team":"finance"}"#),
        )
        .expect("three maps");
        for (text, value) in [
            ("team", Some("ds")),
            ("Team", Some("DS")),
            ("resourceTags/team", Some("platform")),
            ("resource_tags/user_team", Some("plat")),
            ("cost_category/team", Some("finance")),
            ("accountTag/team", None),
            ("costCategory/team", None),
            ("TEAM", None),
        ] {
            assert_eq!(set.get(&key(text)), value, "{text}");
        }
    }

    #[test]
    fn empty_and_null_values_count_as_not_set() {
        let set = TagSet::from_json(Some(r#"{"iamPrincipal/a":"","iamPrincipal/b":null}"#), Some("null"), Some(""))
            .expect("maps");
        assert_eq!((set.get(&key("a")), set.get(&key("b"))), (None, None));
        assert!(TagSet::from_json(None, None, None).expect("no maps").is_empty());
    }

    #[test]
    fn a_ten_megabyte_value_is_refused_by_the_name_of_its_key() {
        let json = format!(r#"{{"iamPrincipal/team":"{}"}}"#, "x".repeat(10_000_000));
        let error = TagSet::from_json(Some(&json), None, None).expect_err("too long").to_string();
        assert!(error.contains("`iamPrincipal/team` in column `tags` has 10000000 bytes"), "{error}");
        let longest = format!(r#"{{"iamPrincipal/team":"{}"}}"#, "x".repeat(LONGEST_VALUE_BYTES));
        assert!(TagSet::from_json(Some(&longest), None, None).is_ok());
    }

    #[test]
    fn what_is_not_a_map_of_texts_is_refused_by_the_name_of_its_column() {
        for json in ["[]", "{", r#"{"a":1}"#, r#"{"a":{"b":"c"}}"#, "text"] {
            let error = TagSet::from_json(None, Some(json), None).expect_err(json).to_string();
            assert!(error.starts_with("column `resource_tags` does not hold"), "{error}");
        }
    }

    #[test]
    fn a_message_says_where_and_repeats_nothing_of_the_bill() {
        let error = |json: &str| TagSet::from_json(Some(json), None, None).expect_err(json).to_string();
        let place = "column `tags` does not hold a JSON object of texts:";
        assert_eq!(error(r#""jane@example.com""#), format!("{place} something else at line 1 column 18"));
        assert_eq!(error(r#"{"a":"jane@example.com"#), format!("{place} a text that is not JSON at line 1 column 22"));
    }

    #[test]
    fn views_are_named_and_read_back() {
        for view in TagView::ALL {
            assert_eq!(view.as_str().parse::<TagView>(), Ok(view));
        }
    }

    proptest! {
        #[test]
        fn a_key_is_read_back_as_written(view in 0..7_usize, key in "[a-zA-Z/_.: =+@-]{1,40}") {
            let written = TagKey { view: TagView::ALL[view], key };
            prop_assert_eq!(written.to_string().parse::<TagKey>(), Ok(written));
        }
    }
}
