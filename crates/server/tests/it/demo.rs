//! `chargeback demo`, as a newcomer meets it: it serves, it stops on Ctrl-C and leaves nothing behind, twice in a row.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A folder that the unprivileged user of a root's Postgres can reach.
fn open_folder() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("a folder")
}

/// The process, its address, and the key that it printed.
fn start(folder: &Path) -> (Child, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chargeback"))
        .args(["demo", "--listen", "127.0.0.1:0", "--lines", "2000", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let mut seen = String::new();
    while log.read_line(&mut seen).expect("a line") > 0 {
        if seen.ends_with("Ctrl-C stops it.\n") {
            // Somebody has to go on reading, or the service could not log any more.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            let after = |words: &str| {
                let rest = seen.split(words).nth(1).and_then(|rest| rest.split_whitespace().next());
                rest.unwrap_or_else(|| panic!("{words}: {seen}")).to_owned()
            };
            return (child, after("served on http://"), after("export CHARGEBACK_KEY="));
        }
    }
    child.wait().expect("the end");
    panic!("the demo ended: {seen}");
}

fn get(address: &str, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n{header}\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn interrupt(child: &mut Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(status.success());
    let status = child.wait().expect("the end");
    assert!(status.success(), "{status}");
}

/// Processes whose command line names the folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let name = folder.to_str().expect("a name");
    std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(name))
        .collect()
}

#[test]
#[cfg(target_os = "linux")]
fn it_serves_and_stops_cleanly_twice_in_a_row() {
    let folder = open_folder();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let (mut child, address, key) = start(folder.path());
        let costs = "/v1/costs?period=2026-04&group_by=model";
        let refused = get(&address, costs, "");
        assert!(refused.contains(" 401 "), "{refused}");
        let answer = get(&address, costs, &format!("Authorization: Bearer {key}\r\n"));
        keys.push(key);
        assert!(answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("4.077"), "the published figures: {answer}");
        assert!(!processes_of(folder.path()).is_empty());
        interrupt(&mut child);
        assert_eq!(processes_of(folder.path()), Vec::<String>::new());
    }
    assert_eq!(keys[0], keys[1], "what was copied once goes on working");
    let mode = std::fs::metadata(folder.path().join("key")).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_port_that_is_taken_is_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = open_folder();
    let address = taken.local_addr().expect("an address").to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_chargeback"))
        .args(["demo", "--lines", "500", "--listen", &address, "--dir"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    assert!(!output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    let last = log.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("chargeback: `[server] listen`: {address} cannot be listened on")), "{log}");
    assert!(!log.contains("stack backtrace"), "{log}");
}
