//! Who is on the bill: one payer, its accounts, its teams, and everybody and everything that calls a model.

mod identity;
mod principal;

use std::borrow::Cow;

pub(crate) use self::principal::Principal;
use crate::labels::Pair;
use crate::random::Random;

/// The management account, which owns the export. Also the account of AWS's published example.
pub(crate) const PAYER_ACCOUNT: &str = "123456789012";
pub(crate) const PAYER_NAME: &str = "Example Corp";

pub(crate) struct Organisation {
    pub(crate) accounts: Vec<Account>,
    /// Those that a real bill has few of: NULL, root, AgentCore, other partitions.
    pub(crate) rarities: Vec<Principal>,
    pub(crate) principals: Vec<Principal>,
}

pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    /// What every line of the account carries in `tags`.
    pub(crate) tags: Vec<Pair<'static>>,
    pub(crate) resource_tags: Vec<Pair<'static>>,
    pub(crate) cost_category: Vec<Pair<'static>>,
}

/// A team as its tags spell it. No two give the same slug, and none that of a team in AWS's published example.
pub(crate) struct Team {
    pub(crate) name: &'static str,
    pub(crate) cost_center: &'static str,
    pub(crate) project: &'static str,
    /// Index of its own account.
    pub(crate) account: usize,
}

const fn team(name: &'static str, cost_center: &'static str, project: &'static str, account: usize) -> Team {
    Team { name, cost_center, project, account }
}

/// `data-science` and `engineering` are spelled as AWS's published example spells them, so that they are the same teams.
///
/// An organisation has the first so many; the rarities are spread over the first eight.
pub(crate) const TEAMS: [Team; 50] = [
    team("data-science", "12345", "Forecasting", 1),
    team("engineering", "67890", "DevAssist", 2),
    team("chatbot", "20310", "ChatBackend", 3),
    team("Search & Discovery", "20320", "SemanticSearch", 4),
    team("Customer Care", "31100", "DocFlow", 5),
    team("fraud-detection", "40450", "CaseReview", 6),
    team("Marketing", "50500", "CopyDesk", 7),
    team("platform", "90010", "LLM-Gateway", 8),
    team("Payments", "60010", "PaymentsAssist", 1),
    team("Checkout", "60020", "CheckoutAssist", 2),
    team("Pricing", "60030", "PricingAssist", 3),
    team("Catalog", "60040", "CatalogAssist", 4),
    team("Logistics", "60050", "LogisticsAssist", 5),
    team("Warehouse", "60060", "WarehouseAssist", 6),
    team("Returns", "60070", "ReturnsAssist", 7),
    team("Loyalty", "60080", "LoyaltyAssist", 8),
    team("Identity", "60090", "IdentityAssist", 1),
    team("Notifications", "60100", "NotificationsAssist", 2),
    team("Mobile", "60110", "MobileAssist", 3),
    team("Web", "60120", "WebAssist", 4),
    team("Design Systems", "60130", "DesignSystemsAssist", 5),
    team("Accessibility", "60140", "AccessibilityAssist", 6),
    team("Growth", "60150", "GrowthAssist", 7),
    team("Experiments", "60160", "ExperimentsAssist", 8),
    team("Analytics", "60170", "AnalyticsAssist", 1),
    team("Data Platform", "60180", "DataPlatformAssist", 2),
    team("Machine Learning", "60190", "MachineLearningAssist", 3),
    team("Observability", "60200", "ObservabilityAssist", 4),
    team("Networking", "60210", "NetworkingAssist", 5),
    team("Storage", "60220", "StorageAssist", 6),
    team("Security", "60230", "SecurityAssist", 7),
    team("Compliance", "60240", "ComplianceAssist", 8),
    team("Legal", "60250", "LegalAssist", 1),
    team("Finance", "60260", "FinanceAssist", 2),
    team("Procurement", "60270", "ProcurementAssist", 3),
    team("People", "60280", "PeopleAssist", 4),
    team("Recruiting", "60290", "RecruitingAssist", 5),
    team("Sales Tools", "60300", "SalesToolsAssist", 6),
    team("Partners", "60310", "PartnersAssist", 7),
    team("Support Tools", "60320", "SupportToolsAssist", 8),
    team("Localization", "60330", "LocalizationAssist", 1),
    team("Documentation", "60340", "DocumentationAssist", 2),
    team("Quality", "60350", "QualityAssist", 3),
    team("Release", "60360", "ReleaseAssist", 4),
    team("Developer Tools", "60370", "DeveloperToolsAssist", 5),
    team("Mainframe", "60380", "MainframeAssist", 6),
    team("Integration", "60390", "IntegrationAssist", 7),
    team("Research Lab", "60400", "ResearchLabAssist", 8),
    team("Field Service", "60410", "FieldServiceAssist", 1),
    team("Sustainability", "60420", "SustainabilityAssist", 2),
];

