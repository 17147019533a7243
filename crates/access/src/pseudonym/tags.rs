use std::collections::BTreeMap;

use bill::tags::TagSet;

use super::Pseudonyms;
use super::email::holds_email;

impl Pseudonyms {
    /// A set of tags with every value replaced that names a person: all values of the tags that are configured to, and in any
    /// other tag those that hold an e-mail address. A key that holds an address is left out.
    pub fn tag_set(&self, set: &TagSet) -> TagSet {
        TagSet {
            tags: self.column("tags", &set.tags),
            resource_tags: self.column("resource_tags", &set.resource_tags),
            cost_category: self.column("cost_category", &set.cost_category),
        }
    }

    fn column(&self, column: &str, map: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let of_person =
            |key: &str| self.person_tags.iter().any(|tag| tag.view.column() == column && tag.column_key() == key);
        let shown = |(key, value): (&String, &String)| {
            // An empty value counts as not set.
            let is_person = !value.is_empty() && (holds_email(value) || of_person(key));
            (key.clone(), if is_person { self.person(value) } else { value.clone() })
        };
        map.iter().filter(|(key, _)| !holds_email(key)).map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonym::tests::pseudonyms;

    #[test]
    fn values_that_name_persons_are_replaced_in_every_view() {
        let pseudonyms = pseudonyms(&"k".repeat(32))
            .with_person_tags(["user", "userAttribute/nick"].map(|tag| tag.parse().expect("a tag")));
        let set = TagSet::from_json(
            Some(
                r#"{"iamPrincipal/team":"ds","iamPrincipal/user":"alice","iamPrincipal/owner":"Alice@example.com",
                    "userAttribute/nick":"al","userAttribute/empty":"","iamPrincipal/alice@example.com":"x"}"#,
            ),
            Some(r#"{"user":"alice","user_owner":"Alice <alice@example.com>"}"#),
            Some(r#"{"team":"alice@example.com"}"#),
        )
        .expect("three maps");
        let person = |text| pseudonyms.person(text);
        let shown = pseudonyms.tag_set(&set);
        let expected = TagSet {
            tags: [
                ("iamPrincipal/team", "ds".to_owned()),
                ("iamPrincipal/user", person("alice")),
                ("iamPrincipal/owner", person("alice@example.com")),
                ("userAttribute/nick", person("al")),
                ("userAttribute/empty", String::new()),
            ]
            .map(|(key, value)| (key.to_owned(), value))
            .into(),
            resource_tags: [("user", "alice".to_owned()), ("user_owner", person("Alice <alice@example.com>"))]
                .map(|(key, value)| (key.to_owned(), value))
                .into(),
            cost_category: [("team".to_owned(), person("alice@example.com"))].into(),
        };
        assert_eq!(shown, expected);
    }
}
