//! Who is kept out: blocks, windows, temporary passwords.

use serde_json::json;

use crate::school::{PASSWORD, School, key};

const ENTER: &str = "token userErrors { code message }";

#[test]
fn a_blocked_account_is_out_at_once_and_back_when_the_block_is_lifted() {
    let school = School::open("published-2025");
    let (administrator, teacher) = (school.administrator(), school.person("Cécile Lambert"));
    let (head, parent) = (school.person("Agnès Roux"), school.person("Karim Masson"));
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "menaces"});
    let blocked = head.act(
        "blockAccount",
        block,
        "person { account { blocks { cause by { name } } } } userErrors { code }",
    );
    let shown = json!([{"cause": "PERSON", "by": {"name": "École des Tilleuls"}}]);
    assert_eq!(blocked["person"]["account"]["blocks"], shown);

    // The open session is over, and only a right password is told why.
    assert_eq!(parent.code("{ me { id } }", json!({})), "UNAUTHENTICATED");
    let nobody = school.nobody();
    let enter =
        |password: &str| nobody.act("logIn", json!({"login": "karim.masson", "password": password}), ENTER);
    let told = enter(PASSWORD);
    assert_eq!(told["userErrors"][0]["code"], "account.blocked");
    assert!(told["userErrors"][0]["message"].as_str().unwrap().contains("École des Tilleuls"), "{told}");
    assert_eq!(enter("trois platanes dans la cour")["userErrors"][0]["code"], "auth.invalid-credentials");

    // Found by administrators only; named, they get nothing new; what is counted says so.
    let find = "{ people(search: \"Karim Masson\", first: 5) { totalCount } }";
    assert_eq!(teacher.ask(find, json!({}))["people"]["totalCount"], 0);
    assert_eq!(administrator.ask(find, json!({}))["people"]["totalCount"], 1);
    let groups = "{ reachGroups(first: 100) { nodes { id name } } }";
    let groups = teacher.ask(groups, json!({}));
    let parents = groups["reachGroups"]["nodes"].as_array().unwrap().iter();
    let parents = parents.clone().find(|group| group["name"] == "Parents de CE1 A").unwrap()["id"].clone();
    let sent = teacher.act(
        "sendMessage",
        json!({"subject": "Réunion", "bcc": [parents]}),
        "delivered message { id }",
    );
    assert_eq!(sent["delivered"], 3, "four parents, one of them blocked");

    // What the school blocked is not another's to lift: a profile's block ending never lifts a personal one.
    let structure =
        administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}))["structure"]["id"].clone();
    head.act("unblockProfile", json!({"structure": structure, "profile": "RELATIVE"}), "userErrors { code }");
    assert_eq!(enter(PASSWORD)["userErrors"][0]["code"], "account.blocked");
    head.act("unblockAccount", json!({"person": parent.id, "cause": "PERSON"}), "userErrors { code }");
    let back = school.log_in("karim.masson");
    let read = "query($id: ID!) { message(id: $id) { id } }";
    assert!(back.ask(read, json!({"id": sent["message"]["id"]}))["message"].is_null(), "sent while blocked");
    school.stop();
}

#[test]
fn a_profile_is_kept_out_and_told_until_when() {
    let school = School::open("published-2025");
    let (head, parent) = (school.person("Agnès Roux"), school.person("Karim Masson"));
    let structure = head.ask("{ structure(uai: \"0990201F\") { id } }", json!({}))["structure"]["id"].clone();
    let window = json!({"structure": structure, "profile": "RELATIVE", "opens": "2090-09-01"});
    let fields = "structure { access { profile opens } } userErrors { code }";
    let set = head.act("setAccessWindow", window, fields);
    assert_eq!(set["structure"]["access"], json!([{"profile": "RELATIVE", "opens": "2090-09-01"}]));
    assert_eq!(parent.code("{ me { id } }", json!({})), "UNAUTHENTICATED");
    let enter = json!({"login": "karim.masson", "password": PASSWORD});
    let told = school.nobody().act("logIn", enter, ENTER);
    assert_eq!(told["userErrors"][0]["code"], "account.window-closed");
    assert!(told["userErrors"][0]["message"].as_str().unwrap().contains("01/09/2090"), "{told}");
    head.act("setAccessWindow", json!({"structure": structure, "profile": "RELATIVE"}), fields);
    let reason = json!({"structure": structure, "profile": "RELATIVE", "reason": "travaux"});
    head.act("blockProfile", reason, "userErrors { code }");
    let enter = json!({"login": "karim.masson", "password": PASSWORD});
    assert_eq!(
        school.nobody().act("logIn", enter, ENTER)["userErrors"][0]["code"],
        "account.profile-blocked"
    );
    head.act("unblockProfile", json!({"structure": structure, "profile": "RELATIVE"}), "userErrors { code }");
    school.log_in("karim.masson");
    school.stop();
}

#[test]
fn a_temporary_password_opens_nothing_but_its_own_change() {
    let school = School::open("published-2025");
    let (head, parent) = (school.person("Agnès Roux"), school.person("Karim Masson"));
    let (reset, key) = (json!({ "person": parent.id }), key());
    let fields = "login temporaryPassword userErrors { code } position";
    let given = head.act_with("resetPassword", reset.clone(), &key, fields);
    assert_eq!(given, head.act_with("resetPassword", reset, &key, fields), "the same key shows it again");
    assert_eq!(parent.code("{ me { id } }", json!({})), "UNAUTHENTICATED", "open sessions end");
    let temporary = given["temporaryPassword"].as_str().unwrap();
    let enter = json!({"login": given["login"], "password": temporary});
    let entered = school.nobody().act("logIn", enter, "token me passwordMustChange userErrors { code }");
    assert_eq!(entered["passwordMustChange"], true);
    let session = parent.with_token(entered["token"].as_str().unwrap());
    assert_eq!(session.code("{ me { id } }", json!({})), "PASSWORD_MUST_CHANGE");
    assert!(session.ask("{ session { me } }", json!({}))["session"].is_object());
    let change = json!({"currentPassword": temporary, "newPassword": PASSWORD});
    let changed = session.act("changePassword", change, "me userErrors { code }");
    assert_eq!(changed["userErrors"], json!([]));
    assert_eq!(session.ask("{ me { id } }", json!({}))["me"]["id"], parent.id);
    school.stop();
}
