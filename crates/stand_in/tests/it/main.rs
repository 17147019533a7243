//! The stand-in, asked with AWS's own clients.

mod buckets;
mod catalog;
mod control;
mod manners;
mod queries;
mod support;
