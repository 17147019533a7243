//! A local S3 and Athena that really answer.
