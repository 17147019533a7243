use bill::BillingPeriod;
use bill::tags::TagView;
use sha2::{Digest, Sha256};

use crate::error::OwnershipError;
use crate::read;
use crate::reason::Reason;
use crate::rule::Rule;
use crate::subject::{Subject, has_principal_tag};
use crate::team::{TeamDirectory, TeamSlug};

/// Who owns what: the rules of an `ownership.toml`, in order. The first that matches wins.
#[derive(Clone, Debug)]
pub struct Ownership {
    source_text: String,
    rules: Vec<Rule>,
    directory: TeamDirectory,
}

/// The owner of a subject: there is always exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A rule gave it to a team.
    Team {
        /// The name to show. Insert it into a [`TeamDirectory`] to learn of collisions.
        name: String,
        /// The id.
        slug: TeamSlug,
        /// The name of the rule.
        rule: String,
        /// The place of the rule in the file, from 1.
        rule_number: usize,
        /// The rule and what held: ``rule 3 `gateway`: tag team = ds``.
        because: String,
    },
    /// No rule claims it.
    Unattributed {
        /// Why not.
        reason: Reason,
    },
}

impl Owner {
    /// The id of the team; `unattributed` where no rule claims the subject.
    pub fn slug(&self) -> TeamSlug {
        match self {
            Self::Team { slug, .. } => slug.clone(),
            Self::Unattributed { .. } => TeamSlug::unattributed(),
        }
    }
}

/// The rules of an installation that has no file.
const BY_TEAM_TAG: &str = "\
# Without an ownership.toml, the tag `team` of the caller names the team.
[[rule]]
name = \"team-tag\"
team_from_tag = \"team\"
";

impl Ownership {
    /// Reads the text of an `ownership.toml`.
    ///
    /// # Errors
    /// When a rule or a team is not as the file's description has it: the error names the line, the rule, the field,
    /// and what would be right.
    pub fn parse(toml: &str) -> Result<Self, OwnershipError> {
        let (rules, directory) = read::ownership(toml)?;
        Ok(Self { source_text: toml.to_owned(), rules, directory })
    }

    /// The rules where there is no file: the value of `iamPrincipal/team` names the team.
    pub fn by_team_tag() -> Self {
        // The text is a constant, which a test reads.
        Self::parse(BY_TEAM_TAG).expect("the rules by team tag can be read")
    }

    /// The owner of a subject in a billing period.
    ///
    /// A team named by a tag has the slug of the tag's value. Whether two such values share a slug is for a
    /// [`TeamDirectory`] to find, into which the caller inserts each owner's name.
    pub fn owner(&self, subject: &Subject<'_>, period: BillingPeriod) -> Owner {
        let mut rules = self.rules.iter().filter(|rule| rule.holds_in(period));
        let claim = rules
            .find(|rule| rule.claims(subject))
            .and_then(|rule| Some((rule, rule.team_of(subject, &self.directory)?)));
        match claim {
            Some((rule, team)) => Owner::Team {
                name: team.name,
                slug: team.slug,
                rule: rule.name.clone(),
                rule_number: rule.number,
                because: rule.because(subject),
            },
            None => Owner::Unattributed { reason: self.reason(subject, period) },
        }
    }

    fn reason(&self, subject: &Subject<'_>, period: BillingPeriod) -> Reason {
        if subject.principal.is_none() {
            return if subject.predates_principals {
                Reason::BeforePrincipals
            } else if !subject.charge_type.may_carry_principal() {
                Reason::ChargeTypeWithoutPrincipal
            } else {
                Reason::NoPrincipal
            };
        }
        let reads_tags_of_callers = || self.tag_views(period).any(|view| view == TagView::IamPrincipal);
        if !has_principal_tag(subject.tags) && reads_tags_of_callers() { Reason::NoTag } else { Reason::NoRule }
    }

    fn tag_views(&self, period: BillingPeriod) -> impl Iterator<Item = TagView> + use<'_> {
        self.rules.iter().filter(move |rule| rule.holds_in(period)).flat_map(Rule::tag_views)
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The teams that the rules name and declare: the beginning of a directory of all teams met.
    pub fn team_directory(&self) -> TeamDirectory {
        self.directory.clone()
    }

    /// The text that was read. Reading it again gives the same rules.
    pub fn source_text(&self) -> &str {
        &self.source_text
    }

    /// The SHA-256 of the text, in hexadecimal digits: the same text is the same version of the rules.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(self.source_text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
