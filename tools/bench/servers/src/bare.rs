//! hyper and nothing else.

use std::convert::Infallible;
use std::error::Error;
use std::future::{ready, Future};
use std::io::{self, Write};
use std::net::Ipv4Addr;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{header, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Serves on a free port of the loopback, and says which as a service on the chassis does.
pub fn serve() -> io::Result<()> {
    serve_with(|request| ready(Ok(answer(&request))))
}

/// The same with an answer of one's own.
pub fn serve_with<F, B>(answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static) -> io::Result<()>
where
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        writeln!(
            io::stdout(),
            r#"{{"message":"listening","address":"{address}","operations":"{address}"}}"#
        )?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer.clone())),
            );
        }
    })
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let body = match request.uri().path() {
        "/allocate" => Bytes::from(crate::allocate()),
        _ => Bytes::from_static(b"Hello World"),
    };
    let mut response = Response::new(Full::new(body));
    let kind = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
