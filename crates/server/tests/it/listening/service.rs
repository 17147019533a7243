//! The real binary, running.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sample::SampleOptions;
use sqlx::PgPool;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Service {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Receiver<String>,
    pub(crate) folder: TempDir,
}

impl Service {
    /// Starts `chargeback serve` with a small export, and waits until it is served.
    pub(crate) fn start(pool: &PgPool, server: &str) -> Self {
        Self::start_with(pool, server, 200)
    }

    /// With an export of this many lines a month.
    pub(crate) fn start_with(pool: &PgPool, server: &str, lines: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SampleOptions { lines, folder: folder.path().join("export"), ..SampleOptions::default() };
        sample::write(&options, |_| {}).expect("a sample");
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n{server}\n[store]\nurl = \"{}\"\n[[export]]\nname = \"sample\"\n\
             location = \"export\"\n[log]\nformat = \"json\"\n",
            database_url(pool)
        );
        let config = folder.path().join("chargeback.toml");
        std::fs::write(&config, text).expect("a configuration");
        // Many systems allow 1024 open files until more are asked for; here it is fewer still.
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -Sn 300 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_chargeback")])
            .args(["serve", "--config"])
            .arg(config)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let (sender, log) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut service = Self { child, address: SocketAddr::from(([0, 0, 0, 0], 0)), log, folder };
        let line = service.hear("\"serving\"");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        service.address = line["address"].as_str().expect("an address").parse().expect("an address");
        service
    }

    /// Waits for a line of the log with these words.
    pub(crate) fn hear(&self, words: &str) -> String {
        let mut heard = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return line;
            }
            heard.push(line);
        }
        panic!("`{words}` was not logged: {heard:#?}");
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill");
        assert!(status.success());
    }

    /// Tells it to stop; how long that takes, and what it says meanwhile.
    pub(crate) fn stop(&mut self) -> (Duration, String) {
        let begin = Instant::now();
        self.signal("-TERM");
        let status = self.child.wait().expect("the end");
        let elapsed = begin.elapsed();
        let said: Vec<String> = self.log.iter().collect();
        assert!(status.success(), "{status}: {said:#?}");
        (elapsed, said.join("\n"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; one that did not has seen the end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of the test's own database.
pub(crate) fn database_url(pool: &PgPool) -> String {
    let server = std::env::var("DATABASE_URL").expect("DATABASE_URL");
    let options = pool.connect_options();
    let database = options.get_database().expect("a database");
    let (address, query) = server.split_once('?').map_or((server.as_str(), ""), |(address, query)| (address, query));
    let (host, _) = address.rsplit_once('/').expect("an address with a database");
    format!("{host}/{database}?{query}")
}
