use bill::BillingPeriod;
use bill::charge_type::ChargeType;
use bill::principal::Principal;
use bill::tags::TagSet;
use ledger::{Owner, Ownership, Subject};

/// What a subject borrows from. `Line::of("arn:…")` is a usage line of October 2026.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) principal: Option<Principal>,
    pub(crate) tags: TagSet,
    pub(crate) account: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) charge_type: ChargeType,
    pub(crate) predates_principals: bool,
}

impl Line {
    pub(crate) fn of(arn: &str) -> Self {
        Self {
            principal: Principal::parse(Some(arn)),
            tags: TagSet::default(),
            account: Some("123456789012".into()),
            model: None,
            charge_type: ChargeType::new("Usage"),
            predates_principals: false,
        }
    }

    pub(crate) fn without_principal(charge_type: &str) -> Self {
        Self { charge_type: ChargeType::new(charge_type), ..Self::of("") }
    }

    /// With a tag under its key in the column `tags`, such as `iamPrincipal/team`.
    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.tags.insert(key.into(), value.into());
        self
    }

    pub(crate) fn account(self, account: &str) -> Self {
        Self { account: Some(account.into()), ..self }
    }

    pub(crate) fn model(self, model: &str) -> Self {
        Self { model: Some(model.into()), ..self }
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            principal: self.principal.as_ref(),
            tags: &self.tags,
            account: self.account.as_deref(),
            model: self.model.as_deref(),
            charge_type: &self.charge_type,
            predates_principals: self.predates_principals,
        }
    }
}

pub(crate) fn period(text: &str) -> BillingPeriod {
    text.parse().expect(text)
}

pub(crate) fn rules(toml: &str) -> Ownership {
    Ownership::parse(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

pub(crate) fn owner(rules: &Ownership, line: &Line) -> Owner {
    rules.owner(&line.subject(), period("2026-10"))
}

/// The owner in short: slug and explanation, or the reason.
pub(crate) fn told(rules: &Ownership, line: &Line) -> String {
    match owner(rules, line) {
        Owner::Team { slug, because, .. } => format!("{slug} by {because}"),
        Owner::Unattributed { reason } => reason.to_string(),
    }
}
