//! The documented configuration is the one that the program reads, and a wrong one says what and where.

use std::path::Path;

use engine::{ExportLocation, S3Options};
use server::config::{Config, load};

fn load_text(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chargeback.toml");
    std::fs::write(&file, text).expect("a file");
    load(Some(&file)).map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "FOLDER"))
}

#[test]
fn the_example_says_what_holds_without_a_file() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/chargeback.example.toml");
    let example = load(Some(&example)).expect("the example can be read");
    let default = Config::default();
    assert_eq!(example.server.listen, default.server.listen);
    assert_eq!(example.server.allow_unauthenticated, default.server.allow_unauthenticated);
    assert_eq!(example.server.max_connections, default.server.max_connections);
    assert_eq!(example.server.trusted_proxies, default.server.trusted_proxies);
    assert_eq!(example.server.cors_origins, default.server.cors_origins);
    assert!(example.server.tls.is_none() && default.server.tls.is_none());
    assert_eq!(example.limits, default.limits);
    assert_eq!(example.drilldown, default.drilldown);
    assert_eq!(example.cost_files, default.cost_files);
    assert_eq!(example.store.url, default.store.url);
    assert_eq!(example.store.max_connections, default.store.max_connections);
    assert_eq!(example.engine.kind, default.engine.kind);
    assert_eq!(example.engine.memory_limit_mib, default.engine.memory_limit_mib);
    assert_eq!(example.athena, default.athena);
    assert_eq!(example.refresh.every, default.refresh.every);
    assert_eq!(example.log.format, default.log.format);
    assert_eq!(example.log.filter, default.log.filter);
    assert_eq!(example.export.len(), 1);
    let Ok(ExportLocation::Disk(folder)) = example.export[0].location() else { panic!("{:?}", example.export[0]) };
    assert!(folder.ends_with("deploy/exports/payer"), "relative to the file");
}

#[test]
fn a_wrong_key_is_named_with_its_place_and_what_would_be_right() {
    let error = load_text("[server]\nlisen = \"127.0.0.1:1\"\n").expect_err("a wrong key");
    insta::assert_snapshot!(error);
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let error = load_text("[server]\nlisten = \"everywhere\"\n").expect_err("a wrong value");
    insta::assert_snapshot!(error);
}

#[test]
fn a_page_that_is_no_origin_is_refused() {
    let error = load_text("[server]\ncors_origins = [\"https://dashboards.example.com/\"]\n").expect_err("a path");
    insta::assert_snapshot!(error);
}

