//! Does every server that breaks HTTP, or takes for ever, end the request and say whether it may have been received?

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use offtake_core::ports::{Egress, Request, Response, SendError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{get, outbound};

const LOOPBACK: &str = "127.0.0.1/32";
/// No request of these tests may take longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers each connection in this way, and counts them.
async fn server<F>(behave: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(behave(stream));
        }
    });
    (address, connections)
}

/// Reads until the request's head has ended.
async fn request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

async fn send(address: SocketAddr, request: Request) -> Result<Response, SendError> {
    outbound(&format!("http://{address}"), &[LOOPBACK], None).send(request, &()).await
}

/// A server that reads the request, writes `first`, and then `again` every so many milliseconds for ever.
async fn dripping(first: &'static str, again: &'static str, every_ms: u64) -> (SocketAddr, Arc<AtomicUsize>) {
    server(move |mut stream| async move {
        request(&mut stream).await;
        let mut written = stream.write_all(first.as_bytes()).await;
        while written.is_ok() {
            tokio::time::sleep(Duration::from_millis(every_ms)).await;
            written = stream.write_all(again.as_bytes()).await;
        }
    })
    .await
}

#[tokio::test]
async fn d7_a_destination_that_drips_is_given_up() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases = [
        ("no answer", "", ""),
        ("a head, byte by byte", "HTTP/1.1 200 OK\r\nx: ", "x"),
        ("headers without end", "HTTP/1.1 200 OK\r\n", "x: y\r\n"),
        ("a body, byte by byte", HEAD, "x"),
        ("a body that stalls", HEAD, ""),
        ("chunks, one by one", CHUNKED, "1\r\nx\r\n"),
        ("a chunk's size without end", CHUNKED, "0"),
        ("only provisional answers", "", "HTTP/1.1 100 Continue\r\n\r\n"),
    ];
    let sent = cases.map(async |(name, first, again)| {
        let (address, connections) = dripping(first, again, 30).await;
        let started = Instant::now();
        let result = send(address, get("/crm/x")).await;
        (name, result, started.elapsed() < PATIENCE, connections.load(Ordering::SeqCst))
    });
    for (name, result, in_time, connections) in futures::future::join_all(sent).await {
        // A parser may also find that there are too many headers, or that a number is too long.
        let given_up = matches!(&result, Err(SendError::Timeout | SendError::Reset(_)));
        assert_eq!((given_up, in_time, connections), (true, true, 1), "{name}: {result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn d7_whoever_asks_for_no_limit_or_for_a_long_one_gets_the_hosts() {
    for (asked, seconds) in [(None, 30), (Some(86_400), 60), (Some(45), 45)] {
        let (address, _) = dripping("", "", 100).await;
        let started = tokio::time::Instant::now();
        let request = Request { timeout: asked.map(Duration::from_secs), ..get("/crm/x") };
        assert_eq!(send(address, request).await, Err(SendError::Timeout), "{asked:?}");
        assert_eq!(started.elapsed().as_secs(), seconds, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn d7_a_body_that_stalls_is_given_up_before_the_request_is() {
    let (address, _) = dripping("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", "", 100).await;
    let started = tokio::time::Instant::now();
    let request = Request { timeout: Some(Duration::from_secs(60)), ..get("/crm/x") };
    assert_eq!(send(address, request).await, Err(SendError::Timeout));
    assert_eq!(started.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn d11_a_host_that_takes_no_connection_is_given_up_after_five_seconds() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let _listener = socket.listen(1).unwrap();
    // Nobody accepts: when its queue is full, the kernel drops whatever else comes, as a firewall does.
    let held: Vec<_> = (0..8).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
    for _ in 0..50 {
        tokio::task::yield_now().await;
        std::thread::sleep(Duration::from_millis(1));
    }
    let started = tokio::time::Instant::now();
    let result = send(address, Request { timeout: None, ..get("/crm/x") }).await;
    assert!(matches!(result, Err(SendError::Connect(_))), "nothing was sent: {result:?}");
    assert_eq!(started.elapsed().as_secs(), 5);
    held.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn d8_what_is_no_http_has_an_unknown_effect_and_is_asked_once() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(5_000));
    let flood = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(100_000));
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2 << 20));
    let cases = [
        ("another protocol", "220 mail.example.com ESMTP\r\n"),
        ("HTTP 0.9", "<html>hello</html>"),
        ("no number for a status", "HTTP/1.1 two hundred\r\n\r\n"),
        ("a status that is none", "HTTP/1.1 000 Nothing\r\n\r\n"),
        ("a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
        ("a line within a header", "HTTP/1.1 200 OK\r\nx: a\u{0}b\r\n\r\n"),
        ("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"),
        ("a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"),
        ("a length that no number holds", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n"),
        ("no number for a chunk's size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx"),
        ("a chunk that no number holds", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx"),
        ("fewer bytes than promised", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!"),
        ("no last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfive!\r\n"),
        ("an end in the head", "HTTP/1.1 200 OK\r\nx"),
        ("nothing", ""),
        ("five thousand headers", &many),
        ("a hundred thousand headers", &flood),
        ("a header of two MiB", &long),
    ];
    for (name, answer) in cases {
        let answer = Arc::<str>::from(answer);
        let (address, connections) = server(move |mut stream| {
            let answer = answer.clone();
            async move {
                request(&mut stream).await;
                drop(stream.write_all(answer.as_bytes()).await);
            }
        })
        .await;
        let result = send(address, Request { timeout: Some(PATIENCE), ..get("/crm/x") }).await;
        assert!(matches!(result, Err(SendError::Reset(_))), "{name}: {result:?}");
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{name}");
    }
}

#[tokio::test]
async fn d9_lengths_that_lie_and_bodies_without_end_are_cut() {
    let (address, _) = server(|mut stream| async move {
        request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfive!and more").await);
    })
    .await;
    assert_eq!(send(address, get("/crm/x")).await.unwrap().body, b"five!");

    for head in ["transfer-encoding: chunked", "content-length: 10737418240", "connection: close"] {
        let written = Arc::new(AtomicUsize::new(0));
        let counted = written.clone();
        let (address, _) = server(move |mut stream| {
            let written = counted.clone();
            async move {
                request(&mut stream).await;
                drop(stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes()).await);
                let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
                while stream.write_all(chunk.as_bytes()).await.is_ok() {
                    written.fetch_add(chunk.len(), Ordering::SeqCst);
                }
            }
        })
        .await;
        let result = send(address, Request { timeout: Some(PATIENCE), ..get("/crm/x") }).await;
        assert!(matches!(&result, Err(SendError::Reset(why)) if why.contains("OFT-E112")), "{head}: {result:?}");
        // The sockets' own buffers hold some more than was read.
        assert!(written.load(Ordering::SeqCst) < 40 << 20, "{head}: {written:?}");
    }
}

#[tokio::test]
async fn d10_compressed_answers_are_refused_before_they_are_read() {
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, gzip", "GZIP", "x-bomb"] {
        let written = Arc::new(AtomicUsize::new(0));
        let counted = written.clone();
        let (address, _) = server(move |mut stream| {
            let written = counted.clone();
            async move {
                request(&mut stream).await;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\nconnection: close\r\n\r\n");
                drop(stream.write_all(head.as_bytes()).await);
                while stream.write_all(&[0x1f; 4_096]).await.is_ok() {
                    written.fetch_add(4_096, Ordering::SeqCst);
                }
            }
        })
        .await;
        let result = send(address, Request { timeout: Some(PATIENCE), ..get("/crm/x") }).await;
        assert!(matches!(&result, Err(SendError::Reset(why)) if why.contains("OFT-E113")), "{encoding}: {result:?}");
        assert!(written.load(Ordering::SeqCst) < 16 << 20, "{encoding}: {written:?}");
    }
}

#[tokio::test]
async fn d10_what_is_compressed_and_does_not_say_so_stays_as_it_is() {
    /// `hello` in gzip.
    const GZIP: &[u8] =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcbH\xcd\xc9\xc9\x07\x00\x86\xa6\x106\x05\x00\x00\x00";
    for head in ["content-type: application/gzip", "content-encoding: identity"] {
        let (address, _) = server(move |mut stream| async move {
            request(&mut stream).await;
            let head = format!("HTTP/1.1 200 OK\r\n{head}\r\nconnection: close\r\n\r\n");
            drop(stream.write_all(&[head.as_bytes(), GZIP].concat()).await);
        })
        .await;
        assert_eq!(send(address, get("/crm/x")).await.unwrap().body, GZIP, "{head}");
    }
}

#[tokio::test]
async fn d6_d11_a_request_that_was_received_is_not_sent_again_by_the_wire() {
    let (address, connections) = server(|mut stream| async move {
        // The first request keeps the connection, the second ends it: as a server does that restarts.
        request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await);
        if request(&mut stream).await {
            drop(stream);
        }
    })
    .await;
    let outbound = outbound(&format!("http://{address}"), &[LOOPBACK], None);
    assert_eq!(outbound.send(get("/crm/x"), &()).await.unwrap().body, b"ok");
    let lost = outbound.send(get("/crm/x"), &()).await;
    assert!(matches!(lost, Err(SendError::Reset(_))), "{lost:?}");
    assert_eq!((connections.load(Ordering::SeqCst), outbound.requests()), (1, 2));
}

#[tokio::test]
async fn d11_a_reset_before_the_answer_has_an_unknown_effect() {
    // A socket that is closed with bytes unread resets its connection.
    let (address, connections) = server(|mut stream| async move { drop(stream.read_u8().await) }).await;
    let result = send(address, get("/crm/x")).await;
    assert!(matches!(result, Err(SendError::Reset(_))), "{result:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn d13_redirects_are_answers_wherever_they_lead() {
    let (elsewhere, dialled) = server(|_| async {}).await;
    let targets = [
        format!("http://{elsewhere}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://127.0.0.1/".to_owned(),
        "//[::1]/".to_owned(),
        "/crm/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "\\\\host\\share".to_owned(),
    ];
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for target in &targets {
            let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let (address, connections) = server(move |mut stream| {
                let head = head.clone();
                async move {
                    while request(&mut stream).await {
                        drop(stream.write_all(head.as_bytes()).await);
                    }
                }
            })
            .await;
            let outbound = outbound(&format!("http://{address}"), &["127.0.0.0/8", "::1/128"], None);
            let answer = outbound.send(get("/crm/x"), &()).await.unwrap();
            let location = answer.headers.iter().find(|(name, _)| name == "location");
            assert_eq!((answer.status, location.map(|(_, to)| to.as_str())), (status, Some(target.as_str())));
            assert_eq!((outbound.requests(), connections.load(Ordering::SeqCst)), (1, 1), "{status} {target}");
        }
    }
    assert_eq!(dialled.load(Ordering::SeqCst), 0);
}
