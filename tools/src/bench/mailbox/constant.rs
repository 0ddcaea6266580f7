//! The same question, answered from a constant: what an inbox page costs without its read model.

use api::graphql::common::{Global as _, Instant, Listed, Page, Total};
use api::graphql::messaging::{Folder, MailboxRow};
use api::graphql::names::Correspondent;
use api::graphql::people::Profile;
use async_graphql::Object;
use async_graphql::connection::{Edge, OpaqueCursor};
use domain::{MessageId, PersonId, Timestamp};
use projections::MessageNo;

/// A row as a client sees it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) number: MessageNo,
    pub(super) id: MessageId,
    pub(super) subject: Option<String>,
    pub(super) author: PersonId,
    pub(super) name: String,
    pub(super) sent_at: Timestamp,
}

/// Answers `mailbox` with the rows it was given.
pub(super) struct Constant(pub(super) Vec<Row>);

/// Queries.
#[expect(clippy::unused_async, reason = "resolvers are asynchronous, as ours is")]
#[Object(name = "Query")]
impl Constant {
    /// A folder of the caller's mailbox, newest first.
    async fn mailbox(
        &self,
        folder: Folder,
        first: Option<i32>,
        after: Option<String>,
    ) -> api::Result<Listed<MessageId, MailboxRow>> {
        let page = Page::<MessageId>::read(first, after.as_deref(), None, None)?;
        let mut list = Listed::with_additional_fields(false, true, Total::default());
        let rows = if folder == Folder::Inbox { &self.0[..] } else { &[] };
        for row in rows.iter().take(page.size()) {
            let author = Correspondent {
                id: row.author.global(),
                display_name: row.name.clone(),
                profile: Some(Profile::Teacher),
            };
            let node = MailboxRow {
                number: row.number,
                id: row.id.global(),
                subject: row.subject.clone(),
                author: Some(author),
                notice: None,
                sent_at: Instant(row.sent_at),
                unread: true,
            };
            list.edges.push(Edge::new(OpaqueCursor(row.id), node));
        }
        Ok(list)
    }
}
