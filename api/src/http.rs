//! The way in: our own handler on `Schema::execute` (`api.md`, Transport).
//!
//! Invariants: to the API only POST, only JSON, one operation; nothing is parsed that is too large, nothing is resolved
//! that asks for too much; every answer says `no-store`; every error has a code and a trace id. Beside it, by GET, are
//! what a browser shows ([`week`]) and calendars by secret links ([`feed`]).

mod answer;
mod feed;
mod serve;
#[cfg(test)]
mod tests;
mod week;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::{EmptySubscription, ObjectType, Request, Response as Answered, Variables};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::failure::Failure;
use crate::front::{Front, Visitor};
use crate::graphql::common::Position;
use crate::graphql::moments::Moments;
use crate::graphql::schema::Schema;
use crate::limits::{Limits, TooLarge, mutates};
use crate::texts::Language;
use answer::{Form, Refused};
pub(crate) use serve::ending;
pub use serve::serve;

/// The mutations that carry the body of a message, or a file.
const LONG: [&str; 4] = ["sendMessage", "saveDraft", "replyToMessage", "importCalendar"];

/// What the front door lets in. Each is a setting.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The longest body of a request, in bytes.
    pub body: usize,
    /// The longest body of a mutation that carries a message.
    pub long_body: usize,
    /// How long a request may take to arrive.
    pub reading: Duration,
    /// How long an operation may take.
    pub time: Duration,
    /// How large a document may be.
    pub limits: Limits,
    /// Whose `X-Forwarded-For` is believed: the reverse proxies before this node.
    pub proxies: Vec<IpAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            long_body: 512 * 1024,
            reading: Duration::from_secs(30),
            time: Duration::from_secs(5),
            limits: Limits::default(),
            proxies: vec![],
        }
    }
}

struct Door<Q, M> {
    front: Arc<Front>,
    schema: async_graphql::Schema<Q, M, EmptySubscription>,
    settings: Settings,
    feeds: feed::Feeds,
}

/// Returns the ways in. `settings` are those of `preau config explain`.
pub fn router(front: Arc<Front>, schema: Schema, settings: Settings) -> Router {
    router_of(front, schema, settings)
}

/// Returns the same ways in to another schema: one that ours is compared with in a benchmark.
pub fn router_of<Q: ObjectType + 'static, M: ObjectType + 'static>(
    front: Arc<Front>,
    schema: async_graphql::Schema<Q, M, EmptySubscription>,
    settings: Settings,
) -> Router {
    let door = Arc::new(Door { front, schema, settings, feeds: feed::Feeds::default() });
    Router::new()
        .route("/graphql", post(graphql::<Q, M>))
        .route("/booking/week", get(week::week::<Q, M>))
        .route("/schema.graphql", get(schema_text::<Q, M>))
        .route("/calendar/{file}", get(feed::feed::<Q, M>))
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready::<Q, M>))
        .with_state(door)
}

async fn schema_text<Q: ObjectType + 'static, M: ObjectType + 'static>(
    State(door): State<Arc<Door<Q, M>>>,
) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], door.schema.sdl()).into_response()
}

async fn ready<Q, M>(State(door): State<Arc<Door<Q, M>>>) -> (StatusCode, &'static str) {
    // A node is there once its models are built; what can still happen is that they stop.
    if door.front.node.live().follows() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the read models stopped: see the log of the program\n")
    }
}

/// What a client posts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
    #[serde(rename = "extensions")]
    _extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

async fn graphql<Q: ObjectType + 'static, M: ObjectType + 'static>(
    State(door): State<Arc<Door<Q, M>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let form = match Form::accepted(&headers) {
        Ok(form) => form,
        Err(refused) => return refused.into_response(),
    };
    let request = match read(&door.settings, &headers, body).await {
        Ok(request) => request,
        Err(refused) => return refused.shown(form),
    };
    let visitor =
        Visitor { language: language(&headers), address: door.settings.address(peer.ip(), &headers) };
    match answer(&door, visitor, &headers, request).await {
        Ok(answered) => form.response(answered, |code| sentence(&door.front, visitor.language, code)),
        Err(refused) => refused.shown(form),
    }
}

