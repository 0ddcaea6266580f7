//! `GET /booking/week?domain=ID&week=2026-09-07&format=html`: the week of a domain as a page with a picture and its
//! table, as the picture alone, or as the table alone.
//!
//! Invariants: what is shown is what [`crate::graphql::bookings::week`] lets its reader see; a domain that is not theirs
//! to see is answered like one that is not there. No answer is stored, none may run or load anything, and none is taken
//! for another kind than it says.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::{ID, ObjectType, Value};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Date, DomainId};

use super::answer::first_accepted;
use super::{Door, at_least, bearer, language, sentence};
use crate::failure::{Failure, Result};
use crate::front::{Front, Visitor};
use crate::graphql::acting::Acting;
use crate::graphql::bookings::week;
use crate::graphql::common::Global;
use crate::html;
use crate::texts::Language;

/// What a query may say.
const EXPECTED: &str = "`domain`, `week` and `format`, each once at most, and nothing else";

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Html,
    Svg,
    Csv,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    domain: DomainId,
    day: Option<Date>,
    form: Form,
}

/// What a query says, name by name, as it was read.
type Said = Query<Vec<(String, String)>>;

/// Answers with the week.
pub(super) async fn week<Q: ObjectType + 'static, M: ObjectType + 'static>(
    State(door): State<Arc<Door<Q, M>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    said: Result<Said, axum::extract::rejection::QueryRejection>,
) -> Response {
    let visitor =
        Visitor { language: language(&headers), address: door.settings.address(peer.ip(), &headers) };
    let said = said.map(|Query(said)| said).map_err(|_| Failure::BadInput("query", EXPECTED));
    let work = shown(&door.front, visitor, &headers, said);
    match tokio::time::timeout(door.settings.time, work).await.unwrap_or(Err(Failure::Busy)) {
        Ok((form, body)) => {
            let body = (StatusCode::OK, [(header::CONTENT_TYPE, form.media())], body);
            let mut response = guarded(body.into_response(), visitor.language);
            if form == Form::Csv {
                let name = HeaderValue::from_static("attachment; filename=\"week.csv\"");
                response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
            }
            response
        }
        Err(failure) => failed(&door.front, visitor.language, failure),
    }
}

async fn shown(
    front: &Front,
    visitor: Visitor,
    headers: &HeaderMap,
    said: Result<Vec<(String, String)>>,
) -> Result<(Form, String)> {
    let caller = bearer(headers).and_then(|token| front.admit(token, visitor));
    let acting = Acting::now(front, caller.ok_or(Failure::Unauthenticated)?)?;
    let asked = Asked::read(headers, &said?)?;
    at_least(front, headers).await?;
    let week = week::of(&acting, asked.domain, asked.day)?;
    let body = match asked.form {
        Form::Html => week.page(),
        Form::Svg => week.svg(),
        Form::Csv => week.csv().map_err(|error| Failure::Internal(Box::new(error)))?,
    };
    Ok((asked.form, body))
}

impl Asked {
    /// Reads what is asked for: each name once, no other.
    fn read(headers: &HeaderMap, said: &[(String, String)]) -> Result<Self> {
        let (mut domain, mut day, mut form) = (None, None, None);
        for (name, value) in said {
            let known = match name.as_str() {
                "domain" => domain.replace(DomainId::read(&ID(value.clone()), "domain")?).is_none(),
                "week" => {
                    let read = crate::week::day(value);
                    let expected = "a day of the week, from 1970 to 2199, such as 2026-09-07";
                    day.replace(read.ok_or(Failure::BadInput("week", expected))?).is_none()
                }
                "format" => {
                    let read = Form::called(value);
                    form.replace(read.ok_or(Failure::BadInput("format", "html, svg or csv"))?).is_none()
                }
                _ => false,
            };
            if !known {
                return Err(Failure::BadInput("query", EXPECTED));
            }
        }
        let domain = domain.ok_or(Failure::BadInput("domain", "the id of the domain to be shown"))?;
        let form = form.map_or_else(|| Form::accepted(headers), Ok)?;
        Ok(Self { domain, day, form })
    }
}

impl Form {
    fn called(name: &str) -> Option<Self> {
        match name {
            "html" => Some(Self::Html),
            "svg" => Some(Self::Svg),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// Returns what the client accepts; the page if it does not say.
    fn accepted(headers: &HeaderMap) -> Result<Self> {
        let form = |media: &str| match media {
            "text/html" | "text/*" | "*/*" => Some(Self::Html),
            "image/svg+xml" | "image/*" => Some(Self::Svg),
            "text/csv" => Some(Self::Csv),
            _ => None,
        };
        let expected = "text/html, image/svg+xml or text/csv";
        first_accepted(headers, form, Self::Html).ok_or(Failure::BadInput("Accept", expected))
    }

    fn media(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Svg => "image/svg+xml; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Says why there is no answer: a sentence, and below it the code and the trace id.
fn failed(front: &Front, language: Language, failure: Failure) -> Response {
    let status = match &failure {
        Failure::BadInput("Accept", _) => StatusCode::NOT_ACCEPTABLE,
        Failure::BadInput(..) => StatusCode::BAD_REQUEST,
        Failure::Unauthenticated => StatusCode::UNAUTHORIZED,
        Failure::PasswordMustChange | Failure::Forbidden => StatusCode::FORBIDDEN,
        Failure::NotFound => StatusCode::NOT_FOUND,
        Failure::Busy | Failure::Conflict => StatusCode::SERVICE_UNAVAILABLE,
        Failure::IdempotencyMismatch | Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let code = failure.code();
    let error = async_graphql::Error::from(failure);
    let said = sentence(front, language, code).unwrap_or(error.message);
    let trace = error.extensions.as_ref().and_then(|extensions| extensions.get("traceId"));
    let trace = if let Some(Value::String(trace)) = trace { trace.as_str() } else { "" };
    let media = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let mut response =
        guarded((status, media, format!("{said}\n{code} {trace}\n")).into_response(), language);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Returns a response that is kept by nobody, runs nothing, loads nothing and is in no other page.
fn guarded(mut response: Response, language: Language) -> Response {
    let policy = format!(
        "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        html::style()
    );
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CONTENT_LANGUAGE, language.tag()),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A digest in letters that every header may hold.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
