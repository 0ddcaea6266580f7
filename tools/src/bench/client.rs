//! A client that costs little: requests made beforehand, one connection a thread, kept open.
//!
//! Invariant: an answer that is not `200`, or that holds an error, ends the run: nothing wrong is counted as fast.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use super::measure::{Samples, Stopwatch};

/// Returns the bytes of a GraphQL request.
pub fn request(token: Option<&str>, query: &str, variables: &Value) -> Vec<u8> {
    let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{bearer}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Who answers later than that does not answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection.
pub struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects.
    pub fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("{address} cannot be reached"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request, and returns the JSON of its answer.
    pub fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.0.get_mut().write_all(request)?;
        let (mut line, mut length) = (String::new(), None);
        self.0.read_line(&mut line)?;
        let ok = line.starts_with("HTTP/1.1 200");
        loop {
            line.clear();
            if self.0.read_line(&mut line)? == 0 {
                bail!("the server closed the connection");
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        let mut body = vec![0; length.context("an answer without a length")?];
        self.0.read_exact(&mut body)?;
        if !ok || body.starts_with(b"{\"errors\"") {
            bail!("the server answered {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

/// What a load did.
#[derive(Debug)]
pub struct Load {
    /// Answers in a second.
    pub rate: f64,
    /// How long each took, in milliseconds.
    pub calls: Samples,
}

/// Sends all `requests` over so many connections, each the next one when it was answered; `check` sees each answer.
pub async fn load(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
    check: fn(&[u8]) -> bool,
) -> Result<Load> {
    let work = move || {
        let watch = Stopwatch::start();
        let calls = std::thread::scope(|scope| {
            let one = |connection: usize| {
                let own = requests.iter().skip(connection).step_by(connections);
                scope.spawn(move || {
                    let (mut client, mut calls) = (Client::to(address)?, Samples::default());
                    for request in own {
                        let call = Stopwatch::start();
                        let answer = client.ask(request)?;
                        calls.add_time(call.elapsed());
                        if !check(&answer) {
                            bail!("the server answered {}", String::from_utf8_lossy(&answer));
                        }
                    }
                    Ok(calls)
                })
            };
            let threads: Vec<_> = (0..connections).map(one).collect();
            let mut calls = Samples::default();
            for thread in threads {
                calls.append(thread.join().map_err(|_| anyhow!("a client ended early"))??);
            }
            Ok::<_, anyhow::Error>(calls)
        })?;
        Ok(Load { rate: watch.rate(requests.len()), calls })
    };
    tokio::task::spawn_blocking(work).await.context("the clients ended early")?
}
