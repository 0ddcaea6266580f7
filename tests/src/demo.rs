//! The demonstration, used as its own words say.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::preau::command;

/// Ends the demonstration however the test ends.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Posts what stands between the quotes of `-d '…'` in a printed line.
fn paste(url: &str, token: Option<&str>, line: &str) -> Value {
    let body = line.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect(line);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.post(format!("{url}/graphql")).content_type("application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.send(body).unwrap().body_mut().read_json().unwrap()
}

#[test]
fn every_login_and_every_query_it_prints_works() {
    let mut child = command(&["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _running = Running(child);
    let (mut url, mut accounts, mut sign_in, mut queries) = (String::new(), vec![], String::new(), vec![]);
    for line in lines.map_while(Result::ok) {
        if let Some(found) = line.strip_prefix("Préau listens on ") {
            url = found.split(' ').next().unwrap().to_owned();
        } else if line.contains("TOKEN=$(") {
            sign_in = line;
        } else if line.contains("$TOKEN") {
            queries.push(line);
        } else if line.starts_with("  ") && sign_in.is_empty() && !line.contains("curl") {
            let words: Vec<_> = line.split_whitespace().rev().take(2).map(str::to_owned).collect();
            accounts.push((words[1].clone(), words[0].clone()));
        }
        if queries.len() == 4 {
            break;
        }
    }
    assert_eq!(accounts.len(), 5, "{accounts:?}");
    let printed = accounts.iter().find(|(login, _)| sign_in.contains(login)).expect("a login of the five");
    for (login, password) in &accounts {
        let line = sign_in.replace(&printed.0, login).replace(&printed.1, password);
        let entered = paste(&url, None, &line);
        let token =
            entered["data"]["logIn"]["token"].as_str().unwrap_or_else(|| panic!("{login}: {entered}"));
        for query in &queries {
            let answer = paste(&url, Some(token), query);
            assert!(answer.get("errors").is_none(), "{login}: {query}\n{answer:#}");
        }
        let inbox = paste(&url, Some(token), &queries[2]);
        assert!(
            !inbox["data"]["mailbox"]["nodes"].as_array().unwrap().is_empty(),
            "{login}: something to read"
        );
    }
    tour(&url);
}

/// Walks the tour of the README, as it stands there.
fn tour(url: &str) {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: the tour of the README needs curl, which this machine does not have");
        return;
    }
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```sh tour\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script: String = blocks.collect();
    let walked = Command::new("bash").args(["-euc", &script]).env("PREAU", url).output().unwrap();
    let said =
        String::from_utf8_lossy(&walked.stdout).into_owned() + &String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{said}");
    assert!(!said.contains("\"errors\""), "{said}");
    for expected in [
        r#""reachable":true,"paths":[{"text":"La règle de"#,
        r#""delivered":1,"userErrors":[]"#,
        r#""subject":"Sortie au musée","bodyText":"Jeudi, à neuf heures.""#,
        r#""openMessage":{"unreadCount":"#,
        r#""replyToMessage":{"delivered":1,"userErrors":[]"#,
        r#""message":null,"userErrors":[{"code":"messaging.out-of-reach","field":"to.0""#,
        r#""messageTrace":{"author":{"displayName":"Gwenaëlle Blanc"}"#,
        r#""asOf":{"person":{"displayName":"Mamadou "#,
        r#""kind":"message.sent","stream":"message-"#,
        r#""diff":{"rulesMade":[]"#,
        r#""erasePerson":{"erasure":{"id":"#,
        r#""code":"erasure.second-person-required""#,
        r#""explainReach":{"allowed":true,"sentence":"Gwenaëlle Blanc peut voir Mamadou "#,
        r#""explainReach":{"allowed":false,"sentence":"Gabriel "#,
        r#""makeBooking":{"booking":{"dates":[{"start":""#,
        r#"T08:00","state":"CONFIRMED"}]"#,
        r#"T10:00","state":"PENDING"}]"#,
        r#""makeBooking":{"booking":null,"userErrors":[{"code":"booking.slot-taken""#,
        r#""validateBooking":{"booking":null,"userErrors":[{"code":"booking.role-too-low""#,
        r#""validateBooking":{"booking":{"dates":[{"state":"CONFIRMED"}]},"userErrors":[]}"#,
        r#""explainBookingRight":{"answer":"YES","role":"MODERATOR"}"#,
        "STATUS:CONFIRMED\r\nSUMMARY:Projet robots\r\n",
        r#""explainReach":{"allowed":false,"sentence":"Vous ne pouvez pas joindre ce destinataire"#,
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
}