#[test]
fn the_network_is_configured_with_paths_relative_to_the_file() {
    let text = "[server]\nmax_connections = 7\ntrusted_proxies = [\"10.0.0.0/8\", \"::1/128\"]\n\
                [server.tls]\ncertificate = \"tls/certificate.pem\"\nkey = \"/etc/key.pem\"\n";
    let server = load_text(text).expect("it is right").server;
    assert_eq!(server.max_connections.get(), 7);
    assert_eq!(server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"]);
    let tls = server.tls.expect("a certificate");
    assert!(tls.certificate.relative().is_absolute() && tls.certificate.relative().ends_with("tls/certificate.pem"));
    assert_eq!(tls.key.relative(), Path::new("/etc/key.pem"));
}

#[test]
fn a_wrong_network_is_named_with_its_place() {
    for (text, place) in [
        ("[server]\ntrusted_proxies = [\"10.0.0.1\"]\n", "server.trusted_proxies"),
        ("[server]\nmax_connections = 0\n", "server.max_connections"),
        ("[server.tls]\ncertificate = \"c.pem\"\n", "server.tls"),
    ] {
        let error = load_text(text).expect_err("it is wrong");
        assert!(error.contains(place) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn a_wrong_store_is_named_without_its_password() {
    let error = load_text("[store]\nurl = \"mysql://finance:secret@db/chargeback\"\n").expect_err("a wrong store");
    assert!(!error.contains("secret"), "{error}");
    insta::assert_snapshot!(error);
}

#[test]
fn two_exports_with_one_name_are_refused() {
    let export = "[[export]]\nname = \"payer\"\nlocation = \"a\"\n";
    let error = load_text(&format!("{export}{export}")).expect_err("two exports with one name");
    assert_eq!(error, "two exports are named `payer`; give each `[[export]]` a name of its own");
}

#[test]
fn a_missing_file_is_an_error_where_it_was_named() {
    let error = load(Some(Path::new("/nowhere/chargeback.toml"))).expect_err("no file").to_string();
    assert_eq!(error, "there is no configuration file /nowhere/chargeback.toml");
}

fn export(keys: &str) -> Result<ExportLocation, String> {
    let config = load_text(&format!("[[export]]\nname = \"payer\"\n{keys}"))?;
    config.export[0].location().map_err(|error| error.to_string())
}

#[test]
fn an_export_in_s3_is_an_address_with_options() {
    let keys = "location = \"s3://acme-bills/finops/bedrock-cur2\"\nregion = \"eu-central-1\"\nrequester_pays = true\n\
                expected_bucket_owner = \"123456789012\"\nendpoint_url = \"http://127.0.0.1:4566\"\n";
    let Ok(ExportLocation::S3(location)) = export(keys) else { panic!("{:?}", export(keys)) };
    assert_eq!(location.to_string(), "s3://acme-bills/finops/bedrock-cur2");
    let options = S3Options {
        region: Some("eu-central-1".into()),
        requester_pays: true,
        expected_bucket_owner: Some("123456789012".into()),
        endpoint_url: Some("http://127.0.0.1:4566".into()),
    };
    assert_eq!(*location.options(), options);
    let Ok(ExportLocation::S3(location)) = export("location = \"s3://acme/cur2/\"\n") else { panic!("no options") };
    assert_eq!((location.bucket(), location.prefix()), ("acme", "cur2"));
    assert_eq!(*location.options(), S3Options::default());
}

#[test]
fn an_address_that_is_none_and_options_that_do_not_fit_are_refused_at_start() {
    let mut errors = String::new();
    for keys in [
        "location = \"https://acme.s3.eu-central-1.amazonaws.com/cur2\"",
        "location = \"arn:aws:s3:::acme/cur2\"",
        "location = \"s3:/acme/cur2\"",
        "location = \"s3://acme\"",
        "location = \"s3://Acme/cur2\"",
        "location = \"s3://acme/cur2/data\"",
        "location = \"s3://acme/cur2\"\nexpected_bucket_owner = \"1234\"",
        "location = \"s3://acme/cur2\"\nendpoint_url = \"localhost:4566\"",
        "location = \"/exports/payer\"\nrequester_pays = true",
        "location = \"/exports/payer\"\nregion = \"eu-central-1\"",
    ] {
        errors.push_str(&format!("{}\n", export(keys).expect_err(keys)));
    }
    insta::assert_snapshot!(errors);
}

/// What nobody may read: not in debug output, and not where something is wrong with it.
const SECRET: &str = "sesame-open-wide-and-nobody-may-know-it";

#[test]
fn a_configuration_that_is_printed_shows_no_secret() {
    let text = format!(
        "[store]\nurl = \"postgres://finance:{SECRET}@db/chargeback?password={SECRET}\"\n\
         [privacy]\nkey = \"{SECRET}\"\n\
         [access.oidc]\nissuer = \"https://login.example.com\"\naudience = [\"chargeback\"]\n\
         [access.oidc.sign_in]\nclient_id = \"chargeback\"\nclient_secret = \"{SECRET}\"\n\
         public_url = \"https://chargeback.example.com\"\n"
    );
    let config = load_text(&text).expect("it is right");
    for printed in [format!("{config:?}"), format!("{config:#?}"), config.store.url.to_string()] {
        assert!(printed.contains("db/chargeback") && !printed.contains("sesame"), "{printed}");
    }
}

#[test]
fn a_secret_that_is_wrong_is_not_repeated() {
    // Not a text; in the wrong place; and in a file that cannot be read at all.
    for (text, place) in [
        ("[privacy]\nkey = 314159265358979\n", "privacy.key"),
        ("[privacy]\nkey = [\"sesame\"]\n", "privacy.key"),
        (
            "[access.oidc.sign_in]\nclient_id = \"x\"\npublic_url = \"https://x\"\nclient_secret = 314159265358979\n",
            "client_secret",
        ),
        ("[store]\nurl = 314159265358979\n", "store.url"),
        ("[access.oidc]\nsign_in = \"sesame\"\n", "access.oidc"),
        ("privacy = \"sesame\"\n", "privacy"),
        ("[privacy]\nkey = \"sesame\nkey_file = \"x\"\n", "line 2"),
    ] {
        let error = load_text(text).expect_err("it is wrong");
        assert!(error.contains(place) && error.lines().count() == 1, "{error}");
        assert!(!error.contains("sesame") && !error.contains("314159265358979"), "{error}");
    }
}

#[test]
fn what_athena_may_cost_is_written_as_people_write_it() {
    let athena = |text: &str| load_text(&format!("[athena]\n{text}\n")).map(|config| config.athena);
    let ceiling = |text: &str| {
        let terms = athena(&format!("daily_scan_ceiling = {text}")).expect(text);
        terms.daily_scan_ceiling.map(|ceiling| ceiling.as_u64())
    };
    assert_eq!(ceiling("\"100 GB\""), Some(100_000_000_000));
    assert_eq!(ceiling("\"1.5 TiB\""), Some(1_649_267_441_664));
    assert_eq!(ceiling("2500000"), Some(2_500_000));
    let price = |text: &str| athena(&format!("price_per_terabyte = {text}")).map(|terms| terms.price_per_terabyte);
    assert_eq!(price("6").map(|price| price.to_string()).as_deref(), Ok("6"));
    assert_eq!(price("\"5.75\"").map(|price| price.to_string()).as_deref(), Ok("5.75"));
    let wrong = [
        athena("daily_scan_ceiling = \"a lot\"").map(drop),
        athena("daily_scan_ceiling = -1").map(drop),
        price("5.75").map(drop),
        price("\"-1\"").map(drop),
    ];
    let wrong: Vec<String> = wrong.into_iter().map(|wrong| wrong.expect_err("it is wrong")).collect();
    insta::assert_snapshot!(wrong.join("\n"));
}
