//! How an answer looks: two media types, the status codes of each, and what is said of a request nobody resolved.

use async_graphql::{ErrorExtensionValues, Response as Answered, ServerError, Value};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::failure::{Failure, trace_id};

/// The media type of an answer (GraphQL over HTTP, 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `application/json`: 200 whenever the document could be read.
    Json,
    /// `application/graphql-response+json`: the status says whether there is data.
    GraphQl,
}

impl Form {
    /// Returns what the client accepts; JSON if it does not say.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Refused> {
        let form = |media: &str| match media {
            "application/graphql-response+json" => Some(Self::GraphQl),
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            _ => None,
        };
        first_accepted(headers, form, Self::Json).ok_or(Refused::NotAcceptable)
    }

    /// Returns the response of an operation that was resolved, or refused by the validation. `say` gives the sentence
    /// of a code in the language of the request, if it has one.
    pub(super) fn response(self, mut answered: Answered, say: impl Fn(&str) -> Option<String>) -> Response {
        for error in &mut answered.errors {
            coded(error, "GRAPHQL_VALIDATION_FAILED");
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
            if let Some(Value::String(code)) = code
                && let Some(sentence) = say(code)
            {
                error.message = sentence;
            }
        }
        // Only errors of execution have a path: without data and without one, nothing was executed.
        let refused = answered.data == Value::Null
            && !answered.errors.is_empty()
            && answered.errors.iter().all(|error| error.path.is_empty());
        let status = match self {
            Self::GraphQl if refused => StatusCode::BAD_REQUEST,
            Self::GraphQl | Self::Json => StatusCode::OK,
        };
        let json = if refused { errors(&answered.errors) } else { serde_json::to_vec(&answered) };
        self.write(status, json)
    }

    fn write(self, status: StatusCode, json: serde_json::Result<Vec<u8>>) -> Response {
        let media = match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
        };
        let (status, json) = match json {
            Ok(json) => (status, json),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written");
                (StatusCode::INTERNAL_SERVER_ERROR, b"{}".to_vec())
            }
        };
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

fn errors(errors: &[ServerError]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&serde_json::json!({ "errors": errors }))
}

/// Gives an error a code and a trace id if it has none: those that the library made.
fn coded(error: &mut ServerError, code: &str) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    if extensions.get("traceId").is_none() {
        extensions.set("traceId", trace_id());
    }
}

/// Returns the first media type that a client accepts and that is one of ours, none if nothing of ours is; what it gets
/// if it does not say is `unsaid`.
pub(super) fn first_accepted<T>(
    headers: &HeaderMap,
    ours: impl Fn(&str) -> Option<T>,
    unsaid: T,
) -> Option<T> {
    let mut ranges =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if ranges.peek().is_none() {
        return Some(unsaid);
    }
    let mut forms = ranges.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        if parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0))) {
            return None;
        }
        ours(&media)
    });
    forms.next()
}

/// Why a request was not resolved.
#[derive(Debug)]
pub(super) enum Refused {
    NotAcceptable,
    NotJson,
    TooSlow,
    BodyTooLarge,
    Unreadable,
    /// The parser says where.
    Document(String),
    /// What is too large, and the limit.
    DocumentTooLarge(&'static str, u64),
    TimeLimit,
    Failed(Failure),
}

impl Refused {
    /// Returns the response to a client that reads JSON.
    pub(super) fn into_response(self) -> Response {
        self.shown(Form::Json)
    }

    /// Returns the response.
    pub(super) fn shown(self, form: Form) -> Response {
        let (status, code, sentence) = match self {
            Self::NotAcceptable => (
                StatusCode::NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                "Answers are application/json or application/graphql-response+json: accept one of them.".to_owned(),
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "A request is application/json in UTF-8: say so in Content-Type.".to_owned(),
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "TOO_SLOW",
                "The request did not arrive in time: send it again.".to_owned(),
            ),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                "The request is longer than this operation may be: ask for less at once.".to_owned(),
            ),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                "UNREADABLE",
                "A request is one JSON object with `query`, and with `operationName`, `variables` and `extensions` where needed."
                    .to_owned(),
            ),
            Self::Document(error) => (StatusCode::BAD_REQUEST, "GRAPHQL_PARSE_FAILED", error),
            Self::DocumentTooLarge(what, limit) => (
                StatusCode::BAD_REQUEST,
                "DOCUMENT_TOO_LARGE",
                format!("The document has more {what} than the {limit} it may have: ask in several requests."),
            ),
            Self::TimeLimit => (
                StatusCode::SERVICE_UNAVAILABLE,
                "TIME_LIMIT",
                "The operation took too long; what it began may still be done: try again with the same idempotency key."
                    .to_owned(),
            ),
            Self::Failed(failure) => {
                let status = match failure {
                    Failure::BadInput(..) => StatusCode::BAD_REQUEST,
                    _ => StatusCode::SERVICE_UNAVAILABLE,
                };
                let error = async_graphql::Error::from(failure);
                let mut shown = ServerError::new(error.message, None);
                shown.extensions = error.extensions;
                return form.write(form.status(status), errors(&[shown]));
            }
        };
        let mut error = ServerError::new(sentence, None);
        coded(&mut error, code);
        let status = match code {
            // The document was read: for plain JSON the transport has nothing to complain of.
            "DOCUMENT_TOO_LARGE" => form.status(status),
            _ => status,
        };
        form.write(status, errors(&[error]))
    }
}

impl Form {
    fn status(self, status: StatusCode) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphQl => status,
        }
    }
}
