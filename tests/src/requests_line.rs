//! `preau rules requests`: changes of rules that were asked for, decided on the command line; beside a server and
//! without one.

use serde_json::{Value, json};

use crate::files;
use crate::preau::{Server, run};
use crate::rule_requests::{OWN_TEACHERS, THEIR_TEACHERS, asks, listed, next_door};
use crate::rules::{Groups, two_schools};

/// The command line on a data directory.
struct Line {
    data: String,
}

impl Line {
    #[track_caller]
    fn says(&self, what: &[&str]) -> String {
        let output = self.run(what, "en");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{what:?}: {out}{err}");
        out.into_owned()
    }

    #[track_caller]
    fn refuses(&self, what: &[&str], told: &str, code: i32) {
        let output = self.run(what, "en");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains(told), "{what:?}: {err}");
        assert_eq!(output.status.code(), Some(code), "{what:?}: {err}");
        assert!(output.stdout.is_empty(), "{what:?}");
    }

    fn json(&self, what: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[what, &["--format", "json"]].concat())).unwrap()
    }

    fn run(&self, what: &[&str], language: &str) -> std::process::Output {
        let (sub, more) = what.split_first().unwrap();
        let all = ["rules", "requests", sub, "--data", &self.data, "--language", language];
        run(&[&all[..], more].concat())
    }
}

fn accepts<'a>(request: &'a str, by: &'a str) -> [&'a str; 4] {
    ["accept", request, "--by", by]
}

#[test]
fn requests_are_listed_and_decided_beside_a_server_and_without_one() {
    let (school, administrator, [here, _], local) = two_schools();
    let line = Line { data: school.data().to_str().unwrap().to_owned() };
    assert_eq!(line.says(&["list"]), "There is no such request.\n");
    let there = next_door(&local, THEIR_TEACHERS);
    let (own, back) = (here.id(OWN_TEACHERS), there.clone());
    let rule = json!([{"makeRule": {"from": own, "to": there}}]);
    let first = asks(&local, rule);
    let id = first["id"].as_str().unwrap().to_owned();

    // Beside the server: who asked for what, why, and what it would do now.
    let shown = line.says(&["show", &id]);
    for part in [
        "Cécile LAMBERT asked for this on ",
        "  Reason: “jumelage”.\n",
        "  1. A rule begins from “Teachers of École des Tilleuls” to “Teachers of École des Ormes”, whose members \
         are reached one by one.\n",
        "  Nobody has decided yet.\n",
        "What it would do now is this.\n  Opens 9 ordered pairs of people",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let french = String::from_utf8(line.run(&["show", &id], "fr").stdout).unwrap();
    assert!(
        french.contains("Motif : « jumelage »") && french.contains("Personne n'a encore décidé"),
        "{french}"
    );
    let listed_here = line.json(&["list", "--state", "asked"]);
    assert_eq!(listed_here.as_array().unwrap().len(), 1);
    let told = &listed_here[0];
    assert_eq!((&told["state"], &told["reason"]), (&json!("asked"), &json!("jumelage")));
    assert_eq!((&told["pairs_opened_then"], &told["requested_by"]["id"]), (&json!(9), &json!(local.id)));
    let looked = line.json(&["show", told["request"].as_str().unwrap()]);
    assert_eq!((&looked["preview_now"]["opened"]["pairs"], &looked["differences"]), (&json!(9), &json!([])));

    // Only who may make every change of it decides; who asked may take it back and no more.
    let told = "may not decide about it";
    for other in ["cecile.lambert", "hugo.brunet"] {
        line.refuses(&accepts(&id, other), told, 3);
    }
    line.refuses(&["refuse", &id, "--by", "hugo.brunet", "--reason", "non"], told, 3);
    line.refuses(&accepts(&id, "nobody.known"), "nobody has the login `nobody.known`", 6);
    line.refuses(&["show", "x"], "`x` is no request for a change of rules", 3);
    line.refuses(&["show", "01K4QJ6X2F00000000000000Z9"], "there is no such request", 6);
    line.refuses(&["accept", &id], "--by", 2);
    line.refuses(&["refuse", &id, "--by", "admin.test", "--reason", " "], "rule-request.reason-required", 3);
    assert_eq!(listed(&local, Some("ASKED")).len(), 1, "nothing was decided by any of these");

    // Accepted beside the server, its process makes it; who asked is told who decided.
    let done = line.says(&accepts(&id, "admin.test"));
    assert!(done.contains("accepted it on") && done.contains("; it was made on "), "{done}");
    assert!(line.says(&accepts(&id, "admin.test")).contains("it was made on"), "twice is once");
    assert_eq!(Groups::of(&administrator, files::UAI).rules(OWN_TEACHERS, THEIR_TEACHERS), 1);
    let told = &listed(&local, Some("DONE"))[0];
    assert_eq!((&told["id"], &told["decidedBy"]["id"]), (&first["id"], &json!(administrator.id)));
    line.refuses(&["decline", &id, "--by", "admin.test", "--reason", "non"], "rule-request.accepted", 3);

    // Without a server: one is refused, one that differs now is made only if that is said.
    let second = asks(&local, json!([{"makeRule": {"from": back, "to": own}}]));
    let third = asks(
        &local,
        json!([{"makeRule": {"from": own, "to": back}}, {"makeRule": {"from": back, "to": own}}]),
    );
    let names = [&second, &third].map(|request| request["id"].as_str().unwrap().to_owned());
    let block = json!({"person": school.person("Hugo Brunet").id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let _folder = school.stop();
    let no = ["refuse", &names[0], "--by", "admin.test", "--reason", "Attendons le conseil."];
    let said = line.says(&no);
    assert!(said.contains("refused it on ") && said.contains(": “Attendons le conseil.”."), "{said}");
    let accept = accepts(&names[1], "admin.test");
    line.refuses(&accept, "(rule-request.differs-now); `preau rules requests show` says what differs", 3);
    let shown = line.says(&["show", &names[1]]);
    assert!(shown.contains("! Pairs that open, teachers → teachers: "), "{shown}");
    let made = line.json(&[&accept[..], &["--as-it-is-now"]].concat());
    assert_eq!(made["state"], "done", "made here, by no server: {made:#}");
    let undone: Vec<_> = made["changes"].as_array().unwrap().iter().map(|it| &it["undone"]).collect();
    assert_eq!(undone, [&json!("communication.rule-exists"), &Value::Null]);
    let states: Vec<_> =
        line.json(&["list"]).as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["done", "refused", "done"], "the newest first");
    let mut server = Server::start(std::path::Path::new(&line.data));
    assert_eq!(line.json(&["list", "--state", "refused"])[0]["refusal"], "Attendons le conseil.");
    server.stop();
}
