//! Exports in Amazon S3, through the AWS SDK: addresses, credentials, listing, and reading the wanted bytes of a file.
//!
//! Everything that a request needs (region, endpoint, requester pays, expected bucket owner, retries, time limits) is
//! decided here once, by [`S3Location`].

mod address;
mod connection;
mod delete;
mod error;
mod get;
mod list;
mod location;
mod reader;

pub use self::address::{S3AddressError, S3Options};
pub(crate) use self::connection::sdk_config;
pub use self::error::S3Error;
pub(crate) use self::error::cause_in_s3;
pub(crate) use self::list::ListedObject;
pub use self::location::S3Location;
pub(crate) use self::reader::{S3FileReaders, S3Reader, footer_rows};
