//! The other end of the operator's socket (`api/src/operator.rs`): one request, one answer, one connection.
//!
//! A client of its own, because it is less than what a client library would be: the server is ours, the answers are
//! HTTP/1.1 with a length or in chunks. Invariant: an answer that was cut short is an error, never an end.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Take, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use api::operator::{Address, Head, path};

use crate::failed;

/// The longest line of an answer that is not its body.
const LINE: u64 = 8 * 1024;

/// A running server, as its operator reaches it.
pub struct Operator {
    socket: PathBuf,
}

impl Operator {
    /// Returns the server that runs on `data`, which must answer.
    pub fn of(data: &Path) -> Result<Self> {
        let operator = Self { socket: path(data) };
        match operator.connect() {
            Ok(_) => Ok(operator),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                Err(failed::in_use(format!(
                    "{} is in use, and no server answers at {}: one is starting, or another command runs on it; \
                     wait for it",
                    data.display(),
                    operator.socket.display()
                )))
            }
            Err(error) => {
                Err(error).with_context(|| format!("cannot connect to {}", operator.socket.display()))
            }
        }
    }

    /// Asks for `target`, and returns the body of the answer, which is to be read.
    pub fn get(&self, target: &str) -> Result<Body> {
        self.answered("GET", target, &[])
    }

    /// Sends `body` to `target`, and returns the body of the answer, which is to be read.
    pub fn post(&self, target: &str, body: &[u8]) -> Result<Body> {
        self.answered("POST", target, body)
    }

    fn answered(&self, method: &str, target: &str, body: &[u8]) -> Result<Body> {
        let answer = self
            .ask(method, target, body)
            .with_context(|| format!("the server at {} did not answer", self.socket.display()))?;
        let (status, mut body) = answer;
        if status == 200 {
            return Ok(body);
        }
        let mut said = String::new();
        body.read_to_string(&mut said).ok();
        anyhow::bail!("the server answered {target} with {status}: {}", said.trim_end())
    }

    /// Asks where the log ends, and which it is.
    pub fn head(&self) -> Result<Head> {
        let answer = self.get("/head")?;
        serde_json::from_reader(answer).context("the server said where its log ends in words unknown here")
    }

    fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(Address::of(&self.socket)?.path())
    }

    fn ask(&self, method: &str, target: &str, body: &[u8]) -> io::Result<(u16, Body)> {
        let mut stream = self.connect()?;
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut from = BufReader::with_capacity(1 << 16, stream);
        let status = line(&mut from)?;
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| broken("the answer is not HTTP/1.1"))?;
        let (mut length, mut chunked) = (None, false);
        loop {
            let line = line(&mut from)?;
            let Some((name, value)) = line.split_once(':') else { break };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.parse().map_err(|_| broken("the length of the answer is no number"))?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.eq_ignore_ascii_case("chunked");
            }
        }
        let rest = match (chunked, length) {
            (true, _) => Rest::Chunks,
            (false, Some(_)) => Rest::None,
            (false, None) => return Err(broken("the answer does not say where it ends")),
        };
        Ok((status, Body { from: from.take(length.filter(|_| !chunked).unwrap_or(0)), rest }))
    }
}

/// What comes after the bytes at hand.
#[derive(Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    None,
    /// The first chunk, if none was read yet.
    Chunks,
    /// The end of this chunk and another one.
    More,
}

/// The body of an answer.
#[derive(Debug)]
pub struct Body<R = UnixStream> {
    /// What is left of this chunk, or of all.
    from: Take<BufReader<R>>,
    rest: Rest,
}

impl<R: Read> Body<R> {
    /// Goes over to the next chunk.
    fn chunk(&mut self) -> io::Result<()> {
        let from = self.from.get_mut();
        if self.rest == Rest::More && !line(from)?.is_empty() {
            return Err(broken("a chunk of the answer does not end"));
        }
        let size = line(from)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| broken("a chunk of the answer has no size"))?;
        if size == 0 {
            while !line(from)?.is_empty() {}
        }
        self.rest = if size == 0 { Rest::None } else { Rest::More };
        self.from.set_limit(size);
        Ok(())
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.from.limit() == 0 {
            if self.rest == Rest::None {
                return Ok(0);
            }
            self.chunk()?;
        }
        match self.from.read(buffer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

/// Reads a line, and returns it without its end.
fn line(from: &mut BufReader<impl Read>) -> io::Result<String> {
    let mut line = String::new();
    from.take(LINE).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunked(bytes: &[u8]) -> io::Result<Vec<u8>> {
        // As small as can be, so that everything is read in pieces.
        let from = BufReader::with_capacity(1, bytes).take(0);
        let mut read = Vec::new();
        Body { from, rest: Rest::Chunks }.read_to_end(&mut read)?;
        Ok(read)
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(
            chunked(b"5\r\nPr\xc3\xa9a\r\nC;a=b\r\nu, bonjour !\r\n0\r\nX: y\r\n\r\n").unwrap(),
            "Préau, bonjour !".as_bytes()
        );
        assert_eq!(chunked(b"0\r\n\r\n").unwrap(), b"");
    }

    #[test]
    fn an_answer_that_was_cut_short_is_no_end() {
        let whole = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        for end in 0..whole.len() {
            assert!(chunked(&whole[..end]).is_err(), "{end}");
        }
        let mut sized = Body { from: BufReader::new(&b"abc"[..]).take(4), rest: Rest::None };
        assert!(sized.read_to_end(&mut Vec::new()).is_err());
        for broken in ["g\r\nabc", "3\r\nabcd\r\n0\r\n\r\n", "-1\r\n\r\n"] {
            assert!(chunked(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
