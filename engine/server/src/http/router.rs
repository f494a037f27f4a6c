//! The paths, and the description of the interface.

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{HttpAccess, guard};
use super::documents::{Asker, HealthDocument};
use super::problem::ProblemDocument;
use super::{e2b, gepa, mcp, runs, work};
use crate::client::TokenScope;
use crate::gateway::Gateway;
use crate::refusal::{RefusalKind, RequestRefusal};

/// Answers that the server is there.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()),
    responses((status = 200, description = "It is", body = HealthDocument)))]
async fn healthz() -> Json<HealthDocument> {
    Json(HealthDocument { status: "ok" })
}

/// Returns numbers about the server, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "The numbers", body = String, content_type = "application/openmetrics-text")))]
async fn metrics(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
) -> Result<impl IntoResponse, RequestRefusal> {
    client.permits(TokenScope::Read)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], gateway.metrics_text()))
}

/// Returns the paths with their handlers, and the description.
fn described() -> (Router<Gateway>, OpenApi) {
    OpenApiRouter::<Gateway>::new()
        .routes(routes!(work::execute))
        .routes(routes!(work::evaluate))
        .routes(routes!(work::evaluate_many))
        .routes(routes!(work::start_session, work::list_sessions))
        .routes(routes!(work::execute_in_session))
        .routes(routes!(work::fork_session))
        .routes(routes!(work::delete_session))
        .routes(routes!(runs::start_run, runs::list_runs))
        .routes(routes!(runs::run_status))
        .routes(routes!(runs::resume_run))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(runs::replay_run))
        .routes(routes!(runs::best_of_run))
        .routes(routes!(runs::run_events))
        .routes(routes!(runs::object))
        .routes(routes!(gepa::evaluate))
        .routes(routes!(gepa::evaluate_examples))
        .routes(routes!(gepa::status))
        .routes(routes!(gepa::task))
        .routes(routes!(e2b::execute))
        .routes(routes!(e2b::create_context, e2b::list_contexts))
        .routes(routes!(e2b::restart_context))
        .routes(routes!(e2b::delete_context))
        .routes(routes!(e2b::health))
        .routes(routes!(healthz))
        .routes(routes!(metrics))
        .split_for_parts()
}

/// Adds the parts common to all paths: errors, and tokens if the server asks for them.
fn completed(mut api: OpenApi, with_tokens: bool) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("hyperspace")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Runs untrusted Python in a sandbox, evaluates and evolves programs."))
        .build();
    let problem = ResponseBuilder::new()
        .description("A problem, of RFC 9457; of GEPA's paths an object with `error` and `budget`")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build(),
        )
        .content("application/json", ContentBuilder::new().build())
        .build();
    let operations = api.paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.post, &mut item.delete].into_iter().filter_map(|one| one.as_mut())
    });
    for operation in operations {
        operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
    }
    let mut components = api.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    if with_tokens {
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("token", bearer);
        api.security =
            Some(vec![utoipa::openapi::security::SecurityRequirement::new("token", Vec::<String>::new())]);
    }
    components.schemas.insert(ProblemDocument::name().into_owned(), ProblemDocument::schema());
    api.components = Some(components);
    api
}

/// Returns the service of a server.
pub(super) fn router(gateway: &Gateway, access: HttpAccess) -> Router {
    let (paths, api) = described();
    let description = serde_json::to_string(&completed(api, access.tokens.is_some())).unwrap_or_default();
    let description = get(async move || ([(header::CONTENT_TYPE, "application/json")], description));
    paths
        .route("/openapi.json", description)
        .route(mcp::PATH, any(mcp::answer).layer(Extension(mcp::service(gateway))))
        .fallback(async || RequestRefusal::absent("such path; /openapi.json lists them"))
        .method_not_allowed_fallback(async || {
            RequestRefusal::new(RefusalKind::Method, "the header Allow lists the methods of this path")
        })
        .layer(DefaultBodyLimit::max(gateway.limits().body_bytes))
        .layer(from_fn_with_state(access, guard))
        .with_state(gateway.clone())
}
