//! `preau booking`: resources from a file, their week in three forms, statistics; beside a server and without one.

use serde_json::{Value, json};

use crate::domains::{Scene, done, id, scene};
use crate::files::UAI;
use crate::preau::{print, run};
use crate::school::Caller;

const FILE: &str = "domain;resource;quantity\nSalles informatiques;Salle multimédia;1\nSalles informatiques;Tablettes;30\nVéhicules;Minibus;1\n";

/// Runs a command that is refused, and returns its exit code and what it said.
fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Returns the id of a domain and of its resources, by name.
fn found(administrator: &Caller, structure: &str, name: &str) -> (String, Vec<(String, String)>) {
    let query = "query($id: ID!) { domains(structure: $id, first: 9) { nodes { id name
        resources(first: 9) { nodes { id details { name quantity } } } } } }";
    let domains = administrator.ask(query, json!({ "id": structure }))["domains"]["nodes"].clone();
    let named: Vec<&Value> =
        domains.as_array().unwrap().iter().filter(|domain| domain["name"] == name).collect();
    let [domain] = named[..] else { panic!("{name}: {domains}") };
    let resources = domain["resources"]["nodes"].as_array().unwrap().iter();
    let resources = resources.map(|resource| {
        let details = &resource["details"];
        (format!("{} {}", details["name"].as_str().unwrap(), details["quantity"]), id(resource))
    });
    (id(domain), resources.collect())
}

/// The command line on a data directory.
struct Line {
    data: String,
}

impl Line {
    fn arguments(&self, what: &str, more: &[&str]) -> Vec<String> {
        let common = ["booking", what, "--data", &self.data, "--structure", UAI];
        [&common[..], more].concat().into_iter().map(str::to_owned).collect()
    }

