//! Who asks, and whether they may: the middleware that finds out, and the extractors that handlers take as a proof.

mod admitted;
mod authenticate;
mod lines;
pub(crate) mod me;
mod reader;
mod sign_in;

pub(crate) use admitted::{AuditReader, KeysAdmin, RefreshRunner, WebhooksAdmin, client_ip};
pub(super) use authenticate::authenticate;
pub(crate) use authenticate::{Credentials, bearer};
pub(crate) use lines::LineReader;
pub(crate) use me::{__path_get_me, Anyone, get_me};
pub(crate) use reader::CostReader;
pub(crate) use sign_in::SESSION_COOKIE;
pub(crate) use sign_in::{
    __path_get_callback, __path_get_sign_in, __path_post_sign_out, get_callback, get_sign_in, post_sign_out,
};
