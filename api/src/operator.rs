//! The operator's socket: `operator.sock` in the data directory of a running server, for commands of the operator
//! that cannot open the directory beside it.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET /head` | [`Head`], as JSON |
//! | `GET /events?after=N[&to=M]` | the records after N, up to M or to the head of this moment, framed as in a backup |
//! | `POST /commands` | what a command of the operator prints ([`Carry`]); it is done though whoever asked may go |
//!
//! Invariants: only its owner can connect, at every moment of its life, and who can is [`Actor::Operator`]; it never
//! leaves the machine. It is made by whoever holds the lock of the log, so one that lies there belongs to nobody
//! else, and it is removed at the end. An answer takes no more memory however many events it has.
//!
//! [`Actor::Operator`]: domain::actor::Actor::Operator

use std::fs::{self, DirBuilder, File, Permissions};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use eventlog::backup::{frame, log_id};
use eventlog::log::BoxFuture;
use eventlog::{EventLog, LogError, Position};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

use crate::Node;
use crate::http::ending;

/// The name of the socket in the data directory.
const NAME: &str = "operator.sock";

/// The longest path of a socket, in bytes.
const LONGEST: usize = 107;

/// How many events are read at once: a chunk of the log, and 16 MiB at most.
const PAGE: u64 = 16;

/// How much is sent at once, or a page more.
const PORTION: usize = 64 * 1024;

/// Returns the path of the socket of the server that runs on `data`.
pub fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// A path that fits the address of a socket.
pub struct Address {
    short: PathBuf,
    // The short path leads through it.
    _folder: Option<File>,
}

impl Address {
    /// Returns a path to the socket at `path`: its own, or one through the open folder where that is too long.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= LONGEST {
            return Ok(Self { short: path.to_owned(), _folder: None });
        }
        let folder = File::open(path.parent().unwrap_or(path))?;
        let through = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
        Ok(Self { short: through.join(path.file_name().unwrap_or_default()), _folder: Some(folder) })
    }

    /// Returns the path; it leads there as long as the address lives.
    pub fn path(&self) -> &Path {
        &self.short
    }
}

/// The socket of a server. It is removed with this value.
#[derive(Debug)]
pub struct Socket {
    listener: Option<UnixListener>,
    path: PathBuf,
}

impl Socket {
    /// Listens in `data`, whose log this process holds. A socket that was left there is replaced.
    pub fn bind(data: &Path) -> io::Result<Self> {
        // In a folder of its own until it has its mode: nobody else can connect, not even for a moment.
        let folder = data.join("operator.new");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => DirBuilder::new().mode(0o700).create(&folder)?,
        }
        let (made, path) = (folder.join(NAME), path(data));
        let listener = std::os::unix::net::UnixListener::bind(Address::of(&made)?.path())?;
        fs::set_permissions(&made, Permissions::from_mode(0o600))?;
        fs::rename(&made, &path)?;
        let mut socket = Self { listener: None, path };
        fs::remove_dir(&folder)?;
        listener.set_nonblocking(true)?;
        socket.listener = Some(UnixListener::from_std(listener)?);
        Ok(socket)
    }

    /// Answers until `shutdown`, then finishes what is being answered, ten seconds at most.
    pub async fn serve(
        mut self,
        router: Router,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let (stop, late) = ending(shutdown);
        tokio::select! {
            done = axum::serve(listener, router).with_graceful_shutdown(stop) => done,
            () = late => Ok(()),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

/// Carries out a command of the operator: from the words of the request to the words of the answer, both JSON that
/// only the command line knows.
pub type Carry = Arc<dyn Fn(Bytes) -> BoxFuture<'static, Vec<u8>> + Send + Sync>;

/// Returns what can be asked.
pub fn router(node: Arc<Node>, carry: Carry) -> Router {
    let commands = Router::new().route("/commands", post(command)).with_state(carry);
    Router::new().route("/head", get(head)).route("/events", get(events)).with_state(node).merge(commands)
}

async fn command(State(carry): State<Carry>, body: Bytes) -> Response {
    match tokio::spawn(carry(body)).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        Err(error) => {
            tracing::error!(%error, "a command of the operator failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "the command failed; the output of the server says why\n")
                .into_response()
        }
    }
}

/// Where a log ends, and which it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its last position.
    pub position: u64,
    /// What tells it from every other ([`log_id`]); `None`: it has no event.
    pub log: Option<String>,
}

impl Head {
    /// Returns that of `log`.
    pub async fn of(log: &dyn EventLog) -> Result<Self, LogError> {
        let position = log.head().0;
        let first = log.read_at(Position(1)).await?;
        Ok(Self { position, log: first.filter(|_| position > 0).as_ref().map(log_id) })
    }
}

async fn head(State(node): State<Arc<Node>>) -> Response {
    match Head::of(&**node.log()).await {
        Ok(head) => Json(head).into_response(),
        Err(error) => {
            tracing::error!(%error, "the operator asked for the head of the log");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    after: u64,
    to: Option<u64>,
}

async fn events(State(node): State<Arc<Node>>, Query(Asked { after, to }): Query<Asked>) -> Body {
    let log = Arc::clone(node.log());
    let to = Position(log.head().0.min(to.unwrap_or(u64::MAX)));
    Body::from_stream(stream::try_unfold((log, Position(after)), move |(log, after)| async move {
        let portion = portion(&*log, after, to).await;
        let portion = portion.inspect_err(|error| tracing::error!(%error, "the operator read the log"))?;
        Ok::<_, LogError>(portion.map(|(bytes, last)| (bytes, (log, last))))
    }))
}

/// Returns the frames after `after` that are sent at once, and the position they end at; `None` behind `to`.
async fn portion(
    log: &dyn EventLog,
    mut after: Position,
    to: Position,
) -> Result<Option<(Bytes, Position)>, LogError> {
    let mut bytes = Vec::with_capacity(2 * PORTION);
    while after < to && bytes.len() < PORTION {
        let limit = usize::try_from((to.0 - after.0).min(PAGE)).unwrap_or_default();
        for event in log.read_all(after, limit).await? {
            frame::encode(&event, &mut bytes);
            after = event.position;
        }
    }
    Ok((!bytes.is_empty()).then(|| (bytes.into(), after)))
}
