//! `preau rules …`: the tables of `communication.md` section 9, why somebody may write to somebody (section 8), what a
//! change would do (section 7), recipes and the matrix of a structure (sections 5 and 7), what changed, and a picture of
//! it all.

pub mod arguments;
pub mod diff;
pub mod draw;
pub mod explain;
mod moment;
pub mod preview;
pub mod recipe;
pub mod requests;

use anyhow::Result;
use api::table::csv;
use projections::World;
use projections::dense::StructureNo;

use crate::cli::TableFormat;
use crate::settings::Settings;
use crate::{named, opened, say};
use arguments::Rules;

/// Prints one of the tables, or why.
pub async fn print(rules: Rules) -> Result<()> {
    let (args, rows): (_, fn(&World, StructureNo) -> Table) = match rules {
        Rules::Report(args) => (args, report),
        Rules::Matrix(args) => (args, matrix),
        Rules::Explain(args) => return explain::print(args).await,
        Rules::Preview(args) => return preview::print(&args).await,
        Rules::Draw(args) => return draw::print(args).await,
        Rules::Diff(args) => return diff::print(args).await,
        Rules::Recipe(args) => return recipe::recipe(args).await,
        Rules::Apply(args) => return recipe::apply(args).await,
        Rules::Reset(args) => return recipe::reset(args).await,
        Rules::Requests(what) => return requests::print(what).await,
    };
    let node = opened::existing(&Settings::of(&args.flags)?).await?;
    let table =
        node.read(|world| -> Result<_> { Ok(rows(world, named::structure(world, &args.structure)?)) });
    say(&table?.print(args.format)?)
}

/// Rows of text under a header.
pub struct Table(pub Vec<Vec<String>>);

fn report(world: &World, structure: StructureNo) -> Table {
    let header =
        "login profile classes reachable_people teachers staff students relatives guests reachable_groups";
    let mut rows = vec![header.split(' ').map(str::to_owned).collect::<Vec<_>>()];
    for line in world.graph.report(&world.people, structure) {
        let mut row = vec![
            line.login.clone().unwrap_or_default(),
            line.profile.to_string(),
            line.joined_classes(),
            line.reachable_people().to_string(),
        ];
        row.extend(line.reachable.iter().map(ToString::to_string));
        row.push(line.reachable_groups.to_string());
        rows.push(row);
    }
    Table(rows)
}

fn matrix(world: &World, structure: StructureNo) -> Table {
    let mut rows = vec![["from", "to", "pairs", "one_way"].map(str::to_owned).to_vec()];
    for pair in world.graph.matrix(&world.people, structure) {
        rows.push(vec![
            pair.from.to_string(),
            pair.to.to_string(),
            pair.pairs.to_string(),
            pair.one_way.to_string(),
        ]);
    }
    Table(rows)
}

impl Table {
    /// Returns it as it is printed; in a file for a spreadsheet no cell is a formula.
    pub fn print(&self, format: TableFormat) -> Result<String> {
        match format {
            TableFormat::Csv => Ok(csv(&self.0)?),
            TableFormat::Text => {
                let width = |column: usize| {
                    self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
                };
                let widths: Vec<_> = (0..self.0[0].len()).map(width).collect();
                // Nobody's name is a line of its own, nor a command to a terminal.
                let line = |row: &Vec<String>| {
                    let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
                    let line = cells.collect::<Vec<_>>().join("  ").replace(char::is_control, "\u{fffd}");
                    line.trim_end().to_owned() + "\n"
                };
                Ok(self.0.iter().map(line).collect())
            }
        }
    }
}
