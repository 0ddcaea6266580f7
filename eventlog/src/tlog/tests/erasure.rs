//! A key that is destroyed changes no hash and no proof.

use std::sync::Arc;

use domain::actor::Actor;
use domain::id::Ulid;
use domain::sealed::{Carries, Retention, Slot, Subject, Visit};
use domain::structure::{Command, Create, Matrix, Structure};
use domain::{CommandId, GroupId, Label, StreamId, StructureId};

use crate::clock::TestClock;
use crate::contract::noon;
use crate::execute::{Executor, meta};
use crate::keys::{Entry, Ring};
use crate::log::{EventLog, Position};
use crate::memory::MemoryLog;
use crate::tlog::bundle::{Wanted, verify, write};
use crate::vault::Vault;

use super::{all, open};

const HERE: StructureId = StructureId::from_u128(1);

/// Counts sealed fields: those that open, and those that are erased.
#[derive(Default, PartialEq, Eq, Debug)]
struct Seen {
    open: usize,
    erased: usize,
}

impl Visit for Seen {
    fn field(&mut self, _: Subject, _: Retention, _: &'static str, _: u32, slot: &mut dyn Slot) {
        if slot.plaintext().is_some() { self.open += 1 } else { self.erased += 1 }
    }
}

async fn seen(log: &dyn EventLog, vault: &Vault) -> Seen {
    let mut seen = Seen::default();
    for recorded in all(log).await {
        crate::decode::open(vault, &recorded).unwrap().each(&mut seen);
    }
    seen
}

#[tokio::test]
async fn what_is_erased_stays_proved() {
    let clock = Arc::new(TestClock::at(noon()));
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(clock.clone()));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    let executor = Executor::new(Arc::clone(&log), Arc::clone(&vault), clock);
    let name = Label::parse("École des Tilleuls").unwrap();
    let (zone, matrix) = (domain::clock::Zone::PARIS, Matrix::shipped("classic").unwrap());
    let command = CommandId::from_u128(1);
    let create = Create { structure: HERE, uai: None, name, parent: None, zone, matrix, command };
    let group = Command::CreateFreeGroup {
        group: GroupId::from_u128(1),
        name: "Sortie à vélo".into(),
        members_reach_each_other: false,
    };
    for (key, command) in [Command::Create(create), group].into_iter().enumerate() {
        let id = CommandId::of(&Actor::Operator, Ulid::from(key as u128));
        let meta = meta(Actor::Operator, id);
        executor.execute::<Structure>(&StreamId::structure(HERE), &meta, command).await.unwrap();
    }

    let folder = tempfile::tempdir().unwrap();
    let note = open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    let wanted = Wanted { from: Position(1), until: log.head(), since: None };
    let mut before = Vec::new();
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    write(&mut tlog, &*log, &wanted, &mut before, |_| ()).await.unwrap();
    assert_eq!(seen(&*log, &vault).await, Seen { open: 1, erased: 0 });

    vault.ring().destroy(&[Entry::Structure(HERE)]).unwrap();
    assert_eq!(seen(&*log, &vault).await, Seen { open: 0, erased: 1 });
    verify(&mut &before[..], None).unwrap();
    // Made anew from the log, all of it is the same.
    std::fs::remove_file(folder.path().join("tlog/level.0")).unwrap();
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    assert_eq!(tlog.checkpoint().unwrap(), note);
    let mut after = Vec::new();
    write(&mut tlog, &*log, &wanted, &mut after, |_| ()).await.unwrap();
    assert_eq!(after, before);
}
