//! The service's routes.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{header, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use chassis::{Json, Problem};

use crate::error::ApiError;
use crate::excerpt::Excerpt;
use crate::link::{Code, Link, Target};
use crate::query::PageQuery;
use crate::store::Store;

/// The service's routes over a store, independent of any socket.
pub fn app(store: Arc<Store>) -> Router {
    Router::new()
        .route("/links", get(list).post(add))
        .route("/{code}", get(follow).delete(remove))
        // Without a code in the path, so that it returns the same 404 as an unknown code.
        .fallback(follow)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(store)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct NewLink {
    url: String,
    code: Option<String>,
}

#[derive(serde::Serialize)]
struct PageBody {
    links: Vec<Link>,
    next: Option<String>,
}

async fn add(State(store): State<Arc<Store>>, Json(new): Json<NewLink>) -> Result<Response, ApiError> {
    let target = Target::new(new.url)?;
    let code = new.code.map(Code::new).transpose()?;
    let link = store.add(target, code).await?;
    let location = [(header::LOCATION, format!("/{}", link.code))];
    Ok((StatusCode::CREATED, location, Json(link)).into_response())
}

async fn list(State(store): State<Arc<Store>>, RawQuery(raw): RawQuery) -> Result<Response, ApiError> {
    let raw = raw.unwrap_or_default();
    let query = PageQuery::parse(&raw).ok_or_else(|| ApiError::Query(Excerpt::new(&raw)))?;
    let page = store.page(query.after, query.limit).await?;
    let body = PageBody {
        links: page.links,
        next: page
            .next
            .map(|after| format!("/links?limit={}&after={after}", query.limit)),
    };
    Ok(no_store(Json(body).into_response()))
}

/// Forbids caching, because a link can be deleted and its code used again.
pub(crate) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

type CodePath = Result<Path<String>, PathRejection>;

async fn follow(State(store): State<Arc<Store>>, path: CodePath) -> Result<Response, ApiError> {
    let target = store.target(code(path)?).await?.ok_or(ApiError::NotFound)?;
    Ok(no_store(
        (StatusCode::FOUND, [(header::LOCATION, target)]).into_response(),
    ))
}

async fn method_not_allowed() -> Response {
    no_store(Problem::new(StatusCode::METHOD_NOT_ALLOWED).into_response())
}

async fn remove(State(store): State<Arc<Store>>, path: CodePath) -> Result<StatusCode, ApiError> {
    if store.remove(code(path)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}

/// The code of a path; an invalid code is the same error as an unknown one.
fn code(path: CodePath) -> Result<Code, ApiError> {
    path.ok()
        .and_then(|Path(code)| Code::new(code).ok())
        .ok_or(ApiError::NotFound)
}
