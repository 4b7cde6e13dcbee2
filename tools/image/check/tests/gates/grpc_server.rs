//! A server of grpc.health.v1.Health/Check whose response depends on the service's name.

use std::future::pending;

use h2::Reason;
use http::{HeaderMap, Request, Response};
use tokio::net::TcpListener;

/// `HealthCheckResponse` with the status SERVING, after the prefix of a message.
const SERVING: &[u8] = b"\0\0\0\0\x02\x08\x01";

/// Serves on port 8080 until the process exits.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("0.0.0.0:8080").await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                tokio::spawn(async move {
                    let reply = match service(request).await.as_str() {
                        "silent" => pending().await,
                        "reset" => return respond.send_reset(Reason::REFUSED_STREAM),
                        service => reply(service),
                    };
                    let Some((body, trailers)) = reply.body else {
                        respond.send_response(reply.head, true).unwrap();
                        return;
                    };
                    let mut stream = respond.send_response(reply.head, false).unwrap();
                    stream.send_data(body.into(), false).unwrap();
                    stream.send_trailers(trailers).unwrap();
                });
            }
        }
    });
}

async fn service(request: Request<h2::RecvStream>) -> String {
    assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
    assert_eq!(request.headers()["content-type"], "application/grpc");
    assert_eq!(request.headers()["te"], "trailers");
    let mut body = request.into_body();
    let mut message = Vec::new();
    while let Some(data) = body.data().await {
        message.extend_from_slice(&data.unwrap());
    }
    // One uncompressed message whose only field, if any, has a length below 128.
    let (prefix, field) = message.split_at(5);
    assert_eq!(prefix, [0, 0, 0, 0, u8::try_from(field.len()).unwrap()]);
    String::from_utf8(field.get(2..).unwrap_or_default().to_vec()).unwrap()
}

struct Reply {
    head: Response<()>,
    /// None: the response has only a head.
    body: Option<(&'static [u8], HeaderMap)>,
}

fn reply(service: &str) -> Reply {
    let (body, status) = match service {
        "" | "quota.v1.Quota" => (SERVING, "0"),
        "down" => (&b"\0\0\0\0\x02\x08\x02"[..], "0"),
        "late" => (SERVING, "13"),
        "garbage" => (&b"\x01\0\0\0\x02\x08\x01"[..], "0"),
        "odd" => (&b"\0\0\0\0\x01\x08"[..], "0"),
        other => return reply_without_body(other),
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    Reply {
        head: head().body(()).unwrap(),
        body: Some((body, trailers)),
    }
}

fn reply_without_body(service: &str) -> Reply {
    let head = match service {
        "plain" => head().status(404),
        _ => head()
            .header("grpc-status", "5")
            .header("grpc-message", "unknown%20service"),
    };
    Reply {
        head: head.body(()).unwrap(),
        body: None,
    }
}

fn head() -> http::response::Builder {
    Response::builder().header("content-type", "application/grpc")
}
