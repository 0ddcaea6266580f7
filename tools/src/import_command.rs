//! `preau import onde`: reads the folder, compares, reports, and applies unless it is a dry run.

use std::path::Path;

use anyhow::Result;
use domain::Label;
use domain::clock::Zone;
use domain::import::Step;
use domain::label::Uai;
use serde_json::json;

use crate::cli::{Format, Language, Mode, Onde};
use crate::import::{self, Order, Outcome};
use crate::onde::plan::Plan;
use crate::onde::read::{InputFile, Tables, read};
use crate::onde::report::{Language as ReportLanguage, Report};
use crate::settings::Settings;
use crate::{failed, matrix, opened, say};

/// Runs the command.
pub async fn onde(args: Onde) -> Result<()> {
    let order = order(&args)?;
    let language = language(args.language);
    let files = folder(&args.folder)?;
    let inputs: Vec<_> = files.iter().map(|(name, bytes)| InputFile { name, bytes }).collect();
    let tables = match read(&inputs) {
        Ok(tables) => tables,
        Err(refused) => {
            let report = Report::of_refused(&refused);
            match args.format {
                Format::Text => say(&report.text(language))?,
                Format::Json => say(&(report.json()? + "\n"))?,
            }
            return Err(failed::input(format!("{}: nothing was changed", args.folder.display())));
        }
    };
    let settings = Settings::of(&args.flags)?;
    let node = if args.dry_run && !settings.data().join("log").is_dir() {
        opened::nowhere().await?
    } else {
        let matrices = settings.matrices()?;
        opened::node(opened::directory(&settings, true)?).await?.with_matrices(matrices)
    };
    let compared = import::compare(&node, order.uai, &tables)?;
    let plan = compared.plan.clone();
    if let Some(path) = &args.left_out {
        let lines = Report::of(&tables, &plan).left_out(language, api::table::inert)?;
        std::fs::write(path, lines).map_err(|error| failed::input(format!("{}: {error}", path.display())))?;
    }
    if args.dry_run {
        return print(&args, &tables, &plan, None, language);
    }
    let bar = opened::bar("");
    let run = opened::new_command()?;
    let outcome = import::apply(&node, &order, &tables, compared, run, |step, done, total| {
        bar.set_message(match step {
            Step::Structure => "classes",
            Step::People => "people",
            Step::Families => "families",
            Step::Rules => "rules",
        });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let outcome = outcome.await?;
    bar.set_message("logins");
    opened::settle(&node).await?;
    api::process::clock::begin_days(&node).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    bar.finish_and_clear();
    print(&args, &tables, &plan, Some(outcome), language)
}

fn print(
    args: &Onde,
    tables: &Tables,
    plan: &Plan,
    outcome: Option<Outcome>,
    language: ReportLanguage,
) -> Result<()> {
    let report = Report::of(tables, plan);
    match args.format {
        Format::Json => {
            let shown = json!({ "dry_run": outcome.is_none(), "outcome": outcome, "report": report });
            say(&format!("{}\n", serde_json::to_string_pretty(&shown)?))
        }
        Format::Text => {
            let end = match (outcome, language) {
                (None, ReportLanguage::French) => "Simulation : rien n'a été modifié.\n".to_owned(),
                (None, ReportLanguage::English) => "Dry run: nothing was changed.\n".to_owned(),
                (Some(done), ReportLanguage::French) => format!(
                    "Import terminé : {} personnes créées, {} modifiées.\n",
                    done.counts.created, done.counts.changed
                ),
                (Some(done), ReportLanguage::English) => {
                    format!(
                        "Import done: {} people created, {} changed.\n",
                        done.counts.created, done.counts.changed
                    )
                }
            };
            say(&(report.text(language) + &end))
        }
    }
}

fn order(args: &Onde) -> Result<Order> {
    let uai =
        Uai::parse(&args.uai).map_err(|error| failed::input(format!("--uai `{}`: {error}", args.uai)))?;
    let name = args.name.as_deref().unwrap_or(uai.as_str());
    let name = Label::parse(name).map_err(|error| failed::input(format!("--name: {error}")))?;
    let zone =
        Zone::parse(&args.zone).map_err(|error| failed::input(format!("--zone `{}`: {error}", args.zone)))?;
    Ok(Order {
        uai,
        name,
        matrix: args.matrix.as_deref().map(matrix::named).transpose()?,
        zone,
        complete: args.mode == Mode::Complete,
        confirm_missing: args.confirm_missing,
    })
}

fn folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let unreadable = |error| failed::input(format!("{}: cannot be read: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if std::path::Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            files.push((name, std::fs::read(entry.path()).map_err(unreadable)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the language asked for, or that of `LANG`.
pub fn language(asked: Option<Language>) -> ReportLanguage {
    match Language::or_of_system(asked) {
        Language::Fr => ReportLanguage::French,
        Language::En => ReportLanguage::English,
    }
}
