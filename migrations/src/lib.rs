//! How stored events move between versions.
use domain::Event;
/// The event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// Unknown kind.
    #[error("kind {0} is unknown")]
    Unknown(String),
    /// Bad data.
    #[error("kind {0} cannot be read")]
    Data(String, #[source] serde_json::Error),
}
/// Decodes.
pub fn decode(kind: &str, _schema: u16, data: &[u8]) -> Result<Event, Undecodable> {
    match Event::decode(kind, data) {
        None => Err(Undecodable::Unknown(kind.to_owned())),
        Some(event) => event.map_err(|error| Undecodable::Data(kind.to_owned(), error)),
    }
}
