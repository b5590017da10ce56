//! Any runtime will do, and one after another.

use agentsight_http_async::{AgentSight, Config, Error};

use crate::service::{client_of, runtimes, serve};

#[test]
fn building_a_client_on_a_runtime_spawns_no_task() -> Result<(), Error> {
    for runtime in runtimes() {
        runtime.block_on(async {
            let config = Config::builder().api_key("ags_0123456789abcdef0123456789abcdef_012345");
            let sight = AgentSight::new(config.endpoint("http://localhost").build()?)?;
            sight.tracker().track_human_message("Hello")?;
            drop(AgentSight::disabled().start_background_delivery()?);
            assert_eq!(runtime.metrics().num_alive_tasks(), 0);
            Ok::<(), Error>(())
        })?;
    }
    Ok(())
}

#[test]
fn a_client_built_without_a_runtime_outlives_the_runtimes_that_it_is_used_on() -> Result<(), Error> {
    let server = serve();
    let sight = client_of(&server)?;
    let chat = sight.conversation("c-1")?;
    for (round, runtime) in runtimes().into_iter().chain(runtimes()).enumerate() {
        chat.track_human_message(format!("round {round}"))?;
        let report = runtime.block_on(chat.send())?;
        assert_eq!((report.summary.questions, report.remaining), (1, 0), "round {round}");
        assert_eq!(runtime.block_on(sight.me())?.agent_id, 1);
    }
    let told: Vec<String> = server.api().transcript("c-1").into_iter().map(|message| message.content).collect();
    assert_eq!(told, ["round 0", "round 1", "round 2", "round 3"]);
    Ok(())
}
