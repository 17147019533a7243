//! STS, as far as clients ask who they are.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::world::World;

/// Answers GetCallerIdentity with the account of the settings.
pub(crate) fn answer(world: &World, body: &[u8]) -> Response {
    let body = String::from_utf8_lossy(body);
    let operation = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
    *world.counters().requests.entry(format!("sts.{operation}")).or_default() += 1;
    let xml = [("content-type", "text/xml")];
    if operation != "GetCallerIdentity" {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>\
            <Message>the stand-in answers GetCallerIdentity only</Message></Error></ErrorResponse>";
        return (StatusCode::BAD_REQUEST, xml, error).into_response();
    }
    let account = world.settings().account_id;
    let identity = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/stand-in</Arn><UserId>AIDASTANDIN</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>stand-in</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    (xml, identity).into_response()
}
