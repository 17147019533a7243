use std::borrow::Cow;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// What is shown in place of a folded session. STS allows no `*` in a session name, so it cannot be mistaken for one.
pub(super) const FOLDED_SESSION: &str = "*";

/// Matches no text but the empty one, which is never billed as a principal.
const MATCHES_NOTHING: &str = "^$";

/// Sessions that are new for each run, told by globs: `*` is any text, `?` any one character.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldRule {
    /// The role's name, such as `AgentCore-*`.
    pub role: String,
    /// The session's name, such as `run-*`; all sessions of the role where it is left out.
    #[serde(default = "any_session")]
    pub session: String,
}

fn any_session() -> String {
    "*".to_owned()
}

/// Why rules for folding cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldRuleError {
    /// A rule without a role or without a session.
    #[error("fold rule {number} has an empty {field}; write `*` for any")]
    Empty {
        /// Its place in the list, from 1.
        number: usize,
        /// `role` or `session`.
        field: &'static str,
    },
    /// A role's name has no slash: AWS leaves the path of an assumed role out.
    #[error("fold rule {number}: the role `{role}` holds a slash; an assumed role is billed without its path")]
    RoleWithPath {
        /// Its place in the list, from 1.
        number: usize,
        /// The role as written.
        role: String,
    },
    /// All rules together are more than a pattern can hold.
    #[error("the fold rules are too many or too long for one pattern: {0}")]
    TooLarge(String),
}

/// Folds sessions that are new for each run into one principal per role, so that the number of principals stays bounded
/// while their money stays exact.
///
/// AgentCore and CI name a session after each run. With a rule for their role,
/// `arn:aws:sts::123456789012:assumed-role/Build/run-8121` becomes `arn:aws:sts::123456789012:assumed-role/Build/*`.
/// All rules are one pattern, which the questions bind as
/// `regexp_replace(line_item_iam_principal, ?, ?)`: its syntax means the same in Athena (Java), RE2 and Rust.
#[derive(Clone, Debug)]
pub struct SessionFold {
    pattern: Regex,
    replacement: String,
}

impl SessionFold {
    /// Folds by these rules; a principal that matches any of them is folded. No rules fold nothing.
    ///
    /// # Errors
    /// When a rule has an empty glob, a role holds a slash, or the rules are too long for one pattern.
    pub fn new(rules: &[FoldRule]) -> Result<Self, FoldRuleError> {
        let mut alternatives = Vec::new();
        let mut replacement = String::new();
        for (index, rule) in rules.iter().enumerate() {
            let number = index + 1;
            check(rule, number)?;
            alternatives.push(alternative(rule));
            // One group for each rule keeps the text before the session. Groups that took no part are empty.
            replacement.push_str(&format!("${number}"));
        }
        let pattern = match alternatives.is_empty() {
            true => MATCHES_NOTHING.to_owned(),
            false => alternatives.join("|"),
        };
        if !rules.is_empty() {
            replacement.push_str(FOLDED_SESSION);
        }
        let pattern = Regex::new(&pattern).map_err(|error| FoldRuleError::TooLarge(error.to_string()))?;
        Ok(Self { pattern, replacement })
    }

    /// The pattern, first of the two parameters of `regexp_replace`.
    pub fn pattern(&self) -> &str {
        self.pattern.as_str()
    }

    /// The replacement, second of the two parameters of `regexp_replace`.
    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    /// What the questions do with this principal.
    pub fn apply<'a>(&self, arn: &'a str) -> Cow<'a, str> {
        self.pattern.replace_all(arn, self.replacement.as_str())
    }
}

fn check(rule: &FoldRule, number: usize) -> Result<(), FoldRuleError> {
    for (field, glob) in [("role", &rule.role), ("session", &rule.session)] {
        if glob.is_empty() {
            return Err(FoldRuleError::Empty { number, field });
        }
    }
    if rule.role.contains('/') {
        return Err(FoldRuleError::RoleWithPath { number, role: rule.role.clone() });
    }
    Ok(())
}

fn alternative(rule: &FoldRule) -> String {
    let role = glob_to_pattern(&rule.role, "[^/]");
    let session = glob_to_pattern(&rule.session, ".");
    format!("^(arn:aws(?:-[a-z0-9-]+)?:sts::[0-9]{{12}}:assumed-role/{role}/){session}$")
}

