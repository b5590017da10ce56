//! The client of the whole process, and the environment. Every case has a process of its own: this program again, with
//! other variables.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../../tests/round_trip/own_process.rs"]
mod own_process;

use agentsight_http_async::{AgentSight, Config, Environment, Error, ErrorKind};

use crate::own_process::is_own_process;

const KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";
/// Nothing listens there; a client without TLS takes it too.
const ENDPOINT: &str = "http://127.0.0.1:9/";

#[test]
fn c1_a_missing_key_is_an_error_that_is_not_remembered() -> Result<(), Error> {
    if is_own_process("c1_a_missing_key_is_an_error_that_is_not_remembered", &[]) {
        for _ in 0..2 {
            let error = AgentSight::global().expect_err("there is no key");
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("AGENTSIGHT_API_KEY"), "{error}");
        }
        let mine = AgentSight::disabled();
        AgentSight::set_global(mine.clone()).expect("there is none yet");
        mine.conversation("c-1")?.track_human_message("Hello")?;
        assert_eq!(AgentSight::global()?.pending().total(), 1, "the same client");
        let refused = AgentSight::set_global(AgentSight::disabled()).expect_err("there is one already");
        assert!(refused.pending().is_empty(), "it is given back");
        assert_eq!(AgentSight::global()?.pending().total(), 1);
    }
    Ok(())
}

#[test]
fn c1_the_global_client_is_built_from_the_environment_once() -> Result<(), Error> {
    let variables = [
        ("AGENTSIGHT_API_KEY", KEY),
        ("AGENTSIGHT_API_ENDPOINT", ENDPOINT),
        ("AGENTSIGHT_CONVERSATION_ID", "from-the-environment"),
    ];
    if is_own_process("c1_the_global_client_is_built_from_the_environment_once", &variables) {
        AgentSight::global()?.tracker().track_human_message("Hello")?;
        let again = AgentSight::global()?;
        assert_eq!(again.tracker().current().conversation_id().as_str(), "from-the-environment");
        assert_eq!(again.pending().total(), 1);
        assert!(AgentSight::set_global(AgentSight::disabled()).is_err());
    }
    Ok(())
}

#[test]
fn c1_what_is_said_explicitly_goes_before_the_environment() -> Result<(), Error> {
    let variables =
        [("AGENTSIGHT_API_KEY", KEY), ("AGENTSIGHT_API_ENDPOINT", ENDPOINT), ("AGENTSIGHT_ENVIRONMENT", "production")];
    if is_own_process("c1_what_is_said_explicitly_goes_before_the_environment", &variables) {
        let from_env = AgentSight::from_env()?;
        assert_eq!(from_env.config().environment(), Some(&Environment::Production));
        let sight = AgentSight::from_env_with(Config::builder().environment(Environment::Development))?;
        assert_eq!(sight.config().environment(), Some(&Environment::Development));
        assert_eq!(sight.config().endpoint(), from_env.config().endpoint());
        assert!(sight.config().endpoint().is_loopback(), "not the default, which is elsewhere");
    }
    Ok(())
}

#[tokio::test]
async fn c1_a_client_that_the_environment_disables_needs_no_key() -> Result<(), Error> {
    let variables = [("AGENTSIGHT_ENABLED", "false")];
    if is_own_process("c1_a_client_that_the_environment_disables_needs_no_key", &variables) {
        let sight = AgentSight::global()?;
        sight.tracker().track_human_message("Hello")?;
        assert!(sight.tracker().send_tracked_data().await?.disabled);
    }
    Ok(())
}
