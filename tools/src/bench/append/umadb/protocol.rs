//! What UmaDB is asked over gRPC: the messages and calls of `umadb.v1.DCB` (0.7) that this bench needs.
//!
//! Written by hand, because the official client wants `protoc` and a C toolchain for TLS to be built. Numbers of
//! fields are those of UmaDB's published `v1/umadb.proto`; what is not needed is left out, as Protocol Buffers allow.

use anyhow::{Context as _, Result, anyhow};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

/// An event to be kept.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Event {
    #[prost(string, tag = "1")]
    pub(super) event_type: String,
    /// What it can be found by.
    #[prost(string, repeated, tag = "2")]
    pub(super) tags: Vec<String>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) data: Vec<u8>,
    #[prost(string, tag = "4")]
    pub(super) uuid: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) metadata: Vec<MetadataEntry>,
}

/// Something about an event that is not its body.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MetadataEntry {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct QueryItem {
    #[prost(string, repeated, tag = "2")]
    tags: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Query {
    #[prost(message, repeated, tag = "1")]
    items: Vec<QueryItem>,
}

impl Query {
    /// Asks for all events with this tag.
    fn of(tag: &str) -> Self {
        Self { items: vec![QueryItem { tags: vec![tag.to_owned()] }] }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct AppendCondition {
    #[prost(message, optional, tag = "1")]
    fail_if_events_match: Option<Query>,
    #[prost(uint64, optional, tag = "2")]
    after: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AppendRequest {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Event>,
    #[prost(message, optional, tag = "2")]
    condition: Option<AppendCondition>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AppendResponse {
    #[prost(uint64, tag = "1")]
    position: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadRequest {
    #[prost(message, optional, tag = "1")]
    query: Option<Query>,
    #[prost(bool, optional, tag = "3")]
    backwards: Option<bool>,
    #[prost(uint32, optional, tag = "4")]
    limit: Option<u32>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SequencedEvent {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(message, optional, tag = "2")]
    event: Option<Event>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    events: Vec<SequencedEvent>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HeadRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct HeadResponse {
    #[prost(uint64, optional, tag = "1")]
    position: Option<u64>,
}

/// A connection. A copy uses the same.
#[derive(Debug, Clone)]
pub(super) struct Client(Grpc<Channel>);

impl Client {
    /// Connects, with the settings of the official client.
    pub(super) async fn connect(address: &str) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .tcp_nodelay(true)
            .initial_stream_window_size(Some(4 << 20))
            .initial_connection_window_size(Some(8 << 20));
        Ok(Self(Grpc::new(endpoint.connect().await?)))
    }

    /// Appends if nothing with this tag was appended after the position; returns the new one, or none if something was.
    pub(super) async fn append(
        &mut self,
        events: Vec<Event>,
        tag: &str,
        after: Option<u64>,
    ) -> Result<Option<u64>> {
        let condition = AppendCondition { fail_if_events_match: Some(Query::of(tag)), after };
        let request = AppendRequest { events, condition: Some(condition) };
        self.0.ready().await?;
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Append");
        let codec = ProstCodec::<AppendRequest, AppendResponse>::default();
        match self.0.unary(Request::new(request), path, codec).await {
            Ok(appended) => Ok(Some(appended.into_inner().position)),
            Err(refused) if refused.code() == Code::FailedPrecondition => Ok(None),
            Err(failed) => Err(of(&failed)),
        }
    }

    /// Returns the position of the last event with this tag, if there is one.
    pub(super) async fn last(&mut self, tag: &str) -> Result<Option<u64>> {
        let request = ReadRequest { query: Some(Query::of(tag)), backwards: Some(true), limit: Some(1) };
        self.0.ready().await?;
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Read");
        let codec = ProstCodec::<ReadRequest, ReadResponse>::default();
        let answer = self.0.server_streaming(Request::new(request), path, codec).await;
        let mut parts = answer.map_err(|failed| of(&failed))?.into_inner();
        let mut last = None;
        while let Some(part) = parts.message().await.map_err(|failed| of(&failed))? {
            last = last.or(part.events.first().map(|event| event.position));
        }
        Ok(last)
    }

    /// Returns the position of the last event of all, if there is one.
    pub(super) async fn head(&mut self) -> Result<Option<u64>> {
        self.0.ready().await.context("UmaDB cannot be asked")?;
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Head");
        let codec = ProstCodec::<HeadRequest, HeadResponse>::default();
        let answer = self.0.unary(Request::new(HeadRequest {}), path, codec).await;
        Ok(answer.map_err(|failed| of(&failed))?.into_inner().position)
    }
}

fn of(failed: &Status) -> anyhow::Error {
    anyhow!("UmaDB answered `{}` ({:?})", failed.message(), failed.code())
}
