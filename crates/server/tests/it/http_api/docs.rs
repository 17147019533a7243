//! The page at `/docs` has everything that it needs, and its browser is told to take nothing from elsewhere.

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use regex::Regex;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::client::Client;

#[sqlx::test(migrations = "../../migrations")]
async fn the_page_is_served_with_every_file_that_it_loads(pool: PgPool) {
    let client = Client::new(pool);
    let page = client.get("/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let mut media_types = Vec::new();
    for path in loaded_by(&page.text) {
        let file = client.get(&format!("/{path}")).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{path}");
        media_types.push(file.header("content-type").to_owned());
        // Whoever has come by this name once need not ask again, because another version has another name.
        let expected = if path.contains("swagger-ui-") { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(file.header("cache-control"), expected, "{path}");
    }
    media_types.sort();
    let (css, script) = ("text/css; charset=utf-8", "text/javascript; charset=utf-8");
    assert_eq!(media_types, [css, css, script, script]);
    let unknown = client.get("/docs/page.html").await;
    assert_eq!((unknown.status, &unknown.json()["type"]), (StatusCode::NOT_FOUND, &"/problems/unknown-path".into()));
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_of_the_page_comes_from_anywhere_else(pool: PgPool) {
    let client = Client::new(pool);
    let page = client.get("/docs").await;
    let policy = page.header("content-security-policy").to_owned();
    let directives: Vec<Vec<&str>> = policy.split(';').map(|text| text.split_whitespace().collect()).collect();
    assert!(directives.contains(&vec!["default-src", "'none'"]), "{policy}");
    assert!(directives.contains(&vec!["script-src", "'self'"]), "no script but from files of ours: {policy}");
    assert!(directives.contains(&vec!["style-src", "'self'"]), "{policy}");
    assert!(directives.contains(&vec!["connect-src", "'self'"]), "{policy}");
    assert!(directives.contains(&vec!["frame-ancestors", "'none'"]), "{policy}");
    let mut sources = directives.iter().flat_map(|words| &words[1..]);
    assert!(sources.all(|source| ["'none'", "'self'", "data:"].contains(source)), "{policy}");
    // The policy holds whatever the files say; ours say nothing else.
    let foreign = Regex::new(r#"(?:https?:)?//[A-Za-z0-9]"#).expect("a pattern");
    for (name, text) in [
        ("the page", page.text.clone()),
        ("page.js", client.get("/docs/page.js").await.text.replace("// ", "")),
        ("page.css", client.get("/docs/page.css").await.text),
    ] {
        assert!(!foreign.is_match(&text), "{name} names somewhere else");
    }
    let style = loaded_by(&page.text).into_iter().find(|path| path.ends_with("swagger-ui.css")).expect("a style sheet");
    let style = client.get(&format!("/{style}")).await.text;
    assert!(!style.contains("@import"));
    let address = Regex::new(r#"url\(["']?([a-z]+:|[^"')]{0,20})"#).expect("a pattern");
    for address in address.captures_iter(&style) {
        assert_eq!(&address[1], "data:", "an image of the style sheet");
    }
    // Elsewhere the strict policy stays.
    assert_eq!(client.get("/").await.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_not_ours_is_what_its_readme_says(pool: PgPool) {
    let client = Client::new(pool);
    let readme = include_str!("../../../docs_page/swagger-ui/README.md");
    let row = Regex::new(r"\| `([0-9a-f]{64})` \| `([^`]+)` \|").expect("a pattern");
    let page = client.get("/docs").await.text;
    let mut files = 0;
    for row in row.captures_iter(readme) {
        let path = loaded_by(&page).into_iter().find(|path| path.ends_with(&row[2])).expect("a file of the page");
        let version = path.split(['/', '-']).nth(3).expect("a version");
        assert!(readme.contains(&format!("**{version}**")), "{path}");
        let text = client.get(&format!("/{path}")).await.text;
        assert_eq!(HEXLOWER.encode(&Sha256::digest(text)), row[1], "{path}");
        files += 1;
    }
    assert_eq!(files, 2);
}

/// The files of ours that a page names.
fn loaded_by(page: &str) -> Vec<String> {
    let attribute = Regex::new(r#"(?:src|href)="(docs/[^"]+)""#).expect("a pattern");
    attribute.captures_iter(page).map(|found| found[1].to_owned()).collect()
}
