//! From a request to the part of the service that answers it.

use std::time::Duration;

use agentsight_model::Role;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderValue, Method, Request, StatusCode, header};

use super::answer::{Handled, Refusal};
use super::call::{Call, Query};
use super::route::{self, Route};
use super::state::{LastNumbers, State};
use super::{
    FakeApi, action_logs, actions, attachments, buttons, conversation_feedbacks, conversations, feedbacks, manage, me,
    messages, metadata_in_use,
};
use crate::key::authenticate;

impl FakeApi {
    /// The order of the checks is the service's: what a proxy in front of it refuses, the path, the key, the role, the
    /// rate, the method, and then the body.
    pub(super) fn dispatch(&self, request: &Request<Bytes>, now: DateTime<Utc>) -> Handled {
        let options = &self.shared.options;
        if request.body().len() > options.body_limit {
            return Err(Refusal::body_too_large(options.body_limit));
        }
        if let Some(file) = route::file(request.uri().path()) {
            check_method(request.method(), &[Method::GET])?;
            return attachments::download(&self.present_state(), options, self.clock(), request, file);
        }
        let route = Route::find(request.uri().path()).ok_or_else(Refusal::no_route)?;
        let authorization = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let caller = authenticate(authorization, &options.keys).map_err(Refusal::unauthorized)?;
        if caller.role != Role::Write && request.method() != Method::GET {
            return Err(Refusal::forbidden());
        }
        if let Some(limit) = &options.rate_limit {
            self.buckets().take(limit, authorization, now).map_err(Refusal::throttled)?;
        }
        check_method(request.method(), route.methods())?;
        let query = Query::of(request);
        let mut state = self.present_state();
        let before = state.last_numbers().clone();
        let mut call = Call { state: &mut state, options, caller, now, request, query };
        let answer = handle(&mut call, route);
        hide_new_rows(&mut state, options.visible_after, before, now);
        answer
    }
}

/// Keeps what a request has stored out of what is read for a while.
fn hide_new_rows(state: &mut State, visible_after: Duration, before: LastNumbers, now: DateTime<Utc>) {
    if visible_after.is_zero() || *state.last_numbers() == before {
        return;
    }
    let until = TimeDelta::from_std(visible_after).ok().and_then(|time| now.checked_add_signed(time));
    state.recent.hide(now, before, until.unwrap_or(DateTime::<Utc>::MAX_UTC));
}

fn handle(call: &mut Call<'_>, route: Route) -> Handled {
    let method = call.request.method();
    match (route, method) {
        (Route::Conversations, &Method::POST) => conversations::upsert(call),
        (Route::Conversations, _) => conversations::list(call),
        (Route::Conversation(number), &Method::DELETE) => manage::delete_row(call, number),
        (Route::Conversation(number), _) => conversations::detail(call, number),
        (Route::Lookup, _) => manage::lookup(call),
        (Route::MetadataKeys, _) => metadata_in_use::conversation_keys(call),
        (Route::MetadataValues, _) => metadata_in_use::conversation_values(call),
        (Route::MessageMetadataKeys, _) => metadata_in_use::message_keys(call),
        (Route::ConversationAttachments(number), _) => attachments::list(call, number),
        (Route::Rename(number), _) => manage::rename(call, number),
        (Route::Update(number), _) => manage::update(call, number),
        (Route::Mark(number), _) => manage::mark(call, number),
        (Route::Delete(number), _) => manage::delete(call, number),
        (Route::Track, _) => messages::create(call),
        (Route::Message(number), &Method::PATCH) => messages::update(call, number),
        (Route::Message(number), &Method::DELETE) => messages::delete(call, number),
        (Route::Message(number), _) => messages::detail(call, number),
        (Route::ActionLogs, _) => action_logs::create(call),
        (Route::Attachments, _) => attachments::create(call),
        (Route::Buttons, &Method::POST) => buttons::create(call),
        (Route::Buttons, _) => buttons::list(call),
        (Route::ButtonStats, _) => buttons::stats(call),
        (Route::ConversationFeedbacks, _) => conversation_feedbacks::create(call),
        (Route::Feedbacks, &Method::POST) => feedbacks::create(call),
        (Route::Feedbacks, _) => feedbacks::list(call),
        (Route::Feedback(number), &Method::PATCH) => feedbacks::update(call, number),
        (Route::Feedback(number), &Method::DELETE) => feedbacks::delete(call, number),
        (Route::Feedback(number), _) => feedbacks::detail(call, number),
        (Route::Actions, &Method::POST) => actions::create(call),
        (Route::Actions, _) => actions::list(call),
        (Route::Action(number), &Method::PATCH) => actions::update(call, number),
        (Route::Action(number), _) => actions::detail(call, number),
        (Route::LogsOfAction(number), _) => actions::logs(call, number),
        (Route::Me, _) => me::detail(call),
    }
}

/// 405 with the methods that the path has (wire: 1.5).
fn check_method(method: &Method, allowed: &[Method]) -> Result<(), Refusal> {
    if allowed.contains(method) {
        return Ok(());
    }
    let refusal = Refusal::detail(StatusCode::METHOD_NOT_ALLOWED, format!("Method \"{method}\" not allowed."));
    let allowed: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    Err(match HeaderValue::from_str(&allowed.join(", ")) {
        Ok(allowed) => refusal.header(header::ALLOW, allowed),
        Err(_) => refusal,
    })
}
