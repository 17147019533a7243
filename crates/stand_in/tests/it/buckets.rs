//! S3, asked with AWS's own client.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crate::support::World;
use aws_sdk_s3::primitives::ByteStream;

#[tokio::test]
async fn what_is_put_is_listed_and_read() {
    let world = World::new().await;
    let put = |key: &str, text: &str| {
        world.s3.put_object().bucket("results").key(key).body(ByteStream::from(text.as_bytes().to_vec())).send()
    };
    let tag = put("a/one.txt", "one").await.unwrap().e_tag.unwrap();
    put("a/two.txt", "two").await.unwrap();
    assert_eq!(world.object("results", "a/one.txt").await, b"one");
    let listed = world.s3.list_objects_v2().bucket("results").prefix("a/").max_keys(1).into_paginator().send();
    let pages = listed.collect::<Result<Vec<_>, _>>().await.unwrap();
    let keys = pages.iter().flat_map(|page| page.contents()).map(|object| object.key().unwrap()).collect::<Vec<_>>();
    assert_eq!((pages.len(), keys), (2, vec!["a/one.txt", "a/two.txt"]));
    assert_eq!(pages[0].contents()[0].e_tag(), Some(tag.as_str()));
    let head = world.s3.head_object().bucket("results").key("a/one.txt").send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_length()), (Some(tag.as_str()), Some(3)));

    let part = world.s3.get_object().bucket("results").key("a/two.txt").range("bytes=1-").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 1-2/3"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"wo");
    assert_ne!(put("a/one.txt", "new").await.unwrap().e_tag.unwrap(), tag);

    world.s3.delete_object().bucket("results").key("a/one.txt").send().await.unwrap();
    let gone = world.s3.get_object().bucket("results").key("a/one.txt").send().await.unwrap_err().into_service_error();
    assert!(gone.is_no_such_key(), "{gone}");
    let nowhere = world.s3.list_objects_v2().bucket("nowhere").send().await.unwrap_err().into_service_error();
    assert!(nowhere.is_no_such_bucket(), "{nowhere}");
}

#[tokio::test]
async fn a_listing_can_be_late() {
    let world = World::new().await;
    world.stand_in.change(|settings| settings.listing_delay_ms = 300);
    world.s3.put_object().bucket("results").key("new").body(ByteStream::from_static(b"x")).send().await.unwrap();
    let listed = async || world.s3.list_objects_v2().bucket("results").send().await.unwrap().contents().len();
    assert_eq!(listed().await, 0);
    assert_eq!(world.object("results", "new").await, b"x", "it is there, and only the listing does not know");
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(listed().await, 1);
}

#[tokio::test]
async fn owner_payer_and_region_are_checked_and_told() {
    let world = World::new().await;
    let region = world.s3.head_bucket().bucket("exports").send().await.unwrap().bucket_region;
    assert_eq!(region.as_deref(), Some("us-east-1"));
    let list = || world.s3.list_objects_v2().bucket("exports");
    assert!(list().expected_bucket_owner("123456789012").send().await.is_ok());
    let other = list().expected_bucket_owner("999999999999").send().await.unwrap_err().into_service_error();
    assert_eq!(other.meta().code(), Some("AccessDenied"));
    world.stand_in.change(|settings| settings.requester_pays = true);
    assert!(list().send().await.is_err());
    assert!(list().request_payer(aws_sdk_s3::types::RequestPayer::Requester).send().await.is_ok());
}
