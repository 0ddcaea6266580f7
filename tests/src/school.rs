//! The driver: a school on a real server, and one handle for each caller.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::{Server, print};

/// The password of everybody in tests.
pub const PASSWORD: &str = "quatre tilleuls dans la cour";

/// A school served from a directory of its own.
pub struct School {
    data: PathBuf,
    server: Server,
    folder: TempDir,
    administrator: String,
}

impl School {
    /// Imports the invented school with a matrix, makes an administrator, serves.
    pub fn open(matrix: &str) -> Self {
        let folder = TempDir::new().unwrap();
        files::write(&folder.path().join("onde"));
        Self::import(folder, "onde", matrix)
    }

    /// Imports the files in `onde`, a folder inside `folder` or anywhere, and serves.
    pub fn import(folder: TempDir, onde: impl AsRef<Path>, matrix: &str) -> Self {
        let data = folder.path().join("data");
        let onde = folder.path().join(onde);
        let (data_text, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
        let name = "École des Tilleuls";
        print(&[
            "import",
            "onde",
            "--data",
            data_text,
            "--uai",
            files::UAI,
            "--name",
            name,
            "--matrix",
            matrix,
            onde,
        ]);
        let made = print(&["admin", "create", "--data", data_text, "--login", "admin.test"]);
        let code =
            made.lines().find_map(|line| line.split("shown once: ").nth(1)).expect("a code").to_owned();
        let server = Server::start(&data);
        let school = Self { data, server, folder, administrator: "admin.test".into() };
        school.activate("admin.test", &code);
        school
    }

    /// An invented academy whose log has at least so many events, served.
    pub fn grown(people: u32, events: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let (data, people, events) = (data.to_str().unwrap(), people.to_string(), events.to_string());
        print(&["bench", "data", "--people", &people, "--events", &events, "--out", data]);
        let made = print(&["admin", "create", "--data", data, "--login", "admin.test"]);
        let code = made.lines().find_map(|line| line.split("shown once: ").nth(1)).expect("a code");
        let school = Self::at(folder);
        school.activate("admin.test", code);
        school
    }

    /// Serves the data in a folder that [`School::stop`] gave back.
    pub fn at(folder: TempDir) -> Self {
        let data = folder.path().join("data");
        let server = Server::start(&data);
        Self { data, server, folder, administrator: "admin.test".into() }
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// Has the administrator give somebody a role in structures, for a long time.
    #[track_caller]
    pub fn appoint(&self, to: &Caller, role: &str, structures: &[&str]) {
        let input = json!({"person": to.id, "role": role, "structures": structures, "ends": "2090-01-01",
            "reason": "désignation"});
        let granted = self.administrator().act("grantRole", input, "userErrors { code }");
        assert_eq!(granted["userErrors"], json!([]), "{role}");
    }

    /// Ends the server without warning and starts another on the same data.
    pub fn crash(&mut self) {
        self.server.kill();
        self.server = Server::start(&self.data);
    }

    /// Ends the server without warning.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// The folder that holds the data directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the server as an operator would, and returns the folder that holds its data.
    ///
    /// It must end well, and its read models must say what a world rebuilt from the log says.
    #[track_caller]
    pub fn stop(mut self) -> TempDir {
        let followed = self.server.stop().expect("SIGTERM ends it well, with digests");
        let rebuilt = print(&["models", "--data", self.data.to_str().unwrap(), "--format", "json"]);
        let rebuilt: Value = serde_json::from_str(&rebuilt).unwrap();
        assert_eq!(followed, rebuilt, "the models that followed and the rebuilt ones differ");
        self.folder
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Caller {
        Caller { url: self.server.url.clone(), token: None, id: String::new() }
    }

    /// The person called like this, their account activated by a code from the administrator, signed in.
    pub fn person(&self, name: &str) -> Caller {
        let people = "query($name: String!) { people(search: $name, first: 2) { nodes { id login } } }";
        let found = self.administrator().ask(people, json!({ "name": name }));
        let id = found["people"]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{name}: {found}"));
        self.signed_in(id)
    }

    /// The person of an id, their account activated by a code from the administrator, signed in.
    pub fn signed_in(&self, id: &str) -> Caller {
        let issue = "mutation($input: IssueActivationCodesInput!) { issueActivationCodes(input: $input) {
            codes { login code } userErrors { code } } }";
        let input = json!({"people": [id], "idempotencyKey": key()});
        let issued = self.administrator().ask(issue, json!({ "input": input }));
        let issued = &issued["issueActivationCodes"]["codes"][0];
        let login = issued["login"].as_str().unwrap_or_else(|| panic!("{id}: {issued}"));
        // Without a code the account was activated before.
        if let Some(code) = issued["code"].as_str() {
            self.activate(login, code);
        }
        self.log_in(login)
    }

    /// The platform administrator.
    pub fn administrator(&self) -> Caller {
        self.log_in(&self.administrator)
    }

    fn activate(&self, login: &str, code: &str) {
        let activate = "mutation($input: ActivateAccountInput!) {
            activateAccount(input: $input) { userErrors { code message } } }";
        let input = json!({"login": login, "code": code, "password": PASSWORD, "acceptCharter": true,
            "idempotencyKey": key()});
        let done = self.nobody().ask(activate, json!({ "input": input }));
        assert_eq!(done["activateAccount"]["userErrors"], json!([]), "{login}");
    }

