use super::{Account, Team};
use crate::random::{Random, digest};

/// A kind of caller that an organisation has many of. How AWS writes each is in
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-iam-principal-tracking.html> and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody who signed in through IAM Identity Center.
    SsoUser,
    /// Somebody who came through OIDC or SAML, such as with Claude Code.
    Federated,
    User,
    UserWithPath,
    /// The IAM user that stands behind a long-term Bedrock API key.
    ApiKey,
    Lambda,
    /// A task of ECS.
    Task,
    Instance,
    /// An application that names its sessions by UUID.
    Application,
    /// A user of a gateway that takes on its role once for each of them.
    GatewayUser,
}

/// Of 100 ordinary principals.
pub(super) const KINDS: [(Kind, usize); 10] = [
    (Kind::SsoUser, 33),
    (Kind::Federated, 16),
    (Kind::User, 8),
    (Kind::UserWithPath, 4),
    (Kind::ApiKey, 7),
    (Kind::Lambda, 10),
    (Kind::Task, 6),
    (Kind::Instance, 6),
    (Kind::Application, 4),
    (Kind::GatewayUser, 6),
];

impl Kind {
    /// Spread evenly, so that a small organisation has them all as well.
    pub(super) fn of(number: usize) -> Self {
        // 37 and 100 have no common factor: a hundred neighbours meet every place once.
        let mut place = number * 37 % 100;
        for (kind, share) in KINDS {
            match place.checked_sub(share) {
                Some(rest) => place = rest,
                None => return kind,
            }
        }
        Kind::SsoUser
    }

    pub(super) fn is_person(self) -> bool {
        matches!(self, Self::SsoUser | Self::Federated | Self::User | Self::UserWithPath | Self::GatewayUser)
    }

    /// How many of 100 carry tags.
    pub(super) fn tagged_percent(self) -> u64 {
        match self {
            Self::ApiKey => 45,
            Self::SsoUser => 75,
            Self::User | Self::UserWithPath => 85,
            _ => 93,
        }
    }

    pub(super) fn arn(self, random: &mut Random, account: &Account, team: &Team, number: usize) -> String {
        let id = &account.id;
        let assumed = |role: &str, session: &str| format!("arn:aws:sts::{id}:assumed-role/{role}/{session}");
        let project = team.project;
        match self {
            Self::SsoUser => {
                let set = random.pick(&["DeveloperAccess", "DataScientist", "Bedrock_PowerUser", "ReadOnlyPlus"]);
                // The suffix is another one in each account for the same permission set.
                let suffix = digest((id, set));
                assumed(&format!("AWSReservedSSO_{set}_{suffix:016x}"), &email(number))
            }
            Self::Federated => assumed("ClaudeCodeRole", &email(number)),
            Self::User => format!("arn:aws:iam::{id}:user/{}", person(number)),
            Self::UserWithPath => {
                format!("arn:aws:iam::{id}:user/division_{}/{project}/{}", team.cost_center, person(number))
            }
            Self::ApiKey => format!("arn:aws:iam::{id}:user/BedrockAPIKey-{}", random.base32(4)),
            Self::Lambda => assumed(&format!("{project}LambdaRole"), &format!("{project}-handler-{number}")),
            Self::Task => assumed(&format!("{project}TaskRole"), &random.hex(32)),
            Self::Instance => assumed(&format!("{project}InstanceRole"), &format!("i-0{}", random.hex(16))),
            Self::Application => assumed(&format!("{project}AppRole"), &random.uuid()),
            Self::GatewayUser => assumed("BedrockGatewayRole", &format!("gw-user-{number}")),
        }
    }
}

const GIVEN: [&str; 24] = [
    "ana", "bilal", "chen", "dara", "elif", "farid", "grace", "hugo", "ines", "jonas", "kira", "liam", "mei", "noor",
    "omar", "priya", "quinn", "rosa", "sven", "tara", "uma", "victor", "wanda", "yusuf",
];
const FAMILY: [&str; 20] = [
    "adler", "baker", "costa", "diaz", "evans", "fischer", "garcia", "haddad", "ito", "jansen", "kowalski", "lopez",
    "moreau", "nguyen", "okafor", "patel", "rossi", "silva", "tanaka", "weber",
];

/// `ana.adler`, and a number behind it once the names run out.
fn person(number: usize) -> String {
    let (given, family) = (GIVEN[number % GIVEN.len()], FAMILY[number / GIVEN.len() % FAMILY.len()]);
    match number / (GIVEN.len() * FAMILY.len()) {
        0 => format!("{given}.{family}"),
        again => format!("{given}.{family}{}", again + 1),
    }
}

fn email(number: usize) -> String {
    format!("{}@example.com", person(number))
}
