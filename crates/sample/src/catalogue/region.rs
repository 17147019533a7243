/// An AWS region as the bill spells it in several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Before a usage type: `USE1`.
    pub(crate) prefix: &'static str,
    /// `product_region_code`: `us-east-1`.
    pub(crate) code: &'static str,
    /// `product_location`.
    pub(crate) location: &'static str,
    /// The geography of inference profiles: `us`.
    pub(crate) geography: &'static str,
}

const fn region(prefix: &'static str, code: &'static str, location: &'static str, geography: &'static str) -> Region {
    Region { prefix, code, location, geography }
}

const REGIONS: [Region; 7] = [
    region("USE1", "us-east-1", "US East (N. Virginia)", "us"),
    region("USE2", "us-east-2", "US East (Ohio)", "us"),
    region("USW2", "us-west-2", "US West (Oregon)", "us"),
    region("EU", "eu-west-1", "EU (Ireland)", "eu"),
    region("EUC1", "eu-central-1", "EU (Frankfurt)", "eu"),
    region("APN1", "ap-northeast-1", "Asia Pacific (Tokyo)", "apac"),
    region("APS7", "ap-southeast-5", "Asia Pacific (Malaysia)", "apac"),
];

impl Region {
    /// The region that a usage type begins with; us-east-1 where it says none, as AWS leaves the prefix out there.
    pub(crate) fn of(usage_type: &str) -> Self {
        let prefix = usage_type.split('-').next().unwrap_or_default();
        REGIONS.into_iter().find(|region| region.prefix == prefix).unwrap_or(REGIONS[0])
    }
}
