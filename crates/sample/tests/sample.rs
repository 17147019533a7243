//! The made-up months: what is in them, and that their summary tells the truth about them.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bill::{Amount, BillingPeriod};
use reading::{Line, files, read};
use sample::{
    Delivery, LineItem, PeriodSummary, SampleError, SampleOptions, Summary, published_lines, published_period, restate,
    write,
};

fn period(text: &str) -> BillingPeriod {
    text.parse().expect("a period")
}

fn small(folder: &Path) -> SampleOptions {
    SampleOptions { folder: folder.to_owned(), months: 1, lines: 2_000, published_month: false, ..Default::default() }
}

fn written(options: &SampleOptions) -> Summary {
    write(options, |_| {}).expect("a sample")
}

fn only(summary: &Summary) -> &PeriodSummary {
    let [only] = &summary.periods[..] else { panic!("one period, not {}", summary.periods.len()) };
    only
}

/// Lines of one small month, and what its summary says.
fn month(change: impl FnOnce(&mut SampleOptions)) -> (Vec<Line>, PeriodSummary) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = small(folder.path());
    change(&mut options);
    let summary = written(&options);
    (read(&only(&summary).data_files), only(&summary).clone())
}

fn sum<'l>(lines: impl IntoIterator<Item = &'l Line>, column: &str) -> Amount {
    lines.into_iter().filter_map(|line| line.number(column)).sum()
}

fn is_bedrock(line: &Line) -> bool {
    match line.text("bill_billing_entity") {
        Some("AWS") => line.text("line_item_product_code").is_some_and(|code| code.starts_with("AmazonBedrock")),
        Some("AWS Marketplace") => line.label("product", "product_name").is_some_and(|name| name.contains("Bedrock")),
        _ => false,
    }
}

fn values(lines: &[Line], column: &str) -> BTreeSet<String> {
    lines.iter().filter_map(|line| line.text(column)).map(str::to_owned).collect()
}

#[test]
fn the_summary_is_what_a_reader_arrives_at() {
    let (lines, summary) = month(|options| options.months = 1);
    let bedrock: Vec<&Line> = lines.iter().filter(|line| is_bedrock(line)).collect();
    assert_eq!((summary.totals.lines, summary.totals.bedrock_lines), (2_000, 600));
    assert_eq!((lines.len(), bedrock.len()), (2_000, 600));
    let (bill, of_bedrock) = (summary.totals.bill["USD"], summary.totals.bedrock["USD"]);
    assert_eq!(sum(&lines, "line_item_unblended_cost"), bill.unblended);
    assert_eq!(sum(bedrock.iter().copied(), "line_item_unblended_cost"), of_bedrock.unblended);
    assert_eq!(sum(&lines, "pricing_public_on_demand_cost"), bill.list);
    let net =
        |line: &Line| line.number("line_item_net_unblended_cost").or_else(|| line.number("line_item_unblended_cost"));
    assert_eq!(lines.iter().filter_map(net).sum::<Amount>(), bill.net_unblended);
    assert_eq!(bedrock.iter().filter_map(|line| net(line)).sum::<Amount>(), of_bedrock.net_unblended);
    assert!(of_bedrock.unblended > Amount::ZERO && of_bedrock.unblended != of_bedrock.net_unblended);
}

#[test]
fn scattered_uses_share_few_days_callers_and_meters() {
    let together = |scattered: bool| {
        let (lines, _) = month(|options| {
            (options.lines, options.bedrock_percent, options.scattered) = (20_000, 100, scattered);
        });
        let day = |line: &Line| line.time("line_item_usage_start_date").map(|time| time[..10].to_owned());
        let key = |line: &Line| {
            let text = |column| line.text(column).map(str::to_owned);
            (day(line), text("line_item_iam_principal"), text("line_item_usage_type"))
        };
        let rows: BTreeSet<_> = lines.iter().map(key).collect();
        (lines.len(), rows.len())
    };
    let ((lines, rows), (scattered_lines, scattered_rows)) = (together(false), together(true));
    assert!(rows < lines / 2, "{rows} of {lines}");
    assert!(scattered_rows > scattered_lines / 2, "{scattered_rows} of {scattered_lines}");
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let of_seed = |seed| {
        let folder = tempfile::tempdir().expect("a folder");
        written(&SampleOptions {
            seed,
            restate: Some(period("2026-10")),
            published_month: true,
            ..small(folder.path())
        });
        files(folder.path())
    };
    let (once, again, other) = (of_seed(7), of_seed(7), of_seed(8));
    assert_eq!(once.len(), 6, "two chunks and a manifest for each of two months");
    assert!(once == again);
    assert!(once != other);
}

