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

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// Ends the server without warning and starts another on the same data.
    pub fn crash(&mut self) {
        self.server.kill();
        self.server = Server::start(&self.data);
    }

    /// Ends the server as an operator would, and returns whether it ended well.
    pub fn stop(mut self) -> (bool, TempDir) {
        let ended = self.server.stop();
        (ended, self.folder)
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Caller {
        Caller { url: self.server.url.clone(), token: None }
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

    fn log_in(&self, login: &str) -> Caller {
        let enter =
            "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code message } } }";
        let input = json!({"login": login, "password": PASSWORD, "idempotencyKey": key()});
        let done = self.nobody().ask(enter, json!({ "input": input }));
        let token = done["logIn"]["token"].as_str().unwrap_or_else(|| panic!("{login}: {done}")).to_owned();
        Caller { url: self.server.url.clone(), token: Some(token) }
    }
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    url: String,
    token: Option<String>,
}

impl Caller {
    /// Asks, and returns the whole answer; a broken connection is an error.
    pub fn try_whole(&self, query: &str, variables: &Value) -> Result<Value, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(format!("{}/graphql", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.send_json(json!({"query": query, "variables": variables}))?.body_mut().read_json()
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

/// A new idempotency key.
pub fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    ulid::Ulid::from(u128::from(std::process::id()) << 64 | u128::from(number)).to_string()
}
