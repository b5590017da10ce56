use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use agentsight_core::ApiKey;
use agentsight_testkit::RateLimit;
use clap::Parser;

/// The AgentSight service on your machine: point any AgentSight client at it, and see what arrived.
///
/// It keeps everything in memory, unless --data names a file. It prints the two environment variables that a client
/// needs and the address of its inspector, and ends with Ctrl-C (or SIGTERM).
#[derive(Debug, Parser)]
#[command(name = "agentsight-fake", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787, help_heading = ADDRESS)]
    pub(crate) port: u16,

    /// Address to listen on
    ///
    /// Whoever reaches it can read and change everything here, so that anything but loopback is warned of.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), help_heading = ADDRESS)]
    pub(crate) listen: IpAddr,

    /// Let the inspector and the control API answer to this host name too, such as the name of a container
    ///
    /// They answer to localhost and to addresses of this machine, and so does the service to browsers. To other clients it
    /// answers by every name. May be given several times.
    #[arg(long, value_name = "HOST", help_heading = ADDRESS)]
    pub(crate) allow_host: Vec<String>,

    /// Write the port to this file once the service answers; the file is removed at the end
    #[arg(long, value_name = "FILE", help_heading = ADDRESS)]
    pub(crate) port_file: Option<PathBuf>,

    /// Accept this key, for reading and writing, and no other; unless given, every well-formed key may do both
    #[arg(long, value_name = "KEY", help_heading = ACCESS)]
    pub(crate) api_key: Option<String>,

    /// Accept this key for reading only; the key for writing is then the one that is printed
    #[arg(long, value_name = "KEY", help_heading = ACCESS)]
    pub(crate) read_only_key: Option<String>,

    /// Answer 429 above this rate, for each key, such as 100/60
    #[arg(long, value_name = "REQUESTS/SECONDS", value_parser = rate_limit, help_heading = ACCESS)]
    pub(crate) rate_limit: Option<RateLimit>,

    /// Keep what is stored in this file, so that it survives a restart
    ///
    /// The file is made if it is not there, and replaced as a whole soon after every change; FILE.lock beside it keeps
    /// a second process away.
    #[arg(long, value_name = "FILE", help_heading = CONTENT)]
    pub(crate) data: Option<PathBuf>,

    /// Begin with sample conversations of the last weeks: support, shop and voice, in several languages
    ///
    /// Conversations that are there already, by their conversation_id, are left as they are.
    #[arg(long, help_heading = CONTENT)]
    pub(crate) demo: bool,

    /// Begin with the conversations of this file, JSON lines in the form of GET /api/conversations/{id}/
    ///
    /// Conversations that are there already, by their conversation_id, are left as they are. May be given several times.
    #[arg(long, value_name = "FILE", help_heading = CONTENT)]
    pub(crate) seed_data: Vec<PathBuf>,

    /// Give the agent another environment besides production and development; may be given several times
    #[arg(long, value_name = "SLUG", help_heading = CONTENT)]
    pub(crate) environment: Vec<String>,

    /// Begin with the faults of this file, JSON in the form of GET /__testkit/faults
    #[arg(long, value_name = "FILE", help_heading = BEHAVIOUR)]
    pub(crate) faults: Option<PathBuf>,

    /// Rows on a page when a request does not say, 1 to 100
    #[arg(
        long,
        value_name = "ROWS",
        default_value_t = 15,
        value_parser = clap::value_parser!(u8).range(1..=100),
        help_heading = BEHAVIOUR,
    )]
    pub(crate) page_size: u8,
}

const ADDRESS: &str = "Address";
const ACCESS: &str = "Access";
const CONTENT: &str = "Content";
const BEHAVIOUR: &str = "Behaviour";

const EXAMPLES: &str = "\
Examples:
  agentsight-fake --demo                          look around: open the address that is printed
  agentsight-fake --data fake.json                go on tomorrow where you stopped today
  agentsight-fake --port 0 --port-file port.txt   in a script: wait for the file, read the port
  agentsight-fake --faults faults.json            see what a client does when the service fails";

impl Arguments {
    /// What is wrong with them that their forms do not show. A key is not repeated.
    pub(crate) fn problem(&self) -> Option<String> {
        for (option, key) in [("--api-key", &self.api_key), ("--read-only-key", &self.read_only_key)] {
            if key.as_ref().is_some_and(|key| ApiKey::new(key).is_err()) {
                return Some(format!(
                    "the value of {option} has to be ags_, 32 hexadecimal digits, _, 6 hexadecimal digits"
                ));
            }
        }
        let is_same = |write: &String, read: &String| write.trim().eq_ignore_ascii_case(read.trim());
        let are_same = self.api_key.as_ref().zip(self.read_only_key.as_ref()).is_some_and(|(w, r)| is_same(w, r));
        are_same.then(|| "--api-key and --read-only-key have to be different keys".to_owned())
    }
}

fn rate_limit(text: &str) -> Result<RateLimit, &'static str> {
    let limit = || {
        let (requests, seconds) = text.split_once('/')?;
        let (requests, seconds) = (requests.parse().ok()?, seconds.parse().ok()?);
        (requests > 0 && seconds > 0).then(|| RateLimit::new(requests, Duration::from_secs(seconds)))
    };
    limit().ok_or("expected two whole numbers, such as 100/60 for 100 requests in 60 seconds")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_rate_is_two_whole_numbers() {
        assert_eq!(rate_limit("100/60"), Ok(RateLimit::new(100, Duration::from_secs(60))));
        for text in ["100", "100/", "/60", "0/60", "100/0", "1.5/1", "-1/1"] {
            assert!(rate_limit(text).is_err(), "{text}");
        }
    }
}
