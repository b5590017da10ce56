use serde_json::{Value, json};

use super::answer::{Answer, Handled};
use super::call::Call;
use super::timestamp;

/// `GET /api/me/`: whose key this is and what it may do (wire: 1.19). There is no ingest here, so no capability of it.
pub(crate) fn detail(call: &mut Call<'_>) -> Handled {
    let agent = call.caller.agent;
    let since = timestamp::write(chrono::DateTime::UNIX_EPOCH);
    let environments: Value = call
        .options
        .environments()
        .map(|slug| {
            json!({
                "id": call.options.environment_number(agent, slug),
                "slug": slug,
                "name": slug,
                "is_production": slug == "production",
                "created_at": since,
                "updated_at": since,
            })
        })
        .collect();
    Ok(Answer::ok(&json!({
        "agent_id": agent,
        "agent_name": format!("Agent {agent}"),
        "role": call.caller.role.as_str(),
        "environments": environments,
        "capabilities": [],
    })))
}
