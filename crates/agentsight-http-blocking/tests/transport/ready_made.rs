//! A transport over an agent that the program made (H4).

use agentsight_core::transport::Transport as _;
use agentsight_http_blocking::UreqTransport;

use crate::attempts::get;

#[test]
fn h4_a_ready_made_agent_keeps_its_settings_and_still_hands_out_every_status() {
    let mut server = mockito::Server::new();
    server.mock("GET", "/here/").with_status(302).with_header("Location", "/elsewhere/").create();
    server.mock("GET", "/gone/").match_header("accept-encoding", "identity").with_status(404).create();
    let config = ureq::Agent::config_builder().proxy(None).accept_encoding("identity").build();
    let transport = UreqTransport::from_agent(ureq::Agent::new_with_config(config));
    for (path, status) in [("/here/", 302), ("/gone/", 404)] {
        let answer = transport.send(get(&(server.url() + path))).expect("an answer");
        assert_eq!(answer.status(), status);
    }
}