    /// Signs in with the password of everybody in tests.
    pub fn log_in(&self, login: &str) -> Caller {
        self.nobody().log_in(login)
    }
}

/// The platform administrator of the tests, at a server somewhere.
pub fn administrator_at(url: &str) -> Caller {
    Caller { url: url.to_owned(), token: None, id: String::new() }.log_in("admin.test")
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    url: String,
    token: Option<String>,
    /// Who it is, as the API knows them.
    pub id: String,
}

impl Caller {
    /// Signs in, at the same server, with the password of everybody in tests.
    pub fn log_in(&self, login: &str) -> Self {
        let enter =
            "mutation($input: LogInInput!) { logIn(input: $input) { token me userErrors { code message } } }";
        let input = json!({"login": login, "password": PASSWORD, "idempotencyKey": key()});
        let done = self.ask(enter, json!({ "input": input }));
        let token = done["logIn"]["token"].as_str().unwrap_or_else(|| panic!("{login}: {done}")).to_owned();
        let id = done["logIn"]["me"].as_str().unwrap().to_owned();
        Self { url: self.url.clone(), token: Some(token), id }
    }

    /// The same caller at another server on the same data.
    pub fn at(&self, school: &School) -> Self {
        Self { url: school.url().to_owned(), ..self.clone() }
    }

    /// The same person in another session.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Does `mutation` with an input of the type that goes with it, under a new key, and returns its payload.
    #[track_caller]
    pub fn act(&self, mutation: &str, input: Value, fields: &str) -> Value {
        self.act_with(mutation, input, &key(), fields)
    }

    /// Does `mutation` under a key.
    #[track_caller]
    pub fn act_with(&self, mutation: &str, input: Value, key: &str, fields: &str) -> Value {
        let (query, variables) = mutated(mutation, input, key, fields);
        self.ask(&query, variables)[mutation].take()
    }

    /// Does what must fail, and returns the code of the failure.
    #[track_caller]
    pub fn act_code(&self, mutation: &str, input: Value) -> String {
        let (query, variables) = mutated(mutation, input, &key(), "__typename");
        self.code(&query, variables)
    }

    /// Sends a message and returns its id; it must be sent.
    #[track_caller]
    pub fn send(&self, subject: &str, to: &[&str], bcc: &[&str]) -> String {
        let input = json!({"subject": subject, "bodyText": format!("{subject} !"), "to": to, "bcc": bcc});
        let sent = self.act("sendMessage", input, "message { id } userErrors { code field message }");
        sent["message"]["id"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned()
    }

    /// Asks, and returns the whole answer; a broken connection is an error.
    pub fn try_whole(&self, query: &str, variables: &Value) -> Result<Value, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(format!("{}/graphql", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.send_json(json!({"query": query, "variables": variables}))?.body_mut().read_json()
    }

    /// Gets a page that is served beside the API, with more headers: its status, its headers and its text.
    #[track_caller]
    pub fn get(&self, path: &str, more: &[(&str, &str)]) -> Got {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = more.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut answer = request.call().unwrap();
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let headers = headers.collect();
        Got { status: answer.status().as_u16(), headers, text: answer.body_mut().read_to_string().unwrap() }
    }

    /// Asks, and returns the whole answer.
    #[track_caller]
    pub fn whole(&self, query: &str, variables: Value) -> Value {
        self.try_whole(query, &variables).unwrap()
    }

    /// Asks, and returns the data; there must be no errors.
    #[track_caller]
    pub fn ask(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.whole(query, variables);
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// Asks what must fail, and returns the code of the first error.
    #[track_caller]
    pub fn code(&self, query: &str, variables: Value) -> String {
        let answer = self.whole(query, variables);
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
    }
}

/// A page.
#[derive(Debug)]
pub struct Got {
    /// Its status.
    pub status: u16,
    /// Its headers, by their names in small letters.
    pub headers: std::collections::BTreeMap<String, String>,
    /// Its text.
    pub text: String,
}

/// Returns the document and the variables of a mutation; the type of an input is called after it.
pub fn mutated(mutation: &str, mut input: Value, key: &str, fields: &str) -> (String, Value) {
    let (first, rest) = mutation.split_at(1);
    let of_type = match mutation {
        "trashMessages" | "restoreMessages" => "CopiesInput".to_owned(),
        _ => format!("{}{rest}Input", first.to_uppercase()),
    };
    input["idempotencyKey"] = key.into();
    let query = format!("mutation($input: {of_type}!) {{ {mutation}(input: $input) {{ {fields} }} }}");
    (query, json!({ "input": input }))
}

/// A new idempotency key.
pub fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    ulid::Ulid::from(u128::from(std::process::id()) << 64 | u128::from(number)).to_string()
}
