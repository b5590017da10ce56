use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

/// A folder of this test's own; it stays there when the test fails.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fake-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.file(name), content).unwrap();
        self.path_of(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// The program, running.
pub(crate) struct Program {
    child: Child,
    /// What it printed on standard output when it was ready.
    pub(crate) printed: Vec<String>,
    pub(crate) url: String,
}

pub(crate) const KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentsight-fake"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end, for arguments with which it does not serve.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What the program says when it cannot start; it ends with 1 then.
pub(crate) fn failure(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    said
}

impl Program {
    /// Starts it on a free port, and waits until it has said where.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_as_told(&[&["--port", "0"], arguments].concat())
    }

    pub(crate) fn start_as_told(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(|line| line.unwrap());
        let mut printed = Vec::new();
        for line in lines {
            let is_last = line.starts_with("# Inspector: ");
            printed.push(line);
            if is_last {
                break;
            }
        }
        let url = printed.iter().find_map(|line| line.strip_prefix("export AGENTSIGHT_API_ENDPOINT="));
        let Some(url) = url.map(str::to_owned) else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            child.wait().unwrap();
            panic!("it did not start: {said}");
        };
        Self { child, printed, url }
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.get_with(KEY, path)
    }

    pub(crate) fn get_with(&self, key: &str, path: &str) -> (u16, Value) {
        let request = attohttpc::get(format!("{}{path}", self.url)).header("Authorization", format!("Api-Key {key}"));
        let response = request.send().unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text_utf8().unwrap()).unwrap_or_default())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post_with(KEY, path, body)
    }

    pub(crate) fn post_with(&self, key: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = attohttpc::post(format!("{}{path}", self.url))
            .header("Authorization", format!("Api-Key {key}"))
            .header("Content-Type", "application/json")
            .text(body.to_string());
        let response = request.send().unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text_utf8().unwrap()).unwrap_or_default())
    }

    /// Sends it a signal, by the name that `kill` knows.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks it to end, and says what it said until then.
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        let (code, said) = self.ended();
        assert_eq!(code, Some(0), "{said}");
        said
    }

    /// Waits for its end: the exit code, and what it said.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

/// A test that fails leaves no process behind.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