    #[track_caller]
    fn does(&self, what: &str, more: &[&str]) -> String {
        let arguments = self.arguments(what, more);
        print(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[track_caller]
    fn refuses(&self, what: &str, more: &[&str]) -> (Option<i32>, String) {
        let arguments = self.arguments(what, more);
        said(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// A name that no domain has, one that two have, and what is no day.
fn wrong_names(line: &Line, administrator: &Caller, structure: &str, path: &str) {
    let (code, told) = line.refuses("week", &["--domain", "Gymnase"]);
    assert_eq!(code, Some(6));
    assert!(
        told.contains("no domain of this name; there are: “Salles informatiques”, “Véhicules”"),
        "{told}"
    );
    let twin = json!({"structure": structure, "name": "Véhicules"});
    done(administrator, "createDomain", twin, "domain { id } userErrors { code field message }");
    let (code, told) = line.refuses("week", &["--domain", "Véhicules"]);
    assert_eq!(
        (code, told.contains("2 domains of this structure have this name")),
        (Some(3), true),
        "{told}"
    );
    let (code, told) = line.refuses("import", &[path]);
    assert_eq!((code, told.contains("line 4: 2 domains are called “Véhicules”")), (Some(3), true), "{told}");
    let (code, told) = line.refuses("week", &["--domain", "Salles informatiques", "--week", "lundi"]);
    assert_eq!((code, told.contains("this is no day")), (Some(3), true), "{told}");
    let back = ["--domain", "Salles informatiques", "--from", "2030-09-09", "--through", "2030-09-02"];
    assert_eq!(line.refuses("statistics", &back).0, Some(3));
}

/// Each profile and each class that booked has a line.
fn by_population(line: &Line) {
    let days = ["--from", "2030-09-02", "--through", "2030-09-02", "--by", "population", "--lang", "fr"];
    let by_population = line.does("statistics", &[&["--domain", "Salles informatiques"], &days[..]].concat());
    let expected = "resource,week,population,taken_minutes,percent,asked,refused,withdrawn,cancelled\n\
        Salle multimédia,2030-09-02,enseignants,60,0,1,0,0,0\n\
        Salle multimédia,2030-09-02,Enseignants de CE1 A,60,0,1,0,0,0\n\
        Tablettes,2030-09-02,enseignants,0,0,1,0,0,0\n\
        Tablettes,2030-09-02,Enseignants de CM1,0,0,1,0,0,0\n";
    assert_eq!(by_population, expected);
}

#[test]
fn resources_come_from_a_file_and_their_week_is_seen_in_three_forms_and_counted() {
    let Scene { school, administrator, structure } = scene();
    let data = school.data().to_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resources.csv");
    let path = file.to_str().unwrap();
    let line = Line { data };
    let does = |what: &str, more: &[&str]| line.does(what, more);
    let refuses = |what: &str, more: &[&str]| line.refuses(what, more);

    // Nothing is written while a line is wrong.
    std::fs::write(&file, format!("{FILE}Véhicules;Camion;0\nVéhicules;;1\nVéhicules;Moto;deux\n")).unwrap();
    let (code, told) = refuses("import", &["--lang", "en", path]);
    assert_eq!(code, Some(3), "{told}");
    for line in
        ["nothing was written", "line 5: ", "line 6: ", "line 7: the quantity `deux` is no whole number"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
    let (code, told) = refuses("week", &["--domain", "Salles informatiques"]);
    assert_eq!((code, told.contains("this structure has no domain")), (Some(6), true), "{told}");

    // In Latin-1, as a spreadsheet may write it.
    let latin: Vec<u8> = FILE.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    std::fs::write(&file, latin).unwrap();
    let made = does("import", &["--lang", "en", "--reason", "Rentrée", path]);
    assert_eq!(made, "Domains created: 2; resources created: 3; resources that were there: 0.\n");
    let again = FILE.replace("Tablettes;30", "Tablettes;28") + "Véhicules;Vélo;4\n";
    std::fs::write(&file, again).unwrap();
    let made = does("import", &["--lang", "en", path]);
    assert_eq!(
        made,
        "Domains created: 0; resources created: 1; resources that were there: 3.\n“Tablettes” of “Salles \
         informatiques” is left as it is: there are 30 of it, the file says 28.\n"
    );
    let (_, vehicles) = found(&administrator, &structure, "Véhicules");
    assert_eq!(vehicles.len(), 2, "{vehicles:?}");
    let (domain, rooms) = found(&administrator, &structure, "Salles informatiques");
    let room = |name: &str| {
        rooms.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{rooms:?}")).1.clone()
    };
    let (multimedia, tablets) = (room("Salle multimédia 1"), room("Tablettes 30"));

    // What is booked: valid, pending, closed.
    let [teacher, colleague] = ["Cécile Lambert", "Hugo Brunet"].map(|name| school.person(name));
    for (who, role) in [(&teacher, "PUBLISHING_WRITER"), (&colleague, "WRITER")] {
        let input = json!({"on": domain, "to": who.id, "role": role});
        done(&administrator, "grantBookingRole", input, "grant { id } userErrors { code field message }");
    }
    let books = |who: &Caller, resource: &str, hours: [&str; 2], quantity: u32| {
        let [start, end] = hours.map(|hour| format!("2030-09-03T{hour}"));
        let input = json!({"resource": resource, "start": start, "end": end, "quantity": quantity,
            "purpose": "Lecture <robots>"});
        done(who, "makeBooking", input, "booking { id } userErrors { code field message }");
    };
    books(&teacher, &multimedia, ["08:00", "09:00"], 1);
    books(&colleague, &tablets, ["10:00", "12:00"], 12);
    let closure = json!({"resource": multimedia, "start": "2030-09-05T00:00", "end": "2030-09-06T00:00"});
    done(&administrator, "closeResource", closure, "resource { id } userErrors { code field message }");

    let week = |format: &str| {
        let of =
            ["--domain", "Salles informatiques", "--week", "2030-09-06", "--lang", "en", "--format", format];
        does("week", &of)
    };
    let formats = ["text", "csv", "svg"];
    let shown = formats.map(week);
    let [text, csv, svg] = &shown;
    let expected = "resource,day,start,end,quantity,state,owner,purpose\n\
        Salle multimédia,2030-09-03,08:00,09:00,1,confirmed,Cécile LAMBERT,Lecture <robots>\n\
        Tablettes,2030-09-03,10:00,12:00,12,pending,Hugo BRUNET,Lecture <robots>\n\
        Salle multimédia,2030-09-05,00:00,24:00,,closed,,\n";
    assert_eq!(csv, expected);
    assert!(
        text.starts_with("Bookings of Salles informatiques: 2030-09-02 to 2030-09-08 (Europe/Paris)\n"),
        "{text}"
    );
    let tuesday = "\nTuesday 2030-09-03\n  Salle multimédia (1)\n    08:00–09:00  confirmed  × 1  Cécile LAMBERT  \
        Lecture <robots>\n  Tablettes (30)\n    10:00–12:00  pending  × 12  Hugo BRUNET  Lecture <robots>\n";
    assert!(text.contains(tuesday), "{text}");
    assert!(text.contains("\nMonday 2030-09-02\n  nothing booked\n"), "{text}");
    assert!(svg.starts_with("<svg ") && svg.matches("class=\"slot\"").count() == 3, "{svg}");
    assert!(svg.contains("Lecture &lt;robots&gt;") && !svg.contains("<robots>"), "{svg}");

    let counted = || {
        let days = ["--domain", "Salles informatiques", "--from", "2030-09-02", "--through", "2030-09-09"];
        does("statistics", &days)
    };
    let statistics = counted();
    let expected = "resource,week,quantity,taken_minutes,open_minutes,percent,asked,refused,withdrawn,cancelled\n\
        Salle multimédia,2030-09-02,1,60,8640,0,1,0,0,0\n\
        Salle multimédia,2030-09-09,1,0,10080,0,0,0,0,0\n\
        Tablettes,2030-09-02,30,0,302400,0,1,0,0,0\n\
        Tablettes,2030-09-09,30,0,302400,0,0,0,0,0\n";
    assert_eq!(statistics, expected);

    by_population(&line);
    wrong_names(&line, &administrator, &structure, path);
    let out = folder.path().join("export");
    let asked =
        ["person", "export", "--data", &line.data, "--to", out.to_str().unwrap(), "--reason", "article 15"];
    print(&[&asked[..], &["cecile.lambert"]].concat());
    let exported = std::fs::read_to_string(out.join("export.json")).unwrap();
    assert!(exported.contains("\"bookings\"") && exported.contains("Lecture <robots>"), "{exported}");
    let _folder = school.stop();
    assert_eq!(formats.map(week), shown, "without a server");
    assert_eq!(counted(), statistics);
    std::fs::write(&file, "domain,resource,quantity\nGymnase,Grande salle,1\n").unwrap();
    assert!(does("import", &["--lang", "fr", path]).starts_with("Domaines créés : 1 ;"));
    assert!(does("week", &["--domain", "Gymnase", "--lang", "fr"]).contains("aucune réservation"));
}