#[test]
fn the_published_month_holds_what_aws_published_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SampleOptions { months: 0, published_month: true, ..small(folder.path()) };
    let summary = written(&options);
    let month = only(&summary);
    assert_eq!((month.period, month.totals.lines, month.totals.bedrock_lines), (period("2026-04"), 16, 16));
    assert_eq!(month.totals.bill["USD"].unblended.to_string(), "5.1978");
    assert_eq!(month.totals.bill, month.totals.bedrock);
    let by = |key: &dyn Fn(&Line) -> String| {
        let mut costs: BTreeMap<String, Amount> = BTreeMap::new();
        for line in read(&month.data_files) {
            *costs.entry(key(&line)).or_default() += line.number("line_item_unblended_cost").expect("a cost");
        }
        costs.into_iter().map(|(key, cost)| format!("{key} {cost}")).collect::<Vec<_>>()
    };
    let principal = |line: &Line| {
        let arn = line.text("line_item_iam_principal").expect("a principal").to_owned();
        arn.split_once("::123456789012:").expect("an ARN of the published account").1.to_owned()
    };
    assert_eq!(
        by(&principal),
        [
            "assumed-role/BedrockRole/gw-tenant-acme 1.451",
            "assumed-role/BedrockRole/gw-user-1 0.244",
            "assumed-role/Role-1/session-123 0.198",
            "assumed-role/Role-1/user-1@acme.org 1.273",
            "assumed-role/Role-1/user-2@acme.org 0.429",
            "assumed-role/Role-2/session-456 0.131",
            "user/user-1 0.2838",
            "user/user-2 1.188",
        ]
    );
    assert_eq!(
        by(&|line| line.text("line_item_usage_type").unwrap_or_default().to_owned()),
        [
            "USE1-Claude4.6Opus-input-tokens 1.007",
            "USE1-Claude4.6Opus-output-tokens 3.07",
            "USE1-Claude4.6Sonnet-input-tokens 0.3483",
            "USE1-Claude4.6Sonnet-output-tokens 0.6415",
            "USE1-NovaLite-input-tokens 0.081",
            "USE1-NovaLite-output-tokens 0.05",
        ]
    );
    let cost_center = |line: &Line| line.label("tags", "iamPrincipal/cost-center").unwrap_or_default();
    assert_eq!(by(&cost_center), [" 1.695", "12345 3.0738", "67890 0.429"]);
    let months = read(&month.data_files).len();
    assert_eq!((months, published_lines().len()), (16, 16));
}

#[test]
fn a_window_over_the_published_month_leaves_it_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        SampleOptions { months: 3, last_period: period("2026-05"), published_month: true, ..small(folder.path()) };
    let summary = written(&options);
    let lines = |text| summary.period(period(text)).map(|month| month.totals.lines);
    assert_eq!((lines("2026-03"), lines("2026-04"), lines("2026-05")), (Some(2_000), Some(16), Some(2_000)));
    assert_eq!(published_period(), period("2026-04"));
}

#[test]
fn every_identity_that_a_bill_can_hold_is_there() {
    let (lines, _) = month(|_| {});
    let callers = values(&lines, "line_item_iam_principal");
    let wanted = [
        "",
        ":root",
        "bedrock.amazonaws.com",
        ":federated-user/",
        ":role/application-role",
        ":role/batch/nightly/",
        "arn:aws-us-gov:",
        "arn:aws-cn:",
        "MantleApiKey-",
        "BedrockAPIKey-",
        "AWSReservedSSO_",
        "/ClaudeCodeRole/",
        ":user/division_",
        "LambdaRole/",
        "TaskRole/",
        "InstanceRole/i-0",
        "AppRole/",
        "BedrockGatewayRole/gw-user-",
        "::999988887777:",
        "AROAEXAMPLE",
        "@example.com",
    ];
    for form in wanted {
        assert!(
            callers.iter().any(|caller| if form.is_empty() { caller.is_empty() } else { caller.contains(form) }),
            "{form}"
        );
    }
    let without = lines.iter().filter(|line| is_bedrock(line) && line.text("line_item_iam_principal").is_none());
    assert!(without.count() > 10, "NULL principals");
    let sessions = callers.iter().filter(|caller| caller.contains("AgentCoreRuntimeRole/")).count();
    assert!(sessions > 1, "a new session for each run, not {sessions}");
}

#[test]
fn every_usage_type_of_the_table_is_there_in_every_month() {
    let (lines, _) = month(|_| {});
    let found = values(&lines, "line_item_usage_type");
    let table = include_str!("../data/meters.csv");
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    for usage_type in rows.map(|row| row.split(',').nth(8).expect("a usage type")) {
        assert!(found.contains(usage_type), "{usage_type}");
    }
}