/// As many as there are where nothing is said.
pub(crate) const USUAL_TEAMS: usize = 8;

/// Name, environment and business unit of each account; the first is the payer.
const ACCOUNTS: [(&str, &str, &str, &str); 13] = [
    (PAYER_ACCOUNT, PAYER_NAME, "prod", "Shared"),
    ("210987654321", "data-science-prod", "prod", "Research"),
    ("321098765432", "engineering-prod", "prod", "Technology"),
    ("432109876543", "chatbot-prod", "prod", "Products"),
    ("543210987654", "search-prod", "prod", "Products"),
    ("654321098765", "customer-care-prod", "prod", "Operations"),
    ("765432109876", "fraud-prod", "prod", "Operations"),
    ("876543210987", "marketing", "prod", "Sales"),
    ("987654321098", "platform-prod", "prod", "Technology"),
    ("111122223333", "engineering-dev", "dev", "Technology"),
    ("444455556666", "data-science-sandbox", "dev", "Research"),
    ("777788889999", "products-staging", "staging", "Products"),
    ("222233334444", "shared-services", "prod", "Shared"),
];

impl Organisation {
    /// With so many ordinary principals in so many teams. When one is `moved`, the first of them has changed teams.
    pub(crate) fn new(seed: u64, principals: usize, teams: usize, moved: bool) -> Self {
        let accounts: Vec<Account> = ACCOUNTS.into_iter().map(account).collect();
        let mut random = Random::of((seed, "organisation"));
        let rarities = principal::rarities(&mut random, &accounts);
        let mut principals = principal::ordinary(&mut random, &accounts, &TEAMS[..teams], principals);
        if let Some(first) = principals.first_mut().filter(|_| moved) {
            first.join(&TEAMS[1]);
        }
        Self { accounts, rarities, principals }
    }

    /// Anybody; ordinary principals near the beginning work more than the others.
    pub(crate) fn pick_principal(&self, random: &mut Random) -> &Principal {
        if self.principals.is_empty() || random.chance(12) {
            return random.pick(&self.rarities);
        }
        let count = self.principals.len();
        &self.principals[random.index(count).min(random.index(count))]
    }
}

fn account((id, name, environment, unit): (&str, &'static str, &'static str, &'static str)) -> Account {
    let own = Cow::Borrowed;
    Account {
        id: id.to_owned(),
        name,
        tags: vec![
            (own("accountTag/env"), own(environment)),
            (own("costCategory/BusinessUnit"), own(unit)),
            (own("resourceTags/Name"), own(name)),
        ],
        resource_tags: vec![(own("user_name"), own(name)), (own("user_env"), own(environment))],
        cost_category: vec![(own("business_unit"), own(unit))],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn slug(name: &str) -> String {
        let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("-").to_lowercase()
    }

    #[test]
    fn no_two_spellings_of_a_team_give_the_same_slug() {
        let organisation = Organisation::new(1, 500, USUAL_TEAMS, true);
        let published = crate::published::published_lines();
        let principals = organisation.rarities.iter().chain(&organisation.principals);
        let tags = principals.flat_map(|principal| principal.tags.iter().cloned());
        let published_tags = published.iter().flat_map(|line| line.tags.pairs().unwrap_or_default().iter().cloned());
        let names: BTreeSet<String> = tags
            .chain(published_tags)
            .filter(|(key, _)| key == "iamPrincipal/team")
            .map(|(_, value)| value.into_owned())
            .collect();
        let slugs: BTreeSet<String> = names.iter().map(|name| slug(name)).collect();
        assert_eq!(names.len(), slugs.len(), "{names:?}");
        assert_eq!(names.len(), 9, "eight teams and one more in the published example: {names:?}");
    }

    #[test]
    fn an_organisation_may_have_fifty_teams() {
        let organisation = Organisation::new(1, 2_000, TEAMS.len(), false);
        let slugs: BTreeSet<String> = organisation.principals.iter().map(|principal| slug(principal.team)).collect();
        assert_eq!(slugs.len(), 50, "{slugs:?}");
    }

    #[test]
    fn the_first_principal_changes_teams_and_nobody_else_does() {
        let (before, after) = (Organisation::new(1, 50, 8, false), Organisation::new(1, 50, 8, true));
        let changed = before.principals.iter().zip(&after.principals).filter(|(old, new)| old.tags != new.tags);
        let changed: Vec<_> = changed.map(|(old, new)| (old.arn.clone(), new.arn.clone())).collect();
        assert_eq!(changed, [(before.principals[0].arn.clone(), before.principals[0].arn.clone())]);
    }
}