/// Only what Java, RE2 and Rust agree on is written: literals, escaped punctuation, classes, `*` and `+`.
fn glob_to_pattern(glob: &str, any: &str) -> String {
    // A role or a session without a name is none: what has one of them is of no known form, and stays whole.
    if glob.bytes().all(|byte| byte == b'*') {
        return format!("{any}+");
    }
    let mut pattern = String::new();
    for character in glob.chars() {
        match character {
            '*' => pattern.push_str(&format!("{any}*")),
            '?' => pattern.push_str(any),
            '\\' | '.' | '+' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => pattern.extend(['\\', character]),
            literal => pattern.push(literal),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal::{Identity, Principal};

    fn fold(rules: &[(&str, &str)]) -> SessionFold {
        let rules: Vec<_> =
            rules.iter().map(|(role, session)| FoldRule { role: (*role).into(), session: (*session).into() }).collect();
        SessionFold::new(&rules).expect("rules")
    }

    #[test]
    fn the_sessions_of_a_role_become_one() {
        let fold = fold(&[("Build", "run-*")]);
        assert_eq!(
            fold.apply("arn:aws:sts::123456789012:assumed-role/Build/run-8121"),
            "arn:aws:sts::123456789012:assumed-role/Build/*"
        );
        for kept in [
            "arn:aws:sts::123456789012:assumed-role/Build/deploy-1",
            "arn:aws:sts::123456789012:assumed-role/Builder/run-1",
            "arn:aws:sts::123456789012:assumed-role/MyBuild/run-1",
            "arn:aws:iam::123456789012:role/Build/run-1",
            "arn:aws:iam::123456789012:user/run-1",
            "",
        ] {
            assert_eq!(fold.apply(kept), kept);
        }
    }

    #[test]
    fn many_rules_are_one_pattern() {
        let fold = fold(&[("AgentCore-*", "*"), ("ci.build", "gh-????"), ("x", "y+z*")]);
        for (arn, folded) in [
            ("arn:aws:sts::1:assumed-role/AgentCore-a/run", None),
            ("arn:aws-cn:sts::123456789012:assumed-role/AgentCore-a/0c-1/2", Some("AgentCore-a/*")),
            ("arn:aws-cn:sts::123456789012:assumed-role/ci.build/gh-1234", Some("ci.build/*")),
            ("arn:aws-cn:sts::123456789012:assumed-role/ci.build/gh-12345", None),
            ("arn:aws-cn:sts::123456789012:assumed-role/ciXbuild/gh-1234", None),
            ("arn:aws-cn:sts::123456789012:assumed-role/x/y+z1", Some("x/*")),
            // No grammar knows this partition, so that what it names stays whole. Found by a fuzzer.
            ("arn:aws8:sts::123456789012:assumed-role/x/y+z1", None),
        ] {
            let expected =
                folded.map_or(arn.to_owned(), |end| format!("arn:aws-cn:sts::123456789012:assumed-role/{end}"));
            assert_eq!(fold.apply(arn), expected);
        }
    }

    #[test]
    fn the_pattern_and_its_replacement_are_what_the_engines_are_given() {
        let fold = fold(&[("Build", "run-*"), ("AgentCore-*", "*")]);
        assert_eq!(
            (fold.pattern(), fold.replacement()),
            (
                "^(arn:aws(?:-[a-z0-9-]+)?:sts::[0-9]{12}:assumed-role/Build/)run-.*$\
                |^(arn:aws(?:-[a-z0-9-]+)?:sts::[0-9]{12}:assumed-role/AgentCore-[^/]*/).+$",
                "$1$2*"
            )
        );
    }

    #[test]
    fn more_than_nine_rules_keep_their_groups_apart() {
        let names: Vec<String> = (1..=12).map(|number| format!("role{number}")).collect();
        let rules: Vec<_> = names.iter().map(|name| (name.as_str(), "*")).collect();
        for name in &names {
            let arn = format!("arn:aws:sts::123456789012:assumed-role/{name}/s");
            assert_eq!(fold(&rules).apply(&arn), format!("arn:aws:sts::123456789012:assumed-role/{name}/*"));
        }
    }

    #[test]
    fn no_rules_fold_nothing() {
        let fold = fold(&[]);
        assert_eq!((fold.pattern(), fold.replacement()), ("^$", ""));
        for arn in ["arn:aws:sts::123456789012:assumed-role/Build/run-1", ""] {
            assert_eq!(fold.apply(arn), arn);
        }
    }

    #[test]
    fn what_has_no_role_or_no_session_is_no_session_of_a_role_and_stays_whole() {
        for glob in ["*", "**"] {
            for arn in [
                "arn:aws:sts::123456789012:assumed-role//run-1",
                "arn:aws:sts::123456789012:assumed-role/Build/",
                "arn:aws:sts::123456789012:assumed-role//",
            ] {
                assert_eq!(fold(&[(glob, glob)]).apply(arn), arn);
                assert_eq!(Principal::parse(Some(arn)).expect("a principal").identity, Identity::Other);
            }
        }
    }

    #[test]
    fn folding_twice_changes_nothing_more() {
        let fold = fold(&[("Build", "*")]);
        let once = fold.apply("arn:aws:sts::123456789012:assumed-role/Build/run-1").into_owned();
        assert_eq!(fold.apply(&once), once);
    }

    #[test]
    fn a_folded_principal_is_an_assumed_role_whose_session_is_a_star() {
        let folded = fold(&[("Build", "*")]).apply("arn:aws:sts::123456789012:assumed-role/Build/run-1").into_owned();
        let principal = Principal::parse(Some(&folded)).expect("a principal");
        assert_eq!(principal.identity, Identity::AssumedRole);
        assert_eq!((principal.role.as_deref(), principal.session.as_deref()), (Some("Build"), Some("*")));
    }

    #[test]
    fn folded_sessions_of_identity_center_name_nobody() {
        let arn = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/jane";
        let folded = fold(&[("AWSReservedSSO_*", "*")]).apply(arn).into_owned();
        let principal = Principal::parse(Some(&folded)).expect("a principal");
        assert_eq!((principal.identity, principal.person), (Identity::SsoUser, None));
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_by_its_number() {
        let rule = |role: &str, session: &str| FoldRule { role: role.into(), session: session.into() };
        let error = |rules: &[FoldRule]| SessionFold::new(rules).expect_err("refused").to_string();
        assert_eq!(error(&[rule("a", "*"), rule("b", "")]), "fold rule 2 has an empty session; write `*` for any");
        assert!(error(&[rule("path/role", "*")]).contains("fold rule 1: the role `path/role` holds a slash"));
    }
}
