//! Events: what the service tells whoever watches it, as a list and as a stream.
//!
//! An event says that something happened and where, never how much or who: every reader of costs may have all of them.

mod document;
mod feed;
mod get;
mod list;
mod representation;

pub(crate) use document::EventDocument;
pub(crate) use get::{__path_get_events, get_events};

const PATH: &str = "/v1/events";
