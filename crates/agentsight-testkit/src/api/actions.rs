use std::cmp::Ordering;

use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::any_case::AnyCase;
use super::call::Call;
use super::parameters::Order;
use super::route::Number;
use super::rows::{ActionLogRow, ActionRow, replace};
use super::validation::{Fields, SHORT_TEXT};
use crate::CreateAnswer;

/// `GET /api/actions/` (wire: 1.16).
pub(crate) fn list(call: &mut Call<'_>) -> Handled {
    let query = &call.query;
    let part = |name| query.get(name).map(AnyCase::new);
    let (name_part, display_name_part, search) = (part("name__icontains"), part("display_name"), part("search"));
    let holds = |part: &Option<AnyCase>, texts: &[&str]| {
        part.as_ref().is_none_or(|part| texts.iter().any(|text| part.is_in(text)))
    };
    let matches = |action: &&ActionRow| {
        query.get("name").is_none_or(|name| name == action.name)
            && holds(&name_part, &[&action.name])
            && holds(&display_name_part, &[&action.display_name])
            && holds(&search, &[&action.name, &action.display_name, &action.description])
    };
    let order = Order::read(query, &["name", "display_name", "id"]);
    let mut rows: Vec<&ActionRow> = call.state.actions.of(call.caller.agent).filter(matches).collect();
    rows.sort_by(|left, right| compare(&order, left, right));
    call.page(&rows, |action| action.render())
}

/// `GET /api/actions/{id}/` (wire: 1.16).
pub(crate) fn detail(call: &mut Call<'_>, number: Number) -> Handled {
    Ok(Answer::ok(&call.action(number)?.render()))
}

/// `GET /api/actions/{id}/logs/`: a bare array (wire: 1.16).
pub(crate) fn logs(call: &mut Call<'_>, number: Number) -> Handled {
    let action = call.action(number)?.number;
    let logs: Value = call.state.action_logs_of_action(action).map(ActionLogRow::render).collect();
    Ok(Answer::ok(&logs))
}

/// `POST /api/actions/`: an action before anything performs it (wire: 1.16).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let body = call.json_body()?;
    let agent = call.caller.agent;
    let mut fields = Fields::new(&body, call.options);
    let name = fields.required_text("name", Some(SHORT_TEXT));
    let display_name = fields.optional_text("display_name", Some(SHORT_TEXT));
    let description = fields.optional_text("description", None);
    let name = fields.finish(|| name)?;
    if call.state.actions.find(agent, &name).is_some() {
        return Err(name_is_taken(&name));
    }
    let mut action = ActionRow::new(agent, name);
    replace(&mut action.display_name, display_name);
    replace(&mut action.description, description);
    let number = call.state.add_action(action);
    let action = call.action(Number(Some(number)))?;
    Ok(Answer::created(&match call.options.create_answer {
        CreateAnswer::Resource => action.render(),
        CreateAnswer::Minimal => json!({ "id": number }),
    }))
}

/// `PATCH /api/actions/{id}/` (wire: 1.16).
pub(crate) fn update(call: &mut Call<'_>, number: Number) -> Handled {
    let agent = call.caller.agent;
    let number = call.action(number)?.number;
    let body = call.json_body()?;
    let mut fields = Fields::new(&body, call.options);
    let name = body.contains_key("name").then(|| fields.required_text("name", Some(SHORT_TEXT))).flatten();
    let display_name = fields.optional_text("display_name", Some(SHORT_TEXT));
    let description = fields.optional_text("description", None);
    fields.finish(|| Some(()))?;
    if let Some(name) = &name
        && call.state.actions.find(agent, name).is_some_and(|other| other.number != number)
    {
        return Err(name_is_taken(name));
    }
    call.state.actions.change(number, |action| {
        replace(&mut action.name, name);
        replace(&mut action.display_name, display_name);
        replace(&mut action.description, description);
    });
    detail(call, Number(Some(number)))
}

fn name_is_taken(name: &str) -> Refusal {
    Refusal::field("name", format!("An action named \"{name}\" already exists for this agent."))
}

fn compare(order: &[Order], left: &ActionRow, right: &ActionRow) -> Ordering {
    let asked = order.iter().map(|order| {
        order.direct(match order.field {
            "name" => left.name.cmp(&right.name),
            "display_name" => left.display_name.cmp(&right.display_name),
            _ => left.number.cmp(&right.number),
        })
    });
    asked.fold(Ordering::Equal, Ordering::then).then(left.number.cmp(&right.number))
}

impl Call<'_> {
    /// The action of that number, or 404.
    fn action(&self, number: Number) -> Result<&ActionRow, Refusal> {
        let action = number.0.and_then(|number| self.state.actions.get(self.caller.agent, number));
        action.ok_or_else(|| Refusal::not_found("Action"))
    }
}
