//! Signing in, through HTTP only.

use serde_json::json;

use crate::school::{PASSWORD, School, key};

const ENTER: &str =
    "mutation($input: LogInInput!) { logIn(input: $input) { token me userErrors { code message } } }";

#[test]
fn an_administrator_activates_signs_in_and_out() {
    let mut school = School::open("published-2025");
    let administrator = school.administrator();
    let session = administrator.ask("{ session { me startedAt expiresAt } }", json!({}));
    assert!(session["session"]["me"].is_string(), "{session}");

    let wrong = json!({"input": {"login": "admin.test", "password": "quatre platanes dans la cour", "idempotencyKey": key()}});
    let refused = school.nobody().ask(ENTER, wrong);
    assert_eq!(refused["logIn"]["userErrors"][0]["code"], "auth.invalid-credentials");
    assert!(refused["logIn"]["token"].is_null());
    let unknown = json!({"input": {"login": "nobody.here", "password": PASSWORD, "idempotencyKey": key()}});
    assert_eq!(school.nobody().ask(ENTER, unknown)["logIn"]["userErrors"], refused["logIn"]["userErrors"]);

    school.crash();
    let after = school.administrator();
    let leave = "mutation($input: LogOutInput!) { logOut(input: $input) { ended userErrors { code } } }";
    let input = json!({"input": {"everywhere": false, "idempotencyKey": key()}});
    assert_eq!(after.ask(leave, input)["logOut"]["ended"], 1);
    assert!(after.ask("{ session { me } }", json!({}))["session"].is_null());
}

#[test]
fn only_json_by_post_is_answered() {
    let school = School::open("classic");
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}/graphql", school.url());
    assert_eq!(agent.get(&url).query("query", "{ session { me } }").call().unwrap().status(), 405);
    assert_eq!(agent.post(&url).content_type("text/plain").send("{ session { me } }").unwrap().status(), 415);
    for path in ["/livez", "/readyz", "/schema.graphql"] {
        assert_eq!(agent.get(format!("{}{path}", school.url())).call().unwrap().status(), 200, "{path}");
    }
    let code = school.nobody().code("{ nonsense }", json!({}));
    assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
}
