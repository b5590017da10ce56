//! What the examples share: the choice between the fake service and the real one.
//!
//! A program of your own needs none of this: it calls `AgentSight::from_env()`.

use std::env;
use std::error::Error;

use agentsight_http_blocking::Config;
use agentsight_testkit::FakeServer;

/// The service that an example talks to: a fake one inside the process or, with `--live`, the one of your account.
#[derive(Debug)]
pub struct Service {
    config: Config,
    fake: Option<FakeServer>,
    arguments: Vec<String>,
}

impl Service {
    /// Reads the command line, starts the fake service unless `--live` is among the arguments, and says which one it is.
    ///
    /// `--live` reads `.env` in this directory or one above, if there is one, and then the environment:
    /// `AGENTSIGHT_API_KEY` is required, `AGENTSIGHT_API_ENDPOINT` and the others are optional.
    ///
    /// # Errors
    /// If the fake service finds no port, if `.env` cannot be read, or if the environment is no configuration.
    pub fn from_command_line() -> Result<Self, Box<dyn Error>> {
        let (flags, arguments): (Vec<String>, Vec<String>) = env::args().skip(1).partition(|word| word == "--live");
        let service = if flags.is_empty() { Self::fake(arguments)? } else { Self::live(arguments)? };
        let address = service.config.endpoint();
        match service.fake {
            Some(_) => println!("Service: a fake AgentSight at {address} (add `-- --live` for your account)\n"),
            None => println!("Service: your account at {address}\n"),
        }
        Ok(service)
    }

    /// The configuration to build a client from, blocking or asynchronous.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// Whether the service is empty and ends with the program.
    #[must_use]
    pub fn is_fake(&self) -> bool {
        self.fake.is_some()
    }

    /// The arguments of the command line, without the program's name and `--live`.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    fn fake(arguments: Vec<String>) -> Result<Self, Box<dyn Error>> {
        let fake = FakeServer::start()?;
        let config = Config::builder().api_key(fake.api_key()).endpoint(fake.url()).build()?;
        Ok(Self { config, fake: Some(fake), arguments })
    }

    fn live(arguments: Vec<String>) -> Result<Self, Box<dyn Error>> {
        match dotenvy::dotenv() {
            // The error itself would quote the line, and with it perhaps the key.
            Err(error) if !error.not_found() => return Err("the file .env cannot be read".into()),
            _ => {}
        }
        let config = Config::resolve(Config::builder(), |name| env::var(name).ok())?;
        Ok(Self { config, fake: None, arguments })
    }
}