/// Reads a request, and refuses what is too large before anything works on it.
async fn read(settings: &Settings, headers: &HeaderMap, body: Body) -> Result<Request, Refused> {
    let Settings { body: short, long_body, reading, ref limits, .. } = *settings;
    if !is_json(headers) {
        return Err(Refused::NotJson);
    }
    let bytes = tokio::time::timeout(reading, to_bytes(body, long_body)).await;
    let bytes = bytes.map_err(|_| Refused::TooSlow)?.map_err(|_| Refused::BodyTooLarge)?;
    // Serde would read a list as the struct; a list here is a batch.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Refused::Unreadable);
    }
    let posted: Posted = serde_json::from_slice(&bytes).map_err(|_| Refused::Unreadable)?;
    let query = posted.query.filter(|query| !query.trim().is_empty()).ok_or(Refused::Unreadable)?;
    limits.check_text(&query)?;
    let document = parse_query(&query).map_err(|error| Refused::Document(error.to_string()))?;
    let variables = posted.variables.unwrap_or_default();
    if bytes.len() > short && !mutates(&document, &LONG) {
        return Err(Refused::BodyTooLarge);
    }
    limits.check(&document, &variables)?;
    let mut request = Request::new(query).variables(variables);
    request.operation_name = posted.operation_name.filter(|name| !name.is_empty());
    request.set_parsed_query(document);
    Ok(request)
}

async fn answer<Q: ObjectType + 'static, M: ObjectType + 'static>(
    door: &Door<Q, M>,
    visitor: Visitor,
    headers: &HeaderMap,
    request: Request,
) -> Result<Answered, Refused> {
    let mut request = request.data(visitor).data(Moments::default());
    if let Some(caller) = bearer(headers).and_then(|token| door.front.admit(token, visitor)) {
        request = request.data(caller);
    }
    let work = async {
        at_least(&door.front, headers).await?;
        Ok(door.schema.execute(request).await)
    };
    match tokio::time::timeout(door.settings.time, work).await {
        Ok(Ok(answered)) => Ok(answered),
        Ok(Err(failure)) => Err(Refused::Failed(failure)),
        Err(_) => Err(Refused::TimeLimit),
    }
}

/// Waits until the read models are as far as the caller asks.
async fn at_least(front: &Front, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(asked) = headers.get("preau-at-least") else { return Ok(()) };
    let position = asked.to_str().ok().and_then(Position::parse);
    let position = position.ok_or(Failure::BadInput("Preau-At-Least", "a position that this server gave"))?;
    front.node.at_least(position.0).await
}

/// Returns what people read of a failure in their language; `None` for what only a developer can mend.
fn sentence(front: &Front, language: Language, code: &str) -> Option<String> {
    let text = match code {
        "UNAUTHENTICATED" => "auth.required",
        "PASSWORD_MUST_CHANGE" => "auth.password-must-change",
        "FORBIDDEN" => "forbidden",
        "NOT_FOUND" => "not-found",
        "IDEMPOTENCY_MISMATCH" => "idempotency-mismatch",
        "CONFLICT" => "conflict",
        "BUSY" => "busy",
        "INTERNAL" => "internal",
        _ => return None,
    };
    Some(front.texts.say(language, text, &[]))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let mut parts = only.to_str().unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map(Language::accepted).unwrap_or_default()
}

impl Settings {
    /// Returns the address of the caller: the peer's, or what the nearest of our proxies was told.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let ours = |address: IpAddr| self.proxies.contains(&address.to_canonical());
        if !ours(peer) {
            return peer.to_canonical();
        }
        let told = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
        // From the right: what stands further left was written by whoever wanted to.
        let mut address = peer;
        for hop in chain.iter().rev() {
            let Ok(before) = hop.parse::<IpAddr>() else { break };
            address = before;
            if !ours(before) {
                break;
            }
        }
        address.to_canonical()
    }
}

impl From<TooLarge> for Refused {
    fn from(TooLarge(what, limit): TooLarge) -> Self {
        Self::DocumentTooLarge(what, limit)
    }
}
