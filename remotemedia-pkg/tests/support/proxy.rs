//! A proxy in front of a registry, which notes every request and breaks the answers that a test wants broken.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A request that came by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
    /// How many bytes of body the client was sent.
    pub(crate) sent_bytes: usize,
}

impl Seen {
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.path.contains(part)
    }
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The answer ends after so many bytes of its body.
    Cut(usize),
    /// The answer stays out after so many bytes of its body.
    Stall(usize),
    /// The registry gets so many bytes of the request's body, and the client no answer.
    CutRequest(usize),
    /// The registry gets it all, and the client no answer.
    Unanswered,
    /// The registry is not asked; this is the answer: status and headers, without what ends them, and body.
    Answer(String, Vec<u8>),
    /// The answer comes with other headers: the first text is replaced with the second.
    Rewrite(&'static str, &'static str),
    /// The answer has another body of the same length, each of its bytes changed.
    Garble,
    /// The answer's body has no end.
    Endless,
    /// The answer comes so much later.
    Late(Duration),
    /// The answer comes when so many requests were under way at once, or after a long time.
    Together(usize),
}

type Rule = Box<dyn FnMut(&Seen) -> Fault + Send>;

/// The proxy.
pub(crate) struct Proxy {
    /// Its host and port.
    pub(crate) address: String,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: String,
    rule: Mutex<Rule>,
    seen: Mutex<Vec<Seen>>,
    is_over: AtomicBool,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Proxy {
    /// A proxy in front of `upstream` that breaks what `rule` says.
    pub(crate) fn new(upstream: &str, rule: impl FnMut(&Seen) -> Fault + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            rule: Mutex::new(Box::new(rule)),
            seen: Mutex::default(),
            is_over: AtomicBool::new(false),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let serve = Arc::clone(&shared);
        let accepting = thread::spawn(move || {
            thread::scope(|scope| {
                for client in listener.incoming() {
                    if serve.is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let serve = Arc::clone(&serve);
                    scope.spawn(move || serve.client(client.unwrap()));
                }
            });
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    /// A proxy that only notes what comes by.
    pub(crate) fn plain(upstream: &str) -> Self {
        Self::new(upstream, |_| Fault::None)
    }

    /// Breaks something else from now on.
    pub(crate) fn set(&self, rule: impl FnMut(&Seen) -> Fault + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    /// The requests since the last call.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }

    /// How many requests were under way at the same time, at most.
    pub(crate) fn most(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }

    pub(crate) fn reference(&self, name: &str) -> remotemedia_pkg::Reference {
        format!("oci://{}/{name}", self.address).parse().unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.address));
        let served = self.accepting.take().unwrap().join();
        assert!(served.is_ok() || thread::panicking(), "the proxy failed");
    }
}

impl Shared {
    /// Serves the one request of a connection. A client that goes away is no fault.
    fn client(&self, mut client: TcpStream) {
        let _gone = self.exchange(&mut client);
        let _gone = client.shutdown(Shutdown::Both);
    }

    fn exchange(&self, client: &mut TcpStream) -> std::io::Result<()> {
        let Some((head, begun)) = read_head(client)? else { return Ok(()) };
        let seen = parse(&head);
        let (fault, index) = {
            let mut all = self.seen.lock().unwrap();
            let fault = self.rule.lock().unwrap()(&seen);
            all.push(seen);
            (fault, all.len() - 1)
        };
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let sent = self.answer(client, &head, begun, fault);
        self.now.fetch_sub(1, Ordering::SeqCst);
        if let Some(seen) = self.seen.lock().unwrap().get_mut(index) {
            seen.sent_bytes = sent?;
        }
        Ok(())
    }

    /// Answers a request and gives how many bytes of body it sent.
    fn answer(&self, client: &mut TcpStream, head: &str, begun: Vec<u8>, fault: Fault) -> std::io::Result<usize> {
        match fault {
            Fault::Late(by) => thread::sleep(by),
            Fault::Together(count) => self.wait_for(count),
            _ => {}
        }
        let body = read_body(client, parse_len(head), begun)?;
        if let Fault::Answer(head, body) = fault {
            let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            client.write_all(head.as_bytes())?;
            client.write_all(&body)?;
            return Ok(body.len());
        }
        let mut upstream = TcpStream::connect(&self.upstream)?;
        upstream.write_all(closing(head).as_bytes())?;
        if let Fault::CutRequest(count) = fault {
            upstream.write_all(&body[..count.min(body.len())])?;
            return Ok(0);
        }
        upstream.write_all(&body)?;
        let Some((head, mut body)) = read_head(&mut upstream)? else { return Ok(0) };
        if !head.starts_with("HTTP/1.1 204") && !head.starts_with("HTTP/1.1 304") {
            let _reset = upstream.read_to_end(&mut body);
        }
        self.spoil(client, closing(&head), body, fault)
    }

    fn wait_for(&self, count: usize) {
        for _ in 0..LONG_MS {
            if self.most.load(Ordering::SeqCst) >= count {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn spoil(&self, client: &mut TcpStream, head: String, mut body: Vec<u8>, fault: Fault) -> std::io::Result<usize> {
        match fault {
            Fault::Unanswered => return Ok(0),
            Fault::Cut(count) => body.truncate(count),
            Fault::Garble => body.iter_mut().for_each(|byte| *byte ^= 1),
            Fault::Rewrite(from, to) => {
                client.write_all(head.replace(from, to).as_bytes())?;
                client.write_all(&body)?;
                return Ok(body.len());
            }
            Fault::Endless => return endless(client),
            Fault::Stall(count) => {
                client.write_all(head.as_bytes())?;
                client.write_all(&body[..count.min(body.len())])?;
                // Until the client has had enough.
                return client.read(&mut [0]);
            }
            _ => {}
        }
        client.write_all(head.as_bytes())?;
        client.write_all(&body)?;
        Ok(body.len())
    }
}

/// Sends a body that nothing ends but the client, or much more than any test allows.
fn endless(client: &mut TcpStream) -> std::io::Result<usize> {
    client.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    let mut sent_bytes = 0;
    while sent_bytes < ENDLESS_BYTES && client.write_all(&chunk).is_ok() {
        sent_bytes += 0x10000;
    }
    Ok(sent_bytes)
}

/// The head of a message with its empty line, and what came behind it.
fn read_head(stream: &mut TcpStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(at + 4);
            return Ok(Some((String::from_utf8(bytes).unwrap(), rest)));
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(None),
            count => bytes.extend(&buffer[..count]),
        }
    }
}

fn read_body(stream: &mut TcpStream, len_bytes: usize, begun: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut body = begun;
    let have = body.len();
    body.resize(len_bytes.max(have), 0);
    stream.read_exact(&mut body[have..])?;
    Ok(body)
}

fn parse(head: &str) -> Seen {
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    Seen { method, path, range: field(head, "range"), authorization: field(head, "authorization"), sent_bytes: 0 }
}

fn parse_len(head: &str) -> usize {
    field(head, "content-length").map_or(0, |len| len.parse().unwrap())
}

fn field(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// The head of a message after which the connection ends.
fn closing(head: &str) -> String {
    let lines = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    lines.chain(["Connection: close", "", ""]).collect::<Vec<_>>().join("\r\n")
}

const LONG_MS: usize = 10_000;
const ENDLESS_BYTES: usize = 64 * 1024 * 1024;
