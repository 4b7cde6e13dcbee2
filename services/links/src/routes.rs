//! The service's routes.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{header, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use chassis::{Json, Problem};

use crate::link::{Code, Invalid, Link, Target};
use crate::store::{Store, StoreError};

const PAGE: u32 = 50;
const PAGE_MAX: u32 = 100;

/// The service's routes over a store, free of any socket.
pub fn app(store: Arc<Store>) -> Router {
    Router::new()
        .route("/links", get(list).post(add))
        .route("/{code}", get(follow).delete(remove))
        .with_state(store)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    url: String,
    code: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    #[serde(default)]
    after: i64,
    #[serde(default = "page")]
    limit: u32,
}

fn page() -> u32 {
    PAGE
}

#[derive(serde::Serialize)]
struct PageBody {
    links: Vec<Link>,
    next: Option<String>,
}

async fn add(State(store): State<Arc<Store>>, Json(new): Json<NewLink>) -> Result<Response, Problem> {
    let target = Target::new(new.url).map_err(invalid)?;
    let code = new.code.map(Code::new).transpose().map_err(invalid)?;
    let link = store.add(target, code).await.map_err(failed)?;
    let location = [(header::LOCATION, format!("/{}", link.code))];
    Ok((StatusCode::CREATED, location, Json(link)).into_response())
}

async fn list(
    State(store): State<Arc<Store>>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<PageBody>, Problem> {
    let Query(query) =
        query.map_err(|error| Problem::new(StatusCode::BAD_REQUEST).detail(error.body_text()))?;
    if query.after < 0 || query.limit == 0 || query.limit > PAGE_MAX {
        let detail = format!("'limit' must be 1 to {PAGE_MAX}, 'after' what 'next' of the page before says");
        return Err(Problem::new(StatusCode::BAD_REQUEST).detail(detail));
    }
    let page = store.page(query.after, query.limit).await.map_err(failed)?;
    Ok(Json(PageBody {
        links: page.links,
        next: page
            .next
            .map(|after| format!("/links?limit={}&after={after}", query.limit)),
    }))
}

type CodePath = Result<Path<String>, PathRejection>;

async fn follow(State(store): State<Arc<Store>>, path: CodePath) -> Result<Response, Problem> {
    let target = store
        .target(code(path)?)
        .await
        .map_err(failed)?
        .ok_or_else(not_found)?;
    // A link can be deleted and given anew, so nobody may remember where it leads.
    let headers = [
        (header::LOCATION, target),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}

async fn remove(State(store): State<Arc<Store>>, path: CodePath) -> Result<StatusCode, Problem> {
    if store.remove(code(path)?).await.map_err(failed)? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(not_found())
    }
}

/// What is no code leads nowhere, like a code that is not there.
fn code(path: CodePath) -> Result<Code, Problem> {
    path.ok()
        .and_then(|Path(code)| Code::new(code).ok())
        .ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND).detail("there is no such link")
}

#[allow(clippy::needless_pass_by_value)] // as map_err gives it
fn invalid(error: Invalid) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(error.to_string())
}

fn failed(error: StoreError) -> Problem {
    match error {
        StoreError::Taken(_) => Problem::new(StatusCode::CONFLICT).detail(error.to_string()),
        StoreError::Closed => Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("the service is ending"),
        StoreError::Busy => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("the database is busy, nothing was changed")
        }
        StoreError::Unavailable(error) => {
            tracing::error!(error, "the database is unavailable");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE)
                .detail("the database is unavailable, nothing was changed")
        }
        // What SQLite says is for the log.
        StoreError::Sqlite(error) => {
            tracing::error!(error, "the database failed");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
