use std::path::PathBuf;

use bill::BillingPeriod;
use chrono::NaiveDate;

use crate::organisation::{TEAMS, USUAL_TEAMS};
use crate::{SampleError, published_period};

/// What to write, and where. The same options give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// The export's own folder: the one that will hold `data/` and `metadata/`. Made when it is missing.
    pub folder: PathBuf,
    /// Name of the Data Export; it is part of every file name.
    pub export_name: String,
    /// Where all chance starts from.
    pub seed: u64,
    /// How many generated months, the last of which is `last_period`. The published month comes on top.
    pub months: u32,
    /// The newest month. It is still open: its lines carry no invoice id.
    pub last_period: BillingPeriod,
    /// The last day with usage in the newest month; the whole month when absent.
    pub last_day: Option<NaiveDate>,
    /// Line items in each generated month, of all services. From about 2,000 on, every usage type and every identity of
    /// the sample appears.
    pub lines: u64,
    /// How many of 100 usage lines are Amazon Bedrock's.
    pub bedrock_percent: u8,
    /// How many teams there are, from 1 to 50.
    pub teams: usize,
    /// Whether uses of Amazon Bedrock are scattered: every caller takes to many models, for an hour and one meter at a time. A
    /// large month then has nearly as many rows of daily cost as it has Bedrock lines; otherwise some lines share each.
    pub scattered: bool,
    /// A month that AWS delivers a second time with late usage, one more credit and a principal that changed teams.
    pub restate: Option<BillingPeriod>,
    /// How a newer version of a month is delivered.
    pub delivery: Delivery,
    /// Whether to write [`published_period`] with the rows that AWS published, and nothing else.
    pub published_month: bool,
    /// Whether the export includes `line_item_iam_principal` (`INCLUDE_IAM_PRINCIPAL_DATA`).
    pub principal_column: bool,
    /// Whether the export has the columns of net cost. AWS leaves them out where an account has no discount.
    pub net_columns: bool,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("sample"),
            export_name: "bedrock-cur2".to_owned(),
            seed: 1,
            months: 3,
            last_period: BillingPeriod::containing(NaiveDate::from_ymd_opt(2026, 10, 1).unwrap_or_default()),
            last_day: None,
            lines: 200_000,
            bedrock_percent: 30,
            teams: USUAL_TEAMS,
            scattered: false,
            restate: None,
            delivery: Delivery::default(),
            published_month: true,
            principal_column: true,
            net_columns: true,
        }
    }
}

impl SampleOptions {
    /// The generated months, oldest first.
    pub(crate) fn generated_periods(&self) -> Vec<BillingPeriod> {
        let newest_first = std::iter::successors(Some(self.last_period), |period| Some(period.previous()));
        let mut periods: Vec<_> = newest_first.take(self.months as usize).collect();
        periods.retain(|period| !(self.published_month && *period == published_period()));
        periods.reverse();
        periods.dedup();
        periods
    }

    pub(crate) fn check(&self) -> Result<(), SampleError> {
        if self.bedrock_percent > 100 {
            return Err(SampleError::BedrockPercent { percent: self.bedrock_percent });
        }
        if !(1..=TEAMS.len()).contains(&self.teams) {
            return Err(SampleError::Teams { teams: self.teams, most: TEAMS.len() });
        }
        match self.restate {
            Some(period) if !self.generated_periods().contains(&period) => {
                Err(SampleError::NothingToRestate { period })
            }
            _ => Ok(()),
        }
    }
}

/// The delivery option of a Data Export
/// (<https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// A newer version replaces the files of the older; chunks that are no longer needed become empty.
    #[default]
    Overwrite,
    /// Every version has a folder of its own; the manifest of the partition points to the newest.
    CreateNew,
}
