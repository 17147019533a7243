//! Whose files they are: what is in one is what its caller might see, and may see still.

use access::{Caller, Grant, GrantText, Grants, Permission};
use axum::http::{Method, StatusCode};
use serde_json::json;
use server::gate::Gate;
use sqlx::PgPool;

use super::files::{get, made, post, well, with};
use crate::drilldowns::asking::caller;
use crate::drilldowns::persons::hiding;
use crate::support::World;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_file_is_there_for_its_caller_alone_and_holds_what_is_theirs(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let (ann, ben) = (world.as_caller(caller("ann", &[])), world.as_caller(caller("ben", &["data-science"])));
    let question = json!({ "period": ["2026-10"], "group_by": ["team"] });
    let (of_ann, _) = made(&world, &ann, &question).await;
    let (of_ben, file) = made(&world, &ben, &question).await;
    assert_ne!(of_ann, of_ben);
    let content = well(&ben, &format!("{of_ben}/content")).await;
    let teams: Vec<String> =
        content.text().lines().skip(1).map(|line| line.split(',').next().expect("a cell").to_owned()).collect();
    assert_eq!(teams, ["data-science"]);
    assert_eq!(content.text(), well(&ben, "/v1/costs?period=2026-10&group_by=team&format=csv").await.text());
    assert_eq!(file["data"]["cost_totals"], content.header("cost-totals"));
    for path in [of_ann.clone(), format!("{of_ann}/content")] {
        assert_eq!(get(&ben, &path).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(with(&ben, Method::DELETE, &of_ann).await.status, StatusCode::NOT_FOUND);
    let listed = well(&ben, "/v1/cost-files").await.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));

    let audited = sqlx::query_scalar::<_, String>(
        "select caller || ' ' || object from audit_entry where action = 'costs.exported' order by sequence",
    );
    let audited = audited.fetch_all(&world.pool).await.expect("the database");
    let id = |path: &str| path.rsplit('/').next().expect("an id").to_owned();
    assert_eq!(audited.len(), 2);
    assert!(audited[0].contains("ann") && audited[0].ends_with(&id(&of_ann)), "{audited:?}");
    assert!(audited[1].contains("ben") && audited[1].ends_with(&id(&of_ben)), "{audited:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_may_see_less_by_now_is_not_given_what_they_asked_for_before(pool: PgPool) {
    let world = World::with_sample(pool, 2_000).await;
    let question = json!({ "period": ["2026-10"], "group_by": ["team"] });
    let (path, _) = made(&world, &world.as_caller(caller("ann", &["data-science", "engineering"])), &question).await;
    let less = world.as_caller(caller("ann", &["data-science"]));
    for path in [path.clone(), format!("{path}/content")] {
        let refused = get(&less, &path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
        assert_eq!(refused.json()["detail"], "this holds more of the bill than you may see by now; ask for it anew");
    }
    assert_eq!(well(&less, "/v1/cost-files").await.json()["data"], json!([]));
    let anew = post(&less, &question).await;
    assert_eq!(anew.status, StatusCode::ACCEPTED, "another sight is another file");
    // More than at that time is no less.
    let more = world.as_caller(caller("ann", &[]));
    assert_eq!(get(&more, &format!("{path}/content")).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn persons_are_in_a_file_as_their_reader_sees_them(pool: PgPool) {
    let world = hiding(pool).await;
    let question = json!({ "period": ["2026-09"], "group_by": ["principal"] });
    let named = json!({ "period": ["2026-09"], "group_by": ["principal"], "reveal": true });
    let reading = |permissions: &[Permission]| {
        let text = GrantText { everything: true, permissions: permissions.to_vec(), ..GrantText::default() };
        let grant = Grant::try_from(text).expect("a grant");
        let ann = Caller { id: "ann".to_owned(), grants: Grants::from_iter([&grant]), ..Caller::anonymous() };
        world.behind(Gate::same_for_all(ann).with_pseudonyms())
    };
    let (hidden, revealing) =
        (reading(&[Permission::CostsRead]), reading(&[Permission::CostsRead, Permission::IdentityReveal]));
    let (path, _) = made(&world, &hidden, &question).await;
    assert!(!well(&hidden, &format!("{path}/content")).await.text().contains("user/alice"));
    let refused = post(&hidden, &named).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());

    let (path, _) = made(&world, &revealing, &named).await;
    let before = times_revealed(&world).await;
    let content = well(&revealing, &format!("{path}/content")).await;
    assert!(content.text().contains("user/alice"), "{}", content.text());
    assert_eq!(times_revealed(&world).await, before + 1, "each fetch is in the audit log");
    // The same caller, who has not the permission any more.
    assert_eq!(get(&hidden, &format!("{path}/content")).await.status, StatusCode::FORBIDDEN);
}

async fn times_revealed(world: &World) -> i64 {
    let count = sqlx::query_scalar("select count(*) from audit_entry where action = 'identity.revealed'");
    count.fetch_one(&world.pool).await.expect("the database")
}
