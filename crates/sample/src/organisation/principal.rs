use std::borrow::Cow;

use super::identity::Kind;
use super::{Account, TEAMS, Team};
use crate::labels::Pair;
use crate::random::{Random, digest};

/// A caller of models.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// Tells principals apart, and is the start of their habits.
    pub(crate) number: usize,
    /// As the bill writes it; up to the session, where each run has a session of its own.
    pub(crate) arn: Option<String>,
    pub(crate) new_session_each_run: bool,
    /// Index of the account in which it runs.
    pub(crate) account: usize,
    pub(crate) is_person: bool,
    /// Name of the team, tagged or not: what it works on, and how its use grows.
    pub(crate) team: &'static str,
    /// Everything in `tags`, once principals are included in the export.
    pub(crate) tags: Vec<Pair<'static>>,
}

impl Principal {
    fn new(number: usize, arn: Option<String>, account: usize, team: &Team, accounts: &[Account]) -> Self {
        let mut tags = accounts[account].tags.clone();
        tags.retain(|(key, _)| key != "resourceTags/Name");
        Self { number, arn, new_session_each_run: false, account, is_person: false, team: team.name, tags }
    }

    fn tag(&mut self, key: &'static str, value: &'static str) {
        self.tags.push((Cow::Borrowed(key), Cow::Borrowed(value)));
    }

    fn tag_as_member(&mut self, team: &Team) {
        self.tag("iamPrincipal/cost-center", team.cost_center);
        self.tag("iamPrincipal/project", team.project);
        self.tag("iamPrincipal/team", team.name);
    }

    /// Changes the tags to those of another team.
    pub(crate) fn join(&mut self, team: &Team) {
        self.tags.retain(|(key, _)| !key.starts_with("iamPrincipal/"));
        self.tag_as_member(team);
    }

    /// The caller on a line; a session of its own for each run where it has those.
    pub(crate) fn billed(&self, run: u64) -> Option<Cow<'_, str>> {
        let arn = self.arn.as_deref()?;
        if !self.new_session_each_run {
            return Some(Cow::Borrowed(arn));
        }
        Some(Cow::Owned(format!("{arn}{}", Random::of((arn, run)).uuid())))
    }
}

/// So many principals of the kinds that an organisation has many of, team by team.
pub(super) fn ordinary(random: &mut Random, accounts: &[Account], teams: &[Team], count: usize) -> Vec<Principal> {
    (0..count).map(|number| member(random, accounts, teams, number)).collect()
}

fn member(random: &mut Random, accounts: &[Account], teams: &[Team], number: usize) -> Principal {
    // The first is somebody whose tags are known: a restatement moves that one to another team.
    let (team, kind) = if number == 0 {
        (&teams[0], Kind::Federated)
    } else {
        (&teams[digest((number, "team")) as usize % teams.len()], Kind::of(number))
    };
    let account = if random.chance(70) { team.account } else { random.index(accounts.len()) };
    let arn = kind.arn(random, &accounts[account], team, number);
    let mut principal = Principal::new(number, Some(arn), account, team, accounts);
    principal.is_person = kind.is_person();
    if number == 0 || random.chance(kind.tagged_percent()) {
        principal.tag_as_member(team);
        if !kind.is_person() {
            principal.tag("iamPrincipal/env", if random.chance(80) { "prod" } else { "dev" });
        }
    }
    principal
}

/// One each of what a bill has little of, and what a reader has to take all the same.
pub(super) fn rarities(random: &mut Random, accounts: &[Account]) -> Vec<Principal> {
    let id = |account: usize| accounts[account].id.as_str();
    let arns = [
        (None, 12),
        (None, 8),
        (Some(String::new()), 12),
        (Some(format!("arn:aws:iam::{}:root", id(10))), 10),
        (Some("bedrock.amazonaws.com".to_owned()), 12),
        (Some(format!("arn:aws:sts::{}:federated-user/analyst-7", id(1))), 1),
        (Some(format!("arn:aws:iam::{}:role/application-role", id(3))), 3),
        (Some(format!("arn:aws:iam::{}:role/batch/nightly/scoring", id(6))), 6),
        (Some(format!("arn:aws-us-gov:sts::{}:assumed-role/GovIntakeRole/i-0{}", id(5), random.hex(16))), 5),
        (Some(format!("arn:aws-cn:iam::{}:user/li.wei", id(7))), 7),
        (Some(format!("arn:aws:iam::{}:user/MantleApiKey-{}", id(9), random.base32(4))), 9),
        // A role of an account outside the organisation, used in one of its accounts.
        (Some(format!("arn:aws:sts::999988887777:assumed-role/PartnerRole/{}", random.uuid())), 4),
        // No form that AWS documents: kept whole by who reads it.
        (Some("AROAEXAMPLEUNIQUEID01:partner-session".to_owned()), 4),
    ];
    let mut rarities: Vec<Principal> = arns
        .into_iter()
        .enumerate()
        .map(|(number, (arn, account))| Principal::new(1_000_000 + number, arn, account, &TEAMS[7], accounts))
        .collect();
    rarities[6].tag_as_member(&TEAMS[2]);
    rarities[7].tag_as_member(&TEAMS[5]);
    rarities.push(wrongly_spelled(accounts));
    rarities.extend(with_new_sessions(accounts));
    rarities
}

/// Keys of tags are case-sensitive: this one's team is not known.
fn wrongly_spelled(accounts: &[Account]) -> Principal {
    let arn = format!("arn:aws:iam::{}:user/legacy-importer", accounts[8].id);
    let mut principal = Principal::new(1_000_100, Some(arn), 8, &TEAMS[7], accounts);
    principal.tag("iamPrincipal/Team", "platform");
    principal
}

/// AgentCore and CI take on their role anew for each run.
fn with_new_sessions(accounts: &[Account]) -> [Principal; 3] {
    let roles = [("AgentCoreRuntimeRole", 2), ("AmazonBedrockAgentCoreSDKRuntime", 4), ("GitHubActionsReview", 1)];
    let mut number = 1_000_200;
    roles.map(|(role, team)| {
        number += 1;
        let team = &TEAMS[team];
        let arn = format!("arn:aws:sts::{}:assumed-role/{role}/", accounts[team.account].id);
        let mut principal = Principal::new(number, Some(arn), team.account, team, accounts);
        principal.new_session_each_run = true;
        principal.tag_as_member(team);
        principal
    })
}