#[test]
fn every_kind_of_charge_is_there_with_its_sign_and_without_a_principal() {
    let (lines, _) = month(|_| {});
    let charge_types = values(&lines, "line_item_line_item_type");
    let wanted = [
        "BundledDiscount",
        "Credit",
        "Discount",
        "DiscountedUsage",
        "EdpDiscount",
        "Fee",
        "FlatRateSubscription",
        "PrivateRateDiscount",
        "RIFee",
        "Refund",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "Tax",
        "Usage",
    ];
    assert_eq!(charge_types.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    for line in lines.iter().filter(|line| line.text("line_item_line_item_type") != Some("Usage")) {
        let charge_type = line.text("line_item_line_item_type").expect("a charge type");
        let cost = line.number("line_item_unblended_cost").expect("a cost");
        let gives_back = ["Credit", "Refund", "SavingsPlanNegation"].contains(&charge_type);
        assert_eq!(cost < Amount::ZERO, gives_back || charge_type.ends_with("Discount"), "{charge_type} {cost}");
        assert_eq!(line.text("line_item_iam_principal"), None, "{charge_type}");
    }
}

#[test]
fn claude_comes_from_the_marketplace_as_well() {
    let (lines, _) = month(|_| {});
    let marketplace: Vec<&Line> = lines
        .iter()
        .filter(|line| line.text("bill_billing_entity") == Some("AWS Marketplace") && is_bedrock(line))
        .filter(|line| line.text("line_item_line_item_type") == Some("Usage"))
        .collect();
    assert!(marketplace.len() > 50, "{}", marketplace.len());
    for line in marketplace {
        assert_eq!(line.text("pricing_unit"), Some("Units"));
        assert_eq!(line.text("product_servicecode"), Some(""));
        assert_eq!(line.number("pricing_public_on_demand_cost"), Some(Amount::ZERO));
        assert_eq!(line.number("line_item_net_unblended_cost"), None);
        assert_eq!(line.label("product", "model"), None);
        let description = line.text("line_item_line_item_description").expect("a description");
        assert!(description.starts_with("AWS Marketplace software usage|"), "{description}");
        assert_eq!(description.split('|').count(), 3, "{description}");
    }
}

#[test]
fn aws_fills_the_product_map_from_july_2026_on() {
    let models = |last_period: &str| {
        let (lines, _) = month(|options| options.last_period = period(last_period));
        lines.iter().filter(|line| line.label("product", "model").is_some()).count()
    };
    assert_eq!(models("2026-06"), 0);
    assert!(models("2026-07") > 200);
}

#[test]
fn principals_begin_on_8_april_2026_and_those_of_mantle_on_11_august() {
    let first_day = |last_period: &str, mantle: bool| {
        let (lines, _) = month(|options| {
            options.last_period = period(last_period);
            options.lines = 6_000;
        });
        let of_mantle = |line: &&Line| line.text("line_item_usage_type").is_some_and(|text| text.contains("-mantle-"));
        let called = lines.iter().filter(|line| line.text("line_item_iam_principal").is_some());
        let days = called.filter(|line| of_mantle(line) == mantle);
        days.filter_map(|line| line.time("line_item_usage_start_date")).min().map(|time| time[..10].to_owned())
    };
    let within = |day: Option<String>, first: &str, last: &str| day.is_some_and(|day| first <= &*day && &*day <= last);
    assert_eq!(first_day("2026-03", false), None);
    assert!(within(first_day("2026-04", false), "2026-04-08", "2026-04-09"));
    assert_eq!(first_day("2026-07", true), None);
    assert!(within(first_day("2026-08", true), "2026-08-11", "2026-08-14"));
}

#[test]
fn the_newest_month_is_open_and_ends_where_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let last_day = chrono::NaiveDate::from_ymd_opt(2026, 10, 11);
    let summary = written(&SampleOptions { months: 2, last_day, ..small(folder.path()) });
    let [closed, open] = &summary.periods[..] else { panic!("two months") };
    assert_eq!(values(&read(&open.data_files), "bill_invoice_id"), BTreeSet::from([String::new()]));
    assert!(!values(&read(&closed.data_files), "bill_invoice_id").contains(""));
    let last = |month: &PeriodSummary| {
        let lines = read(&month.data_files);
        lines.iter().filter_map(|line| line.time("line_item_usage_start_date")).max().map(|time| time[..10].to_owned())
    };
    assert_eq!(last(closed).as_deref(), Some("2026-09-30"));
    assert_eq!(last(open).as_deref(), Some("2026-10-11"));
}

