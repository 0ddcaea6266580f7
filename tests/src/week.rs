//! The week of a domain, served beside the API: who sees what of it, in which form, and what it may do.

use serde_json::{Value, json};

use crate::domains::{Scene, done, id, scene};
use crate::school::{Caller, Got};

const HOSTILE: &str = "<script>alert(1)</script>";

struct Week {
    scene: Scene,
    domain: String,
    closed: String,
    writer: Caller,
    visitor: Caller,
    stranger: Caller,
}

/// A domain of two rooms, one with a hostile name; whoever visits sees the other one only.
fn week() -> Week {
    let scene = scene();
    let [writer, visitor, stranger] = scene.people(["Cécile Lambert", "Hugo Brunet", "Agnès Roux"]);
    let domain = scene.domain(&format!("Salles {HOSTILE}"));
    let made = |name: &str| {
        let input = json!({"domain": domain, "name": name, "quantity": 1});
        let fields = "resource { id } userErrors { code field message }";
        id(&done(&scene.administrator, "createResource", input, fields)["resource"])
    };
    let (room, closed) = (made(&format!("Salle {HOSTILE}")), made("Réserve"));
    scene.grant(&domain, &writer.id, "PUBLISHING_WRITER");
    scene.grant(&room, &visitor.id, "VISITOR");
    scene.grant(&room, &writer.id, "PUBLISHING_WRITER");
    let books = |resource: &str, day: &str, purpose: &str| {
        let input = json!({"resource": resource, "start": format!("{day}T08:00"), "end": format!("{day}T10:00"),
            "purpose": purpose});
        done(&writer, "makeBooking", input, "booking { id } userErrors { code field message }");
    };
    books(&room, "2030-09-03", &format!("Projet {HOSTILE}"));
    books(&closed, "2030-09-04", "Inventaire");
    let shut = json!({"resource": room, "start": "2030-09-05T00:00", "end": "2030-09-06T00:00"});
    done(&scene.administrator, "closeResource", shut, "affected userErrors { code field message }");
    Week { scene, domain, closed, writer, visitor, stranger }
}

impl Week {
    #[track_caller]
    fn get(&self, who: &Caller, more: &str, headers: &[(&str, &str)]) -> Got {
        who.get(&format!("/booking/week?domain={}{more}", self.domain), headers)
    }

    #[track_caller]
    fn sees(&self, who: &Caller, format: &str) -> String {
        let got = self.get(who, &format!("&week=2030-09-08&format={format}"), &[("accept-language", "en")]);
        assert_eq!(got.status, 200, "{got:?}");
        got.text
    }
}

fn rows(page: &str) -> usize {
    page.matches("<tr class=\"slot\">").count()
}

fn boxes(page: &str) -> usize {
    page.matches("<g class=\"slot\">").count()
}

