//! The way in of calendar programs: `GET /calendar/<secret>.ics`, without a session.
//!
//! Invariants: whoever has a link needs nothing else, so it stands in no program log and in no answer; what is unknown,
//! revoked, over or no longer allowed has one answer. A secret of 256 bits is not guessed: the waits are for programs
//! that go on asking by a dead link, and never for a link that reads something.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::ObjectType;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::Semaphore;

use super::{Door, language};
use crate::failure::trace_id;
use crate::feed::{digest, read};
use crate::texts::Language;
use crate::throttle::{Throttle, Wait};

/// How many feeds are written at a time: whoever has a link may ask without end.
const AT_A_TIME: usize = 2;

/// How long a program may keep what it read, in seconds.
const KEPT: &str = "private, max-age=300";

/// What the way in needs beside the front door.
pub(super) struct Feeds {
    /// Of its own: a school stands behind one address, and dead links must keep nobody from signing in.
    throttle: Throttle,
    turns: Semaphore,
}

impl Default for Feeds {
    fn default() -> Self {
        Self { throttle: Throttle::default(), turns: Semaphore::new(AT_A_TIME) }
    }
}

pub(super) async fn feed<Q: ObjectType + 'static, M: ObjectType + 'static>(
    State(door): State<Arc<Door<Q, M>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    file: Result<Path<String>, PathRejection>,
) -> Response {
    let language = language(&headers);
    // What is no secret at all is looked for like one.
    let digest = digest(file.as_ref().ok().and_then(|file| file.strip_suffix(".ics")).unwrap_or_default());
    let turn = tokio::time::timeout(door.settings.time, door.feeds.turns.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, door.front.texts.say(language, "busy", &[]));
    };
    let (front, wanted) = (Arc::clone(&door.front), digest.clone());
    let text = match tokio::task::spawn_blocking(move || read(&front, &wanted, language)).await {
        Ok(Ok(Some(text))) => text,
        Ok(Ok(None)) => {
            let address = door.settings.address(peer.ip(), &headers);
            let begun = door.feeds.throttle.begin(&digest, address, door.front.node.now());
            return gone(&door, language, begun);
        }
        Ok(Err(failure)) => return failed(&door, language, &format!("{failure:?}")),
        Err(error) => return failed(&door, language, &error.to_string()),
    };
    answer(text, language, &headers)
}

/// Returns the answer to a link that reads nothing.
fn gone<Q, M>(door: &Door<Q, M>, language: Language, begun: Result<(), Wait>) -> Response {
    match begun {
        Ok(()) => plain(StatusCode::NOT_FOUND, door.front.texts.say(language, "feeds.no-such-link", &[])),
        Err(wait) => {
            let said =
                door.front.texts.say(language, "auth.throttled", &[("seconds", wait.seconds().into())]);
            let mut response = plain(StatusCode::TOO_MANY_REQUESTS, said);
            response.headers_mut().insert(header::RETRY_AFTER, wait.seconds().into());
            response
        }
    }
}

fn failed<Q, M>(door: &Door<Q, M>, language: Language, what: &str) -> Response {
    tracing::error!(trace = trace_id(), what, "a feed could not be written");
    plain(StatusCode::INTERNAL_SERVER_ERROR, door.front.texts.say(language, "internal", &[]))
}

fn answer(text: String, language: Language, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", &digest(&text)[..32]);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(str::trim);
    let same = known.any(|known| known == "*" || known.trim_start_matches("W/") == tag);
    let mut response = Response::new(if same { Body::empty() } else { Body::from(text) });
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    guard(&mut response, "text/calendar; charset=utf-8", KEPT);
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    let name = HeaderValue::from_static("attachment; filename=\"preau.ics\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    response
}

fn plain(status: StatusCode, said: String) -> Response {
    let mut response = Response::new(Body::from(said + "\n"));
    *response.status_mut() = status;
    guard(&mut response, "text/plain; charset=utf-8", "no-store");
    response
}

/// Notes what every answer says: no search engine, no page that is linked to, no guess at what it is.
fn guard(response: &mut Response, media: &'static str, kept: &'static str) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, kept),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
