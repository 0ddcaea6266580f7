//! Calendar files imported into bookings, over the API and on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::bookings::{BOOKING, Room, books, room, slot};
use crate::domains::{done, refused};
use crate::files::UAI;
use crate::preau::{print, run};
use crate::school::Caller;

const REPORT: &str = "events { line uid date outcome booking leftOut userErrors { code field message } }
    userErrors { code field message }";

const FILE: &str = "BEGIN:VCALENDAR
BEGIN:VEVENT
UID:conseil@exemple
DTSTART;TZID=Europe/Paris:20300902T080000
DTEND;TZID=Europe/Paris:20300902T090000
SUMMARY:Conseil de classe
END:VEVENT
BEGIN:VEVENT
UID:club@exemple
DTSTART;TZID=Europe/Paris:20300903T080000
DTEND;TZID=Europe/Paris:20300903T090000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Club
END:VEVENT
BEGIN:VEVENT
UID:ancien@exemple
DTSTART:20160105T090000Z
DTEND:20160105T140000Z
END:VEVENT
END:VCALENDAR
";

fn outcomes(report: &Value) -> Vec<String> {
    let events = report["events"].as_array().unwrap().iter();
    let line = |event: &Value| {
        let code = event["userErrors"][0]["code"].as_str().unwrap_or_default();
        format!("{} {} {code}", event["line"], event["outcome"].as_str().unwrap()).trim().to_owned()
    };
    events.map(line).collect()
}

fn imports(caller: &Caller, room: &str, more: Value) -> Value {
    let input = crate::bookings::with(json!({"resource": room, "file": FILE}), more);
    done(caller, "importCalendar", input, REPORT)
}

#[test]
fn a_file_is_imported_event_by_event_and_once() {
    let Room { scene, room, teacher, colleague, deputy, .. } = room("WRITER");
    books(&colleague, slot(&room, "2030-09-10", "08:30/09:30"));
    let dry = imports(&teacher, &room, json!({"dryRun": true, "skipConflicts": true}));
    let expected = ["2 BOOKED", "8 BOOKED", "15 REFUSED booking.in-the-past"];
    assert_eq!(outcomes(&dry), expected);
    assert!(dry["events"].as_array().unwrap().iter().all(|event| event["booking"].is_null()));
    let whole = imports(&teacher, &room, json!({"dryRun": true}));
    assert_eq!(outcomes(&whole)[1], "8 REFUSED booking.slot-taken");
    assert_eq!(whole["events"][1]["userErrors"][0]["field"], "dates.2030-09-10");
    let booked = imports(&teacher, &room, json!({"skipConflicts": true}));
    assert_eq!(outcomes(&booked), expected);
    assert_eq!(booked["events"][1]["leftOut"], json!(["2030-09-10"]));
    let query = "query($id: ID!) { booking(id: $id) { purpose owner { id } dates { state } } }";
    let found = teacher.ask(query, json!({ "id": booked["events"][0]["booking"] }))["booking"].clone();
    assert_eq!(
        (&found["purpose"], &found["dates"][0]["state"]),
        (&json!("Conseil de classe"), &json!("PENDING"))
    );
    // The same file again, also by somebody else for them: it is there.
    let again = ["2 ALREADY_THERE", "8 ALREADY_THERE", "15 REFUSED booking.in-the-past"];
    assert_eq!(outcomes(&imports(&teacher, &room, json!({"skipConflicts": true}))), again);
    let owner = json!({"skipConflicts": true, "owner": teacher.id});
    assert_eq!(outcomes(&imports(&deputy, &room, owner.clone())), again);
    assert_eq!(
        refused(
            &colleague,
            "importCalendar",
            crate::bookings::with(json!({"resource": room, "file": FILE}), owner)
        )
        .0,
        "booking.role-too-low"
    );
    done(&teacher, "cancelBooking", json!({ "booking": booked["events"][0]["booking"] }), BOOKING);
    assert_eq!(outcomes(&imports(&teacher, &room, json!({})))[0], "2 REFUSED calendar.given-up");
    for (file, code) in
        [("https://exemple.fr/agenda.ics", "calendar.an-address"), ("Bonjour", "calendar.not-a-calendar")]
    {
        let input = json!({"resource": room, "file": file});
        assert_eq!(refused(&teacher, "importCalendar", input), (code.to_owned(), json!("file")));
    }
    let [visitor] = scene.people(["Karim Masson"]);
    assert_eq!(visitor.act_code("importCalendar", json!({"resource": room, "file": FILE})), "NOT_FOUND");
    scene.school.stop();
}

#[test]
fn the_command_line_imports_for_somebody_with_their_rights() {
    let Room { scene, teacher, .. } = room("WRITER");
    let [visitor] = scene.people(["Karim Masson"]);
    let login =
        |of: &Caller| of.ask("{ me { login } }", json!({}))["me"]["login"].as_str().unwrap().to_owned();
    let (teacher, visitor) = (login(&teacher), login(&visitor));
    let data = scene.school.data().to_str().unwrap().to_owned();
    let path = scene.school.folder().join("agenda.ics");
    std::fs::write(&path, FILE).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let line = |login: &str, more: &[&str]| {
        let common = ["booking", "import-calendar", "--data", &data, "--structure", UAI, "--domain"];
        let which =
            ["Salles informatiques", "--resource", "Salle multimédia", "--for", login, "--lang", "en"];
        [&common[..], &which, more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let says = |more: &[&str]| print(&line(&teacher, more).iter().map(String::as_str).collect::<Vec<_>>());
    let refuses = |login: &str, more: &[&str]| {
        let output = run(&line(login, more).iter().map(String::as_str).collect::<Vec<_>>());
        assert!(output.stdout.is_empty(), "{output:?}");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let dry = says(&["--dry-run", &path]);
    assert!(
        dry.ends_with("Events that can be booked: 2; there already: 0; not taken: 1. Nothing was written.\n"),
        "{dry}"
    );
    let booked = says(&[&path]);
    let lines: Vec<&str> = booked.lines().collect();
    assert_eq!(lines[0], "    2  conseil@exemple: Booked.");
    assert!(lines[2].starts_with("   15  ancien@exemple: [booking.in-the-past] "), "{booked}");
    assert_eq!(lines[3], "Events booked: 2; there already: 0; not taken: 1.");
    assert!(says(&[&path]).contains("Events booked: 0; there already: 2; not taken: 1."));
    let (code, told) = refuses(&visitor, &[&path]);
    assert_eq!((code, told.contains("Your role here does not allow this")), (Some(3), true), "{told}");
    let (code, told) = refuses(&teacher, &["https://exemple.fr/agenda.ics"]);
    assert_eq!((code, told.contains("this is an address, and none is fetched")), (Some(3), true), "{told}");
    let (code, told) = refuses(&teacher, &["--resource-is-none", &path]);
    assert_eq!(code, Some(2), "{told}");
    scene.school.stop();
}

#[test]
fn a_file_of_google_has_a_line_for_each_event() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/fixtures/booking/ics/google-testcalendar-14-events.ics");
    let Ok(google) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let Room { scene, room, teacher, .. } = room("PUBLISHING_WRITER");
    let report = done(&teacher, "importCalendar", json!({"resource": room, "file": google}), REPORT);
    let lines = outcomes(&report);
    assert_eq!(lines.len(), 14, "{lines:#?}");
    let past = lines.iter().filter(|line| line.ends_with("booking.in-the-past")).count();
    assert!(past >= 10, "{lines:#?}");
    scene.school.stop();
}
