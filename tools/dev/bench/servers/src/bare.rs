//! A server on hyper only.

use std::convert::Infallible;
use std::error::Error;
use std::future::{pending, ready, Future};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{header, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};

/// Serves on a free loopback port and logs it in the chassis's format.
pub fn serve() -> io::Result<()> {
    serve_with(|request| ready(Ok(respond(&request))))
}

/// The same with a custom response function. Like the chassis, runs one single-threaded runtime per core.
pub fn serve_with<F, B>(respond: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static) -> io::Result<()>
where
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let threads = worker_threads()?;
    let runtimes = (0..threads)
        .map(|_| start_runtime())
        .collect::<io::Result<Vec<_>>>()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    writeln!(
        io::stdout(),
        r#"{{"message":"listening","address":"{address}","operations":"{address}"}}"#
    )?;
    for runtime in runtimes.iter().cycle() {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let service = service_fn(respond.clone());
        runtime.spawn(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        });
    }
    Ok(())
}

/// The value of `WORKER_THREADS`, or the number of cores.
fn worker_threads() -> io::Result<usize> {
    match std::env::var("WORKER_THREADS") {
        Ok(threads) => threads.parse().map_err(io::Error::other),
        Err(_) => Ok(thread::available_parallelism()?.get()),
    }
}

/// Starts a thread that runs a runtime.
fn start_runtime() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let handle = runtime.handle().clone();
    thread::spawn(move || runtime.block_on(pending::<()>()));
    Ok(handle)
}

fn respond(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let body = match request.uri().path() {
        "/allocate" => Bytes::from(crate::allocate_text()),
        _ => Bytes::from_static(b"Hello World"),
    };
    let mut response = Response::new(Full::new(body));
    let content_type = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
