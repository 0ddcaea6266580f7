//! The real school, imported; what everybody reaches equals a naive computation over sets from the files alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::CommandId;
use domain::clock::Zone;
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{EventLog, MemoryLog};

use super::*;
use crate::onde::read::{InputFile, read};

pub(super) fn folders() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    let communication =
        "entcore/entcore/communication/src/test/resources/be1d-test/Ecole primaire Emile Zola";
    let folders = [fixtures.join("imports/onde"), fixtures.join(communication)];
    if !folders.iter().all(|folder| folder.is_dir()) {
        println!("skipped: {} is missing", fixtures.display());
        return vec![];
    }
    folders.into()
}

pub(super) async fn node() -> Node {
    let clock = || Arc::new(SystemClock);
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(clock()));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    Node::start(log, vault, clock(), |_, _| ()).await.unwrap()
}

pub(super) fn order(matrix: &str) -> Order {
    Order {
        uai: Uai::parse("0990201F").unwrap(),
        name: Label::parse("École").unwrap(),
        matrix: Matrix::shipped(matrix),
        zone: Zone::PARIS,
        complete: false,
        confirm_missing: None,
    }
}

pub(super) async fn import(node: &Node, order: &Order, folder: &Path, run: u128) -> Outcome {
    let names =
        ["CSVExtraction-eleves.csv", "CSVExtraction-enseignants.csv", "CSVExtraction-responsables.csv"];
    let files = names.map(|name| (name, std::fs::read(folder.join(name)).unwrap()));
    let inputs: Vec<_> = files.iter().map(|(name, bytes)| InputFile { name, bytes }).collect();
    let tables = read(&inputs).unwrap_or_else(|_| panic!("refused"));
    let compared = compare(node, order.uai, &tables).unwrap();
    apply(node, order, &tables, compared, CommandId::from_u128(run), |_, _, _| ()).await.unwrap()
}

/// What one person of the school reaches: teachers, staff, students, relatives, guests, groups.
type Row = (String, [u64; 5], u64);

/// A school as sets of line numbers, straight from the files, with nothing of ours between.
struct Naive {
    /// Class, level.
    pupils: Vec<(String, String)>,
    /// Classes, head.
    teachers: Vec<(BTreeSet<String>, bool)>,
    /// Children, as lines of pupils.
    relatives: Vec<BTreeSet<usize>>,
}

impl Naive {
    fn read(folder: &Path) -> Self {
        let table = |name: &str| -> Vec<BTreeMap<String, Vec<String>>> {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            let mut reader =
                csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(text.as_bytes());
            let headers = reader.headers().unwrap().clone();
            let line = |record: csv::StringRecord| {
                let mut cells: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for (header, cell) in headers.iter().zip(record.iter()) {
                    cells.entry(header.trim().to_owned()).or_default().push(cell.trim().to_owned());
                }
                cells
            };
            reader.records().map(|record| line(record.unwrap())).collect()
        };
        let pupils = table("CSVExtraction-eleves.csv");
        let mut by_name: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for (place, pupil) in pupils.iter().enumerate() {
            let name = |column: &str| pupil[column][0].clone();
            by_name.insert((name("Nom Elève"), name("Prénom Elève"), name("Classe")), place);
        }
        let relatives = table("CSVExtraction-responsables.csv").into_iter().map(|relative| {
            let blocks = &relative["Nom de famille enfant"];
            let child = |block: usize| {
                let name = |column: &str| relative[column].get(block).cloned().unwrap_or_default();
                let key = (name("Nom de famille enfant"), name("Prénom enfant"), name("Classes enfants"));
                by_name.get(&key).copied()
            };
            (0..blocks.len()).filter_map(child).collect()
        });
        Self {
            relatives: relatives.collect(),
            pupils: pupils.iter().map(|p| (p["Classe"][0].clone(), p["Niveau"][0].clone())).collect(),
            teachers: table("CSVExtraction-enseignants.csv")
                .iter()
                .map(|t| (BTreeSet::from([t["Classe"][0].clone()]), t["Directeur"][0] == "oui"))
                .collect(),
        }
    }

    fn classes_of(&self, relative: usize) -> BTreeSet<String> {
        self.relatives[relative].iter().map(|child| self.pupils[*child].0.clone()).collect()
    }

