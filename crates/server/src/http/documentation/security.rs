//! How callers are known, for the OpenAPI document.

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use crate::http::access::SESSION_COOKIE;

const BEARER: &str = "bearer";
const SESSION: &str = "session";

/// An API key or a token as bearer, or the cookie of a browser that signed in.
pub(super) fn schemes() -> [(&'static str, SecurityScheme); 2] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key (`cbk_…`), or an access token (JWT) of the configured OpenID provider."))
        .build();
    let cookie =
        ApiKeyValue::with_description(SESSION_COOKIE, "The cookie of a browser that signed in at `/auth/sign-in`.");
    [(BEARER, SecurityScheme::Http(bearer)), (SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))]
}

/// Any of the schemes will do.
pub(super) fn any_of_them() -> [SecurityRequirement; 2] {
    [BEARER, SESSION].map(|name| SecurityRequirement::new(name, Vec::<String>::new()))
}
