//! Every example of the README is run, and answers as it says there.
//!
//! `README_UPDATE=1 cargo test -p server --test it readme` writes today's answers into it; look at the difference then.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::World;
use access::Grants;
use axum::body::Body;
use axum::http::{Request, header};
use ledger::Ownership;
use server::gate::ClaimGrants;
use sqlx::PgPool;
use tower::ServiceExt;

const CURL: &str = "$ curl -sg -H \"Authorization: Bearer $CHARGEBACK_KEY\" 'http://127.0.0.1:8080";

/// A fenced block: the words after the fence, the text, and where the text stands in the file.
struct Block {
    kind: String,
    text: String,
    lines: std::ops::Range<usize>,
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        if let Some(words) = line.strip_prefix("```") {
            match open.take() {
                None => open = Some((words.to_owned(), number + 1)),
                Some((kind, start)) => {
                    blocks.push(Block { kind, text: lines[start..number].join("\n"), lines: start..number });
                }
            }
        }
    }
    blocks
}

/// The answer as it came, laid out for a page: two levels of indentation, and the rest of each value on its line.
fn layout(answer: &str) -> String {
    let mut page = String::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let break_line = |page: &mut String, depth: usize| *page += &format!("\n{}", "  ".repeat(depth));
    for character in answer.chars() {
        if in_text {
            page.push(character);
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        let opens = matches!(character, '{' | '[');
        let closes = matches!(character, '}' | ']');
        if closes {
            depth -= 1;
            if depth < 2 && !page.ends_with(['{', '[']) {
                break_line(&mut page, depth);
            }
        }
        page.push(character);
        in_text = character == '"';
        depth += usize::from(opens);
        match character {
            ',' if depth <= 2 => break_line(&mut page, depth),
            ',' | ':' => page.push(' '),
            _ if opens && depth <= 2 => break_line(&mut page, depth),
            _ => {}
        }
    }
    page.replace("{\n  }", "{}").replace("[\n    ]", "[]").replace("[\n  ]", "[]")
}

/// The time of publishing and the id of a request are never the same twice.
fn without_what_changes(mut answer: String) -> String {
    for key in ["\"as_of\":\"", "\"request_id\":\""] {
        if let Some(start) = answer.find(key).map(|start| start + key.len()) {
            let end = start + answer[start..].find('"').expect("the end of a text");
            answer.replace_range(start..end, "…");
        }
    }
    answer
}

fn run(command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_chargeback"));
    let path = format!("{}:{}", binary.parent().expect("a folder").display(), std::env::var("PATH").expect("PATH"));
    let output = Command::new("sh").args(["-c", command]).env("PATH", path).output().expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

async fn answer(world: &World, command: &str) -> Option<String> {
    if let Some(url) = command.strip_prefix(CURL) {
        let path = url.trim_end_matches('\'').replace('[', "%5B").replace(']', "%5D");
        let key = world.key(&Grants::everything(), 1).await;
        let request = Request::get(path).header(header::AUTHORIZATION, key).body(Body::empty()).expect("a request");
        let answer = world.guarded().oneshot(request).await.expect("an answer").into_body();
        let answer = axum::body::to_bytes(answer, usize::MAX).await.expect("a body");
        let answer = String::from_utf8(answer.to_vec()).expect("UTF-8");
        return Some(layout(&without_what_changes(answer)));
    }
    let command = command.strip_prefix("$ ").filter(|command| command.contains("chargeback"))?;
    Some(run(command).trim_end().to_owned())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_example_answers_as_it_says(pool: PgPool) {
    let world = World::with_sample(pool, 20_000).await;
    let text = std::fs::read_to_string(readme()).expect("the README");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let blocks = blocks(&text);
    let mut run = 0;
    // From the end, so that a longer answer does not move the blocks still to come.
    for pair in blocks.windows(2).rev() {
        let [command, shown] = pair else { unreachable!("windows of two") };
        if command.kind != "console" || !["json", "text"].contains(&shown.kind.as_str()) {
            continue;
        }
        let answer = answer(&world, &command.text).await.unwrap_or_else(|| panic!("not run: {}", command.text));
        run += 1;
        if std::env::var_os("README_UPDATE").is_some() {
            lines.splice(shown.lines.clone(), answer.lines().map(str::to_owned));
        } else {
            assert_eq!(shown.text, answer, "{}", command.text);
        }
    }
    assert_eq!(run, 5, "examples with an answer");
    if std::env::var_os("README_UPDATE").is_some() {
        std::fs::write(readme(), lines.join("\n") + "\n").expect("the README");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn its_configuration_and_its_rules_can_be_used(pool: PgPool) {
    let text = std::fs::read_to_string(readme()).expect("the README");
    let blocks = blocks(&text);
    let of_kind =
        |kind: &str| blocks.iter().find(|block| block.kind == kind).map(|block| block.text.clone()).expect("a block");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chargeback.toml");
    std::fs::write(&file, of_kind("toml config")).expect("a file");
    let config = server::config::load(Some(&file)).expect("the configuration");
    assert_eq!(config.export[0].name, "payer");
    let file = folder.path().join("access.toml");
    std::fs::write(&file, of_kind("toml access")).expect("a file");
    let access = server::config::load(Some(&file)).expect("the configuration of access").access;
    assert!(access.is_configured());
    ClaimGrants::read(&access.grant).expect("grants that can be used");
    let file = folder.path().join("athena.toml");
    std::fs::write(&file, of_kind("toml athena")).expect("a file");
    let athena = server::config::load(Some(&file)).expect("the configuration of Athena").athena;
    assert_eq!(athena.daily_scan_ceiling.map(|ceiling| ceiling.as_u64()), Some(100_000_000_000));
    let rules = Ownership::parse(&of_kind("toml ownership")).expect("the rules");
    assert_eq!(rules.rules().len(), 3);
    let world = World::with_sample(pool, 2_000).await;
    let applied = world.store.apply_ownership(&rules, crate::support::now()).await.expect("the rules fit the sample");
    assert!(applied.changed);
}