    /// The table of `communication.md` section 5, written out by profile.
    fn rows(&self, classic: bool) -> Vec<Row> {
        let in_class = |class: &String| self.pupils.iter().filter(|(c, _)| c == class).count() as u64;
        let taught = |class: &String| self.teachers.iter().any(|(classes, _)| classes.contains(class));
        let classes: BTreeSet<_> = self.pupils.iter().map(|(class, _)| class).collect();
        let levels: BTreeSet<_> = self.pupils.iter().map(|(_, level)| level).collect();
        let with_relatives = classes
            .iter()
            .filter(|c| (0..self.relatives.len()).any(|r| self.classes_of(r).contains(**c)))
            .count();
        let levels_with_relatives = levels
            .iter()
            .filter(|level| self.relatives.iter().flatten().any(|child| self.pupils[*child].1 == ***level))
            .count();
        let taught_classes =
            self.teachers.iter().flat_map(|(classes, _)| classes).collect::<BTreeSet<_>>().len();
        let (teachers, students, relatives) =
            (self.teachers.len() as u64, self.pupils.len() as u64, self.relatives.len() as u64);
        let heads = u64::from(self.teachers.iter().any(|(_, head)| *head));
        let mut rows = Vec::new();
        for (own, _) in &self.teachers {
            // TEACHER, STUDENT, RELATIVE of the structure and what is nested in them; function DIR and direction.
            let nested =
                taught_classes + classes.len() + with_relatives + levels.len() + levels_with_relatives;
            let groups = 3 + nested as u64 + 2 * heads;
            rows.push((join(own), [teachers - 1, 0, students, relatives, 0], groups));
        }
        for (place, (class, _)) in self.pupils.iter().enumerate() {
            let teachers = self.teachers.iter().filter(|(classes, _)| classes.contains(class)).count() as u64;
            let parents = self.relatives.iter().filter(|children| children.contains(&place)).count() as u64;
            rows.push((
                class.clone(),
                [teachers, 0, in_class(class) - 1, parents, 0],
                1 + u64::from(taught(class)),
            ));
        }
        for relative in 0..self.relatives.len() {
            let own = self.classes_of(relative);
            let teachers =
                self.teachers.iter().filter(|(classes, _)| !classes.is_disjoint(&own)).count() as u64;
            let taught = own.iter().filter(|class| taught(class)).count() as u64;
            let mut groups = taught + heads;
            let (mut pupils, mut others) = (self.relatives[relative].len() as u64, 0);
            if classic {
                pupils = own.iter().map(in_class).sum();
                let shares = |other: &usize| !self.classes_of(*other).is_disjoint(&own);
                others = (0..self.relatives.len()).filter(shares).count() as u64 - 1;
                groups += 2 * own.len() as u64;
            }
            rows.push((join(&own), [teachers, 0, pupils, others, 0], groups));
        }
        rows.sort();
        rows
    }
}

fn join(classes: &BTreeSet<String>) -> String {
    classes.iter().cloned().collect::<Vec<_>>().join("|")
}

#[tokio::test]
async fn everybody_of_the_real_school_reaches_what_a_naive_computation_says() {
    for folder in folders() {
        for matrix in ["classic", "published-2025"] {
            let node = node().await;
            let order = order(matrix);
            let outcome = import(&node, &order, &folder, 1).await;
            let Counts { pupils, teachers, relatives, classes, links, proposals, .. } = outcome.counts;
            assert_eq!([pupils, teachers, relatives, classes, links, proposals], [247, 14, 469, 10, 491, 2]);
            let mut rows: Vec<Row> = node.read(|world| {
                let structure = world.people.structure_by_uai(order.uai).unwrap();
                let lines = world.graph.report(&world.people, structure).into_iter();
                lines.map(|line| (line.joined_classes(), line.reachable, line.reachable_groups)).collect()
            });
            rows.sort();
            let expected = Naive::read(&folder).rows(matrix == "classic");
            assert_eq!(rows.len(), expected.len());
            for (row, expected) in rows.iter().zip(&expected) {
                assert_eq!(row, expected, "{matrix}");
            }
            let before = node.log().head();
            import(&node, &order, &folder, 2).await;
            let own = node.log().read_all(before, 100).await.unwrap();
            assert!(own.iter().all(|recorded| recorded.kind().starts_with("import.")), "{own:?}");
        }
    }
}

#[tokio::test]
async fn a_school_keeps_its_matrix() {
    for folder in folders().into_iter().take(1) {
        let node = node().await;
        import(&node, &order("classic"), &folder, 1).await;
        let structure = node.read(|world| {
            let number = world.people.structure_by_uai(order("classic").uai).unwrap();
            world.people.structure(number).unwrap().id
        });
        let other = matrix_of(&node, structure, &order("published-2025")).await.unwrap_err();
        assert!(other.to_string().contains("has the matrix `classic`"), "{other}");
        let kept = matrix_of(&node, structure, &Order { matrix: None, ..order("classic") }).await.unwrap();
        assert_eq!(kept.name.as_str(), "classic");
    }
}