#[test]
fn a_writer_sees_who_and_what_for_and_a_visitor_that_it_is_taken() {
    let week = week();
    let page = week.sees(&week.writer, "html");
    assert_eq!((rows(&page), boxes(&page)), (3, 3), "a row for each box: {page}");
    for said in
        ["Cécile LAMBERT", "Projet &lt;script&gt;", "Inventaire", "Réserve", ">closed<", "<th scope=\"col\">"]
    {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert!(page.contains("<html lang=\"en\">") && page.contains("<caption>") && page.contains("Tuesday"));
    assert!(!page.contains("<script"), "{page}");

    let page = week.sees(&week.visitor, "html");
    assert_eq!((rows(&page), boxes(&page)), (2, 2), "the room alone, taken and closed: {page}");
    assert!(page.contains("confirmed") && page.contains("08:00") && page.contains(">closed<"));
    for hidden in ["LAMBERT", "Projet", "Réserve", "Inventaire"] {
        for format in ["html", "svg", "csv"] {
            assert!(!week.sees(&week.visitor, format).contains(hidden), "{hidden} in {format}");
        }
    }

    // The setting of the domain.
    let setting = |role: &str| {
        let input = json!({"domain": week.domain, "from": role});
        done(&week.scene.administrator, "showBookingDetails", input, "userErrors { code field message }");
    };
    setting("MANAGER");
    assert!(week.sees(&week.writer, "html").contains("LAMBERT"), "one's own is one's own");
    setting("VISITOR");
    assert!(
        week.sees(&week.visitor, "csv").contains("Cécile LAMBERT,Projet <script>"),
        "a table holds no mark-up"
    );
    week.scene.school.stop();
}

#[test]
fn the_three_forms_say_the_same_and_may_do_nothing() {
    let week = week();
    let page = week.sees(&week.writer, "html");
    let (svg, csv) = (week.sees(&week.writer, "svg"), week.sees(&week.writer, "csv"));
    assert!(page.contains(&svg), "the picture of the page is the picture");
    assert_eq!((boxes(&svg), csv.lines().count()), (rows(&page), rows(&page) + 1));
    assert!(csv.starts_with("resource,day,start,end,quantity,state,owner,purpose\n"), "{csv}");

    for (accept, media, language) in [
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8", "fr"),
        ("image/avif,image/svg+xml,*/*", "image/svg+xml; charset=utf-8", "en"),
        ("text/csv", "text/csv; charset=utf-8", "fr"),
    ] {
        let headers = [("accept", accept), ("accept-language", language)];
        let got = week.get(&week.writer, "&week=2030-09-03", &headers);
        let header = |name: &str| got.headers.get(name).map_or("", String::as_str);
        assert_eq!((got.status, header("content-type")), (200, media));
        assert_eq!((header("cache-control"), header("x-content-type-options")), ("no-store", "nosniff"));
        assert_eq!(header("content-language"), language);
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("sandbox") && !policy.contains("unsafe") && !policy.contains("script-src"));
        let word = if language == "fr" { "Réservations" } else { "Bookings" };
        assert!(media.starts_with("text/csv") || got.text.contains(word), "{}", got.text);
        assert!(!media.starts_with("text/csv") || got.text.starts_with("ressource,jour,"), "{}", got.text);
    }
    let today = week.get(&week.writer, "", &[]);
    assert_eq!((today.status, rows(&today.text)), (200, 0), "nothing is booked this week");
    assert!(today.text.contains("aucune réservation"), "{}", today.text);
    week.scene.school.stop();
}

#[test]
fn who_may_not_see_a_domain_is_told_what_is_told_of_none() {
    let week = week();
    let got = |got: Got| (got.status, got.text.lines().next().unwrap_or_default().to_owned());
    let there = got(week.get(&week.stranger, "", &[]));
    assert_eq!(there.0, 404);
    let other = "djE6ZG9tYWluOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAx";
    let known = week.stranger.get(&format!("/booking/week?domain={other}"), &[]);
    assert_eq!(got(known), there, "as if there were none");
    let nobody = week.get(&week.scene.school.nobody(), "", &[]);
    assert_eq!((nobody.status, nobody.headers["www-authenticate"].as_str()), (401, "Bearer"));
    assert!(!nobody.text.contains("<svg") && nobody.headers["cache-control"] == "no-store");
    // The other room is not there for whom the domain's grants do not count.
    let query = "query($id: ID!) { resource(id: $id) { id } }";
    assert_eq!(week.visitor.ask(query, json!({ "id": week.closed }))["resource"], Value::Null);

    for (more, status, said) in [
        (
            "&week=lundi",
            400,
            "`week` cannot be read: a day of the week, from 1970 to 2199, such as 2026-09-07.",
        ),
        (
            "&week=9999-01-01",
            400,
            "`week` cannot be read: a day of the week, from 1970 to 2199, such as 2026-09-07.",
        ),
        ("&format=pdf", 400, "`format` cannot be read: html, svg or csv."),
        (
            "&week=2030-09-03&week=2030-09-03",
            400,
            "`query` cannot be read: `domain`, `week` and `format`, each once at \
          most, and nothing else.",
        ),
        (
            "&owner=x",
            400,
            "`query` cannot be read: `domain`, `week` and `format`, each once at most, and nothing else.",
        ),
    ] {
        let answer = week.get(&week.writer, more, &[]);
        assert_eq!((answer.status, answer.text.lines().next().unwrap_or_default()), (status, said), "{more}");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    }
    let none = week.writer.get("/booking/week", &[]);
    assert_eq!((none.status, none.text.contains("`domain` cannot be read")), (400, true));
    assert_eq!(week.get(&week.writer, "", &[("accept", "application/pdf")]).status, 406);
    let behind = week.get(&week.writer, "", &[("preau-at-least", "never")]);
    assert_eq!((behind.status, behind.text.contains("Preau-At-Least")), (400, true));
    week.scene.school.stop();
}
