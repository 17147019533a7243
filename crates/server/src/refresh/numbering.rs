use bill::principal::Principal;
use bill::tags::TagSet;
use store::drilldowns::SetWriter;
use store::loads::{Charge, LoadWriter, Numbers, Subject};

use super::RefreshError;

/// Who gives numbers to what the bill says in words.
pub(super) enum Numbering<'w> {
    /// A load that is being written: what is new gets a number.
    New(&'w mut LoadWriter),
    /// Lines of a load that there is: everything must have its number.
    Known(&'w mut SetWriter),
}

fn all(numbers: Numbers) -> Result<Vec<i32>, RefreshError> {
    Ok(numbers?.into_iter().collect::<Result<_, _>>()?)
}

impl Numbering<'_> {
    pub(super) async fn charges(&mut self, charges: &[Charge]) -> Result<Vec<i32>, RefreshError> {
        match self {
            Self::New(load) => Ok(load.intern_charges(charges).await?),
            Self::Known(set) => all(set.charges(charges).await),
        }
    }

    pub(super) async fn principals(&mut self, principals: &[Principal]) -> Result<Vec<i32>, RefreshError> {
        match self {
            Self::New(load) => Ok(load.intern_principals(principals).await?),
            Self::Known(set) => all(set.principals(principals).await),
        }
    }

    pub(super) async fn tag_sets(&mut self, sets: &[TagSet]) -> Result<Vec<i32>, RefreshError> {
        match self {
            Self::New(load) => Ok(load.intern_tag_sets(sets).await?),
            Self::Known(set) => all(set.tag_sets(sets).await),
        }
    }

    pub(super) async fn subjects(&mut self, subjects: &[Subject]) -> Result<Vec<i32>, RefreshError> {
        match self {
            Self::New(load) => Ok(load.intern_subjects(subjects).await?),
            Self::Known(set) => all(set.subjects(subjects).await),
        }
    }

    /// Names of accounts are kept by a load alone.
    pub(super) async fn name_accounts(&mut self, names: &[(String, String)]) -> Result<(), RefreshError> {
        match self {
            Self::New(load) => Ok(load.name_accounts(names).await?),
            Self::Known(_) => Ok(()),
        }
    }
}
