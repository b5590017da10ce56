use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Tested;

/// How long a process may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);
const ATTEMPTS: u32 = 5;

static DRIVERS: AtomicU32 = AtomicU32::new(0);

/// A ChromeDriver on a free port, with a folder of its own for the browser's profile. Dropping it ends both.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    port: u16,
    profile: PathBuf,
}

impl Driver {
    /// Starts the program. It wants one port of both kinds of addresses, and gives up where another program has one of
    /// the two: then it is started again.
    pub(crate) fn start(program: &Path) -> Tested<Self> {
        let mut started = Self::start_once(program);
        for _ in 1..ATTEMPTS {
            if started.is_ok() {
                break;
            }
            started = Self::start_once(program);
        }
        started
    }

    fn start_once(program: &Path) -> Tested<Self> {
        let number = DRIVERS.fetch_add(1, Ordering::Relaxed);
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-{}-{number}", process::id()));
        fs::create_dir_all(&profile)?;
        let process = Command::new(program)
            .arg("--port=0")
            .env("HOME", &profile)
            .env("TZ", "UTC")
            .env("LANGUAGE", "en")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // From here on it is ended, whatever fails.
        let mut driver = Self { process, port: 0, profile };
        driver.port = driver.announced_port()?;
        Ok(driver)
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder of the browser's profile; empty at first.
    pub(crate) fn profile(&self) -> &Path {
        &self.profile
    }

    /// The port, which it prints once it listens.
    fn announced_port(&mut self) -> Tested<u16> {
        let output = self.process.stdout.take().ok_or("ChromeDriver has no output")?;
        let (announce, announced) = mpsc::channel();
        // Reads to the end, so that the driver can always write.
        thread::spawn(move || {
            let mut said = Vec::new();
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("started successfully on port ") {
                    let _ = announce.send(Ok(port.trim_end_matches('.').to_owned()));
                }
                said.push(line);
            }
            let _ = announce.send(Err(said.join("\n")));
        });
        let port = announced.recv_timeout(PATIENCE)?;
        Ok(port.map_err(|said| format!("ChromeDriver ended: {said}"))?.parse()?)
    }

    /// Asks it to end the browsers that it has started, and itself.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        write!(connection, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port)?;
        connection.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let asked = self.shut_down().is_ok();
        let start = Instant::now();
        while asked && start.elapsed() < PATIENCE && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(PAUSE);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The first of some programs that is installed.
pub(crate) fn installed(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let places = programs.iter().flat_map(|program| env::split_paths(&path).map(move |folder| folder.join(program)));
    places.into_iter().find(|place| place.is_file())
}