#[test]
fn a_restated_month_has_late_usage_a_credit_and_somebody_in_another_team() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = small(folder.path());
    let before = written(&options);
    let old = read(&only(&before).data_files);
    let after = restate(&options, period("2026-10"), |_| {}).expect("a restatement");
    let new = read(&after.data_files);
    assert_eq!((after.version, old.len(), new.len()), (2, 2_000, 2_022));
    let credits =
        |lines: &[Line]| lines.iter().filter(|line| line.text("line_item_line_item_type") == Some("Credit")).count();
    assert_eq!(credits(&new), credits(&old) + 1);
    let teams = |lines: &[Line]| {
        let first = "assumed-role/ClaudeCodeRole/ana.adler@example.com";
        let calls =
            lines.iter().filter(|line| line.text("line_item_iam_principal").is_some_and(|p| p.ends_with(first)));
        calls.filter_map(|line| line.label("tags", "iamPrincipal/team")).collect::<BTreeSet<_>>()
    };
    assert_eq!(teams(&old), BTreeSet::from(["data-science".to_owned()]));
    assert_eq!(teams(&new), BTreeSet::from(["engineering".to_owned()]));
    assert_eq!(sum(&new, "line_item_unblended_cost"), after.totals.bill["USD"].unblended);
    assert_ne!(after.totals.bill, only(&before).totals.bill);
    let rows: Vec<usize> = after.data_files.iter().map(|file| read(std::slice::from_ref(file)).len()).collect();
    assert_eq!(rows, [2_022, 0], "the surplus chunk is empty");
}

#[test]
fn restating_within_one_run_ends_where_restating_afterwards_does() {
    let (at_once, afterwards) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let month = period("2026-10");
    for delivery in [Delivery::Overwrite, Delivery::CreateNew] {
        let options = SampleOptions { delivery, ..small(at_once.path()) };
        let summary = written(&SampleOptions { restate: Some(month), ..options.clone() });
        let options = SampleOptions { folder: afterwards.path().to_owned(), ..options };
        written(&options);
        let restated = restate(&options, month, |_| {}).expect("a restatement");
        assert_eq!(only(&summary).totals, restated.totals);
        assert!(files(at_once.path()) == files(afterwards.path()));
    }
}

#[test]
fn days_of_one_principal_and_usage_type_are_much_fewer_than_lines() {
    let (lines, summary) = month(|options| options.lines = 20_000);
    let key = |line: &Line| {
        let columns = ["line_item_usage_account_id", "line_item_usage_type", "line_item_iam_principal"];
        let day = line.time("line_item_usage_start_date").map(|time| time[..10].to_owned());
        (day, columns.map(|column| line.text(column).map(str::to_owned)))
    };
    let groups: BTreeSet<_> = lines.iter().filter(|line| is_bedrock(line)).map(key).collect();
    let lines_per_group = summary.totals.bedrock_lines / groups.len() as u64;
    assert!((5..=20).contains(&lines_per_group), "{lines_per_group}");
}

#[test]
fn an_export_without_principals_has_no_tags_of_principals() {
    let (lines, _) = month(|options| options.principal_column = false);
    let tags = lines.iter().filter_map(|line| line.map("tags")).flatten();
    assert!(tags.map(|(key, _)| key).all(|key| !key.starts_with("iamPrincipal/")));
}

#[test]
fn progress_counts_up_to_the_last_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = Vec::new();
    write(&SampleOptions { lines: 21_000, ..small(folder.path()) }, |progress| seen.push(progress)).expect("a sample");
    assert!(seen.windows(2).all(|pair| pair[0].lines_written < pair[1].lines_written));
    assert_eq!(seen.last().map(|last| (last.lines_written, last.lines)), Some((21_000, 21_000)));
}

#[test]
fn options_that_make_no_sense_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |options: SampleOptions| write(&options, |_| {}).expect_err("a refusal").to_string();
    let restated = SampleOptions { restate: Some(period("2020-01")), ..small(folder.path()) };
    assert_eq!(refused(restated), "2020-01 is not one of the generated months, so there is nothing to restate");
    let bedrock_percent = SampleOptions { bedrock_percent: 101, ..small(folder.path()) };
    assert_eq!(refused(bedrock_percent), "101 percent of the lines cannot be Amazon Bedrock's; write 0 to 100");
    std::fs::write(folder.path().join("data"), "in the way").expect("a file");
    let blocked = write(&small(folder.path()), |_| {}).expect_err("a refusal");
    assert!(matches!(blocked, SampleError::File { .. }), "{blocked}");
}

#[test]
fn a_share_of_nothing_or_of_everything_is_kept_to() {
    for percent in [0, 100] {
        let (lines, summary) = month(|options| {
            options.bedrock_percent = percent;
            options.lines = 3_000;
        });
        assert_eq!(summary.totals.bedrock_lines, 30 * u64::from(percent));
        assert_eq!(lines.len(), 3_000);
    }
    assert!(!LineItem::other_usage(period("2026-10")).is_bedrock());
}
