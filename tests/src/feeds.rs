//! Feeds of calendars: read over HTTP by a secret link, by what whoever opened it may see then.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bookings::{BOOKING, Room, books, room, slot, with};
use crate::canary::hits;
use crate::client::{python, run};
use crate::domains::{done, id, refused};
use crate::preau::command;
use crate::school::{Caller, School, key};

const OPENED: &str = "feed { id scope lastDay resource { id } } path userErrors { code field message }";

/// An answer over HTTP.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    text: String,
}

fn ask(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = agent.run(request.body(()).unwrap()).unwrap();
    let headers = answer.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let text = answer.body_mut().read_to_string().unwrap();
    Answer { status: answer.status().as_u16(), headers, text }
}

fn get(school: &School, path: &str) -> Answer {
    ask("GET", &format!("{}{path}", school.url()), &[])
}

#[track_caller]
fn opens(caller: &Caller, scope: &str, resource: Option<&str>) -> (String, String) {
    let input = json!({"scope": scope, "resource": resource});
    let opened = done(caller, "openFeed", input, OPENED);
    assert_eq!(opened["feed"]["scope"], scope);
    (opened["path"].as_str().unwrap().to_owned(), id(&opened["feed"]))
}

/// The 26 characters of an id that clients see.
fn ulid(id: &Value) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, vec![]);
    for sign in id.as_str().unwrap().bytes() {
        let value = SIGNS.iter().position(|known| *known == sign).unwrap();
        (bits, held) = (bits << 6 | u32::try_from(value).unwrap(), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap().rsplit(':').next().unwrap().to_owned()
}

/// What a client must find of bookings: UID, beginning, end and status of each date that is told.
fn meant(bookings: &[Value]) -> Vec<Value> {
    let mut all = vec![];
    for booking in bookings {
        let uid = format!("{}@preau", ulid(&booking["id"]));
        for date in booking["dates"].as_array().unwrap() {
            let status = match date["state"].as_str().unwrap() {
                "CONFIRMED" => "CONFIRMED",
                "PENDING" => "TENTATIVE",
                "CANCELLED" => "CANCELLED",
                _ => continue,
            };
            let minute = |field: &str| format!("{}Z", &date[field].as_str().unwrap()[..16]);
            all.push(json!([uid, minute("startsAt"), minute("endsAt"), status]));
        }
    }
    all
}

/// The caller's bookings as they are now.
fn mine(caller: &Caller) -> Vec<Value> {
    let query = "{ myBookings(first: 20) { nodes { id dates { date start startsAt endsAt state } } } }";
    caller.ask(query, json!({}))["myBookings"]["nodes"].as_array().unwrap().clone()
}

/// A single booking; a series across the change of October with a moved and a cancelled date; one that goes on as another.
fn life(teacher: &Caller, room: &str) {
    books(teacher, with(slot(room, "2030-09-02", "08:00/09:00"), json!({"purpose": "Conseil, salle ; 1"})));
    let weekly = json!({"rule": "FREQ=WEEKLY;COUNT=6", "purpose": "Club robots"});
    let series = books(teacher, with(slot(room, "2030-10-07", "08:00/09:00"), weekly));
    let moved = json!({"booking": series["id"], "date": "2030-10-14", "start": "2030-10-15T14:00",
        "end": "2030-10-15T16:00"});
    done(teacher, "changeBooking", moved, BOOKING);
    let gone = json!({"booking": series["id"], "date": "2030-11-04", "scope": "THIS"});
    done(teacher, "cancelBooking", gone, BOOKING);
    let daily = json!({"rule": "FREQ=DAILY;COUNT=6"});
    let daily = books(teacher, with(slot(room, "2030-12-02", "18:00/19:00"), daily));
    let rest = json!({"booking": daily["id"], "scope": "FOLLOWING", "date": "2030-12-05",
        "start": "2030-12-05T17:00", "end": "2030-12-05T18:00"});
    done(teacher, "changeBooking", rest, BOOKING);
}

#[test]
fn a_feed_gives_what_is_booked_to_a_client_library_and_to_our_own_import() {
    let Room { scene, domain, room, teacher, .. } = room("PUBLISHING_WRITER");
    life(&teacher, &room);
    scene.grant(&room, &teacher.id, "WRITER");
    books(&teacher, slot(&room, "2030-09-03", "08:00/09:00"));
    let (path, _) = opens(&teacher, "OWN", None);
    let read = get(&scene.school, &path);
    assert_eq!((read.status, read.headers["content-type"].as_str()), (200, "text/calendar; charset=utf-8"));
    for line in [
        "RRULE:",
        "RECURRENCE-ID;TZID=Europe/Paris:",
        "STATUS:TENTATIVE",
        "STATUS:CANCELLED",
        "BEGIN:VTIMEZONE",
    ] {
        assert!(read.text.contains(line), "{line}: {}", read.text);
    }
    assert!(read.text.contains("SUMMARY:Conseil\\, salle \\; 1\r\n"), "{}", read.text);
    assert!(read.text.contains("LOCATION:Salle multimédia\r\n"), "{}", read.text);
    let own = mine(&teacher);
    a_client_library_finds(&read.text, &meant(&own));
    // The way back: into another room, at the same instants.
    let twin = json!({"domain": domain, "name": "Salle jumelle", "quantity": 1});
    let twin = done(&scene.administrator, "createResource", twin, "resource { id } userErrors { code }");
    let twin = id(&twin["resource"]);
    let import = json!({"resource": twin, "file": read.text});
    let fields = "events { uid outcome userErrors { code } } userErrors { code }";
    let report = done(&teacher, "importCalendar", import, fields);
    let not = report["events"].as_array().unwrap().iter().filter(|event| event["outcome"] != "BOOKED");
    let not: Vec<_> = not.map(|event| event["userErrors"][0]["code"].as_str().unwrap()).collect();
    assert_eq!(not, ["calendar.cancelled"], "the date that was given up: {report}");
    let after = mine(&teacher);
    let instants = |bookings: &[Value]| {
        let mut all: Vec<_> =
            meant(bookings).iter().filter(|of| of[3] != "CANCELLED").map(|of| of[1].clone()).collect();
        all.sort_by_key(ToString::to_string);
        all
    };
    let there: Vec<Value> = after.into_iter().filter(|booking| !own.contains(booking)).collect();
    assert_eq!(instants(&there), instants(&own));
    scene.school.stop();
}

fn a_client_library_finds(text: &str, meant: &[Value]) {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            println!("skipped: the client library cannot be installed: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("feed.ics"), text).unwrap();
    fs::write(folder.path().join("feed.json"), json!(meant).to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/tests/calendar_client.py");
    let said =
        run(Command::new(python).arg(script).arg(folder.path())).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(said.trim(), format!("compared {}", 2 * meant.len()));
}

#[test]
fn a_link_is_read_as_the_web_reads() {
    let Room { scene, room, teacher, .. } = room("PUBLISHING_WRITER");
    books(&teacher, slot(&room, "2030-09-02", "08:00/09:00"));
    let (path, _) = opens(&teacher, "DETAILS", Some(&room));
    let url = format!("{}{path}", scene.school.url());
    let read = get(&scene.school, &path);
    for (name, value) in [
        ("cache-control", "private, max-age=300"),
        ("x-robots-tag", "noindex, nofollow"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(read.headers[name], value);
    }
    let tag = read.headers["etag"].as_str();
    let same = ask("GET", &url, &[("if-none-match", &format!("\"other\", W/{tag}"))]);
    assert_eq!((same.status, same.text.as_str(), same.headers["etag"].as_str()), (304, "", tag));
    let head = ask("HEAD", &url, &[]);
    assert_eq!((head.status, head.text.as_str(), head.headers["etag"].as_str()), (200, "", tag));
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(ask(method, &url, &[]).status, 405, "{method}");
    }
    books(&teacher, slot(&room, "2030-09-02", "10:00/11:00"));
    let changed = ask("GET", &url, &[("if-none-match", tag)]);
    assert_eq!((changed.status, changed.headers["etag"] == tag), (200, false));
    let said = |language: &str| ask("GET", &url, &[("accept-language", language)]).text;
    assert!(said("fr").contains("SUMMARY:Réservé") && said("en").contains("SUMMARY:Taken"));
    scene.school.stop();
}

/// Who booked, what for, and how the booking is known, as far as a feed tells.
fn tells(school: &School, path: &str, booking: &Value) -> [bool; 3] {
    let text = get(school, path).text.replace("\r\n ", "");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "{text}");
    let uid = format!("UID:{}@preau", ulid(&booking["id"]));
    ["SUMMARY:Conseil", "DESCRIPTION:Cécile LAMBERT", &uid].map(|word| text.contains(word))
}

#[test]
fn what_a_link_shows_is_what_its_owner_may_see_now() {
    let Room { scene, domain, room, teacher, colleague, deputy } = room("WRITER");
    let [visitor] = scene.people(["Karim Masson"]);
    let visits = scene.grant(&domain, &visitor.id, "VISITOR");
    let booked =
        books(&teacher, with(slot(&room, "2030-09-02", "08:00/09:00"), json!({"purpose": "Conseil"})));
    books(&colleague, slot(&room, "2030-09-02", "10:00/11:00"));
    let gone = books(&colleague, slot(&room, "2030-09-02", "12:00/13:00"));
    done(&colleague, "cancelBooking", json!({ "booking": gone["id"] }), BOOKING);
    let school = &scene.school;
    let all = |path: &str| tells(school, path, &booked);
    let (of_colleague, _) = opens(&colleague, "DETAILS", Some(&room));
    let (of_deputy, _) = opens(&deputy, "BUSY", Some(&room));
    let (of_visitor, _) = opens(&visitor, "DETAILS", Some(&room));
    let (of_teacher, _) = opens(&teacher, "DETAILS", Some(&room));
    assert_eq!(all(&of_colleague), [true; 3], "a writer sees who and what for");
    assert_eq!(all(&of_deputy), [false; 3], "who asked for busy and free gets that");
    assert_eq!(all(&of_visitor), [false; 3], "a visitor sees busy and free whatever they ask for");
    // The domain hides details from then on; one's own stay.
    let hide = json!({"domain": domain, "from": "MODERATOR"});
    done(&scene.administrator, "showBookingDetails", hide, "userErrors { code field message }");
    assert_eq!((all(&of_colleague), all(&of_teacher)), ([false; 3], [true; 3]));

    // Without a role on it a resource is not there, and whoever is kept out reads nothing.
    let nothing = get(school, &format!("/calendar/{}.ics", "0".repeat(64)));
    assert_eq!((nothing.status, nothing.headers["cache-control"].as_str()), (404, "no-store"));
    let is_nothing = |path: &str| {
        let read = get(school, path);
        (read.status, read.text == nothing.text) == (404, true)
    };
    done(
        &scene.administrator,
        "revokeBookingRole",
        json!({ "grant": visits }),
        "userErrors { code field message }",
    );
    assert!(is_nothing(&of_visitor));
    let stranger = visitor.act_code("openFeed", json!({"scope": "BUSY", "resource": room}));
    assert_eq!(stranger, "NOT_FOUND");
    let administrator = &scene.administrator;
    let account = json!({"person": teacher.id, "cause": "SECURITY", "reason": "essai"});
    done(administrator, "blockAccount", account.clone(), "userErrors { code field message }");
    assert!(is_nothing(&of_teacher));
    let account = json!({"person": teacher.id, "cause": "SECURITY"});
    done(administrator, "unblockAccount", account, "userErrors { code field message }");
    assert!(!is_nothing(&of_teacher));
    // An incident stops a profile, or it may sign in only from a day on: its links stop too.
    let profile = json!({"structure": scene.structure, "profile": "TEACHER"});
    let stop = with(profile.clone(), json!({"reason": "incident"}));
    done(administrator, "blockProfile", stop, "userErrors { code field message }");
    assert!(is_nothing(&of_teacher) && is_nothing(&of_colleague));
    done(administrator, "unblockProfile", profile.clone(), "userErrors { code field message }");
    assert!(!is_nothing(&of_teacher));
    let later = with(profile, json!({"opens": "2030-09-01"}));
    done(administrator, "setAccessWindow", later, "userErrors { code field message }");
    assert!(is_nothing(&of_teacher));
    scene.school.stop();
}

#[test]
fn a_link_is_told_once_and_reads_until_it_is_revoked() {
    let Room { scene, teacher, colleague, .. } = room("WRITER");
    let (input, key) = (json!({"scope": "OWN", "lastDay": "2090-07-05"}), key());
    let opened = teacher.act_with("openFeed", input.clone(), &key, OPENED);
    assert_eq!(
        teacher.act_with("openFeed", input.clone(), &key, OPENED),
        opened,
        "the same command, the same link"
    );
    let (path, feed) = (opened["path"].as_str().unwrap(), id(&opened["feed"]));
    assert_eq!(
        (path.len(), opened["feed"]["lastDay"].as_str()),
        ("/calendar/.ics".len() + 64, Some("2090-07-05"))
    );
    let query = "{ feeds(first: 30) { totalCount nodes { id scope openedAt lastDay resource { id } } } }";
    let listed = teacher.ask(query, json!({}));
    assert_eq!(listed["feeds"]["nodes"][0]["id"], feed);
    let secret = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
    assert!(!listed.to_string().contains(secret));
    assert_eq!(colleague.ask(query, json!({}))["feeds"]["totalCount"], 0);
    assert_eq!(refused(&colleague, "revokeFeed", json!({ "feed": feed })).0, "feeds.unknown");
    let over = json!({"scope": "OWN", "lastDay": "2020-07-05"});
    assert_eq!(refused(&teacher, "openFeed", over), ("feeds.over".to_owned(), json!("lastDay")));
    for _ in 1..20 {
        opens(&teacher, "OWN", None);
    }
    assert_eq!(refused(&teacher, "openFeed", json!({"scope": "OWN"})).0, "feeds.too-many");
    assert_eq!(get(&scene.school, path).status, 200);
    for _ in 0..2 {
        done(&teacher, "revokeFeed", json!({ "feed": feed }), "userErrors { code field message }");
    }
    let again = teacher.act_with("openFeed", input, &key, OPENED);
    assert_eq!((&again["feed"], &again["path"]), (&Value::Null, &Value::Null), "its link is gone");
    let gone = get(&scene.school, path);
    let unknown = get(&scene.school, "/calendar/not-a-secret");
    assert_eq!((gone.status, unknown.status, gone.text == unknown.text), (404, 404, true));
    opens(&teacher, "OWN", None);
    // A program that goes on asking is told to wait, and keeps nobody else out.
    let asked = (0..10).map(|_| get(&scene.school, path)).find(|read| read.status == 429).unwrap();
    assert!(asked.headers["retry-after"].parse::<u64>().unwrap() > 0);
    let (other, _) = opens(&colleague, "OWN", None);
    assert_eq!(get(&scene.school, &other).status, 200);
    let folder = scene.school.stop();
    let data = folder.path().join("data");
    assert_eq!(hits(&data, secret), Vec::<std::path::PathBuf>::new(), "the secret stands in no file");
}

#[test]
fn a_secret_stands_in_no_log_of_the_program() {
    let Room { scene, teacher, .. } = room("WRITER");
    let (path, _) = opens(&teacher, "OWN", None);
    let folder = scene.school.stop();
    let (log, data) = (folder.path().join("program.log"), folder.path().join("data"));
    // What the log is known to speak of.
    fs::create_dir_all(data.join("models")).unwrap();
    fs::write(data.join("models").join(format!("{:020}", 1)), "no snapshot").unwrap();
    let mut server = command(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"])
        .env("PREAU_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(server.stdout.take().unwrap()));
    let url = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(found) = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")) {
            break found.trim_end_matches(['/', '.', ',']).to_owned();
        }
    };
    for (path, status) in [(path.as_str(), 200), ("/calendar/canary.ics", 404)] {
        assert_eq!(ask("GET", &format!("{url}{path}"), &[]).status, status);
    }
    assert!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains("a snapshot is not used"), "{said}");
    let secret = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
    assert!(!said.contains(secret) && !said.contains("canary"), "{said}");
}
