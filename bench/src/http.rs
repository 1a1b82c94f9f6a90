//! One keep-alive connection: as little work per request as possible, since the generator has one core
//! and must not be what is measured.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub cookies: Vec<String>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(64 << 10), body: Vec::new() }
    }

    /// The body of the last answer, decompressed never: the generator does not ask for compression.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;

        self.buffer.clear();
        let (head, answer) = loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(found) = Head::parse(&self.buffer)? {
                break found;
            }
        };

        self.body.clear();
        match head.length {
            Length::Known(length) => {
                let end = head.size + length;
                while self.buffer.len() < end {
                    if stream.read_buf(&mut self.buffer).await? == 0 {
                        return Err("the server closed the connection within an answer".into());
                    }
                }
                self.body.extend_from_slice(self.buffer.get(head.size..end).unwrap_or_default());
            }
            Length::Chunked => {
                let mut at = head.size;
                loop {
                    match chunk(self.buffer.get(at..).unwrap_or_default())? {
                        Some((data, size)) => {
                            let data = self.buffer.get(at + data.start..at + data.end).unwrap_or_default();
                            let last = data.is_empty();
                            self.body.extend_from_slice(data);
                            at += size;
                            if last {
                                break;
                            }
                        }
                        None => {
                            if stream.read_buf(&mut self.buffer).await? == 0 {
                                return Err("the server closed the connection within an answer".into());
                            }
                        }
                    }
                }
            }
        }
        if !head.close {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

enum Length {
    Known(usize),
    Chunked,
}

struct Head {
    size: usize,
    length: Length,
    close: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<(Self, Answer)>> {
        let mut headers = [httparse::EMPTY_HEADER; 48];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(size) = parsed.parse(bytes)? else {
            return Ok(None);
        };
        let mut head = Self { size, length: Length::Known(0), close: false };
        let mut answer = Answer { status: parsed.code.unwrap_or_default(), location: None, cookies: Vec::new() };
        for header in parsed.headers.iter() {
            let value = || String::from_utf8_lossy(header.value).into_owned();
            if header.name.eq_ignore_ascii_case("content-length") {
                head.length = Length::Known(value().trim().parse()?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                head.length = Length::Chunked;
            } else if header.name.eq_ignore_ascii_case("location") {
                answer.location = Some(value());
            } else if header.name.eq_ignore_ascii_case("set-cookie") {
                answer.cookies.push(value());
            } else if header.name.eq_ignore_ascii_case("connection") {
                head.close = value().eq_ignore_ascii_case("close");
            }
        }
        Ok(Some((head, answer)))
    }
}

/// The next chunk: where its data lies, and how many bytes it takes in all. `None` when more must arrive.
fn chunk(bytes: &[u8]) -> Result<Option<(std::ops::Range<usize>, usize)>> {
    let httparse::Status::Complete((start, length)) =
        httparse::parse_chunk_size(bytes).map_err(|_| "the server sent a malformed chunk")?
    else {
        return Ok(None);
    };
    let end = start + usize::try_from(length)?;
    Ok((bytes.len() >= end + 2).then_some((start..end, end + 2)))
}

/// A whole request as bytes, built once where it is always the same.
pub fn request(method: &str, host: &str, target: &str, headers: &[(&str, &str)], body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!(
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
    } else {
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// `a=1&b=2`, encoded as a form is.
pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
