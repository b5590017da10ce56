use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;

use agentsight_testkit::FakeServer;

/// Says something to the person, on standard error.
///
/// Nobody may be reading it any more; the service goes on all the same.
pub(crate) fn say(words: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "agentsight-fake: {words}");
}

/// What a client needs, on standard output: lines that a shell takes as they are.
pub(crate) fn announce(server: &FakeServer, read_only_key: Option<&str>) {
    let mut lines = format!(
        "export AGENTSIGHT_API_ENDPOINT={url}\nexport AGENTSIGHT_API_KEY={key}\n",
        url = server.url(),
        key = server.api_key()
    );
    if let Some(key) = read_only_key {
        lines.push_str(&format!("# Read-only key: {}\n", key.trim()));
    }
    lines.push_str(&format!("# Inspector: {}/\n", server.url()));
    let mut output = io::stdout().lock();
    // As above: a closed pipe ends no service.
    let _ = output.write_all(lines.as_bytes()).and_then(|()| output.flush());
}

/// A warning where others than this machine may reach the service.
pub(crate) fn warn_of_others(address: SocketAddr) {
    if !address.ip().is_loopback() {
        say(format_args!(
            "warning: listening on {address}, which other machines may reach: whoever does can read and change \
             everything here"
        ));
    }
}
