//! What a delivery promises, said one by one; [`property`] says it for any school.

pub(crate) mod naive;
mod property;
pub(crate) mod same;
pub(crate) mod school;

use domain::message::{Got, Party};
use domain::{MessageId, PersonId};
use school::{Parties, School, all, bcc, one, person, to};

use crate::dense::{MessageNo, PersonNo};
use crate::mailboxes::Target;

impl School {
    fn inbox(&self, person: u32) -> Vec<u32> {
        self.mailboxes.inbox(PersonNo(person), None, 100).iter().map(|row| row.message.0).collect()
    }

    fn got(&self, person: u32, message: MessageId) -> Option<Got> {
        self.mailboxes.can_see(PersonNo(person), self.mailboxes.number(message).unwrap())
    }

    fn unread(&self, person: u32) -> u32 {
        self.mailboxes.unread(PersonNo(person))
    }
}

/// Pupils 1 to 3 in class 0; 0 is their teacher, 4 is somebody else.
fn class() -> School {
    let mut school = School::new(5, 2);
    (1..=3).for_each(|pupil| school.join(pupil, 0));
    school
}

#[test]
fn leaving_does_not_unsend_and_joining_does_not_reveal() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    school.leave(1, 0);
    school.join(4, 0);
    assert_eq!(school.got(1, message), Some(Got::Openly));
    assert_eq!(school.inbox(1), [0]);
    assert_eq!(school.got(4, message), None);
    assert!(school.inbox(4).is_empty());
}

#[test]
fn who_comes_back_does_not_get_what_was_sent_meanwhile() {
    let mut school = class();
    school.send(0, &to([all(0)]));
    school.leave(1, 0);
    school.send(0, &to([all(0)]));
    school.join(1, 0);
    school.send(0, &to([all(0)]));
    assert_eq!(school.inbox(1), [2, 0]);
    assert_eq!(school.unread(1), 2);
}

#[test]
fn a_person_named_twice_gets_it_once_and_openly() {
    let mut school = class();
    school.join(1, 1);
    let message = school.send(0, &Parties { to: vec![all(1)], cc: vec![], bcc: vec![one(1), all(0)] });
    assert_eq!(school.inbox(1), [0]);
    assert_eq!(school.unread(1), 1);
    assert_eq!(school.got(1, message), Some(Got::Openly));
    assert_eq!(school.got(2, message), Some(Got::Blindly));
    assert_eq!(school.mailboxes.message(MessageNo(0)).unwrap().counts.delivered, 3);
}

#[test]
fn a_blocked_person_gets_nothing_new_and_is_counted_when_named() {
    let mut school = class();
    school.bar(1);
    let message = school.send(0, &to([all(0), one(1)]));
    school.unbar(1);
    assert_eq!(school.got(1, message), None);
    assert!(school.inbox(1).is_empty());
    let counts = school.mailboxes.message(MessageNo(0)).unwrap().counts;
    assert_eq!((counts.delivered, counts.blocked), (2, 1));
}

#[test]
fn an_inactive_account_gets_it_and_is_counted() {
    let mut school = class();
    school.set_active(2, false);
    school.send(0, &to([all(0)]));
    let counts = school.mailboxes.message(MessageNo(0)).unwrap().counts;
    assert_eq!((counts.delivered, counts.inactive), (3, 1));
    assert_eq!(school.inbox(2), [0]);
}

#[test]
fn an_author_in_the_group_does_not_receive_it() {
    let mut school = class();
    let message = school.send(1, &to([all(0)]));
    assert!(school.inbox(1).is_empty());
    assert_eq!(school.got(1, message), Some(Got::Author));
    assert_eq!(school.unread(1), 0);
    assert_eq!(school.mailboxes.sent(PersonNo(1), None, 10).len(), 1);
}

#[test]
fn a_group_nobody_was_ever_in_gets_nothing_and_keeps_its_place() {
    let mut school = class();
    school.send(0, &to([all(1), one(4)]));
    let recipients = school.mailboxes.recipients(MessageNo(0));
    assert_eq!(recipients[0].through[0].target, 1);
    let openly =
        school.mailboxes.message(MessageNo(0)).unwrap().targets().iter().filter(|t| Target::openly(**t));
    assert_eq!(openly.count(), 2);
}

#[test]
fn a_reply_to_a_reply_goes_to_the_same_people() {
    let mut school = class();
    let first = school.send(0, &Parties { bcc: vec![one(4)], ..to([all(0)]) });
    school.leave(3, 0);
    school.bar(2);
    let everybody = |of| vec![Party::Audience(of)];
    let second = school.reply(1, &Parties { cc: everybody(first), ..to([one(0)]) }, first);
    school.unbar(2);
    let third = school.reply(3, &Parties { cc: everybody(second), ..to([one(1)]) }, second);
    // 3 left the class since, and still gets it; 2 was blocked; who got the first blindly is never added.
    let got = |message| (0..5).map(|p| school.got(p, message)).collect::<Vec<_>>();
    assert_eq!(got(second), [Some(Got::Openly), Some(Got::Author), None, Some(Got::Openly), None]);
    assert_eq!(got(third), [Some(Got::Openly), Some(Got::Openly), None, Some(Got::Author), None]);
    let thread = |p| school.mailboxes.thread(PersonNo(p), MessageNo(1)).len();
    assert_eq!((0..5).map(thread).collect::<Vec<_>>(), [3, 3, 1, 3, 1]);
}

#[test]
fn only_the_first_opening_counts() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    school.open(1, message);
    school.open(1, message);
    assert_eq!((school.unread(1), school.unread(2)), (0, 1));
    assert_eq!(school.mailboxes.message(MessageNo(0)).unwrap().opened(), 1);
}

#[test]
fn acts_on_messages_one_did_not_get_change_nothing() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    let before = school.mailboxes.dump();
    school.open(4, message);
    school.open(0, message);
    school.trash(4, &[message, MessageId::from_u128(1)]);
    school.restore(4, &[message]);
    assert_eq!(school.mailboxes.dump(), before);
}

#[test]
fn a_notice_is_nobodys_and_each_gets_it_alone() {
    let mut school = class();
    school.bar(2);
    let message = school.notify(&[1, 2, 3]);
    school.unbar(2);
    let got = (0..5).map(|p| school.got(p, message)).collect::<Vec<_>>();
    assert_eq!(got, [None, Some(Got::Blindly), None, Some(Got::Blindly), None]);
    let row = school.mailboxes.message(MessageNo(0)).unwrap();
    assert_eq!((row.author(), row.notice(), row.whose()), (None, Some(&school::NOTICE), None));
    assert_eq!((row.counts.delivered, row.counts.blocked), (2, 1));
    assert!((0..5).all(|person| school.mailboxes.sent(PersonNo(person), None, 10).is_empty()));
    school.open(1, message);
    school.trash(3, &[message]);
    assert_eq!(
        (school.unread(1), school.unread(3), school.inbox(1).len(), school.inbox(3).len()),
        (0, 0, 1, 0)
    );
    let alone = school.notify(&[4]);
    let row = school.mailboxes.message(school.mailboxes.number(alone).unwrap()).unwrap();
    assert_eq!(row.whose(), Some(PersonNo(4)));
}

#[test]
fn a_row_takes_no_more_than_before_there_were_notices() {
    assert_eq!(size_of::<super::Message>(), 128);
}

#[test]
fn a_notice_to_somebody_unknown_stops() {
    let mut school = class();
    let notified = domain::message::Notified {
        message: MessageId::from_u128(1),
        to: vec![PersonId::from_u128(7)],
        notice: school::NOTICE,
    };
    assert!(school.write(notified).is_err());
}

#[test]
fn the_trash_hides_from_the_inbox_and_gives_back() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    school.trash(1, &[message, message]);
    assert_eq!((school.inbox(1).len(), school.unread(1)), (0, 0));
    assert_eq!(school.mailboxes.trash(PersonNo(1), None, 10).len(), 1);
    school.restore(1, &[message, message]);
    assert_eq!((school.inbox(1).len(), school.unread(1)), (1, 1));
}

#[test]
fn many_openings_are_all_remembered() {
    let mut school = School::new(200, 1);
    (0..200).for_each(|pupil| school.join(pupil, 0));
    let message = school.send(0, &to([all(0)]));
    (1..150).rev().for_each(|pupil| school.open(pupil, message));
    assert_eq!(school.mailboxes.message(MessageNo(0)).unwrap().opened(), 149);
    (1..150).for_each(|pupil| school.open(pupil, message));
    let sent = school.mailboxes.message(MessageNo(0)).unwrap();
    assert_eq!(sent.opened(), 149);
    assert!(sent.openers().eq((1..150).map(PersonNo)));
    assert_eq!((school.unread(149), school.unread(150)), (0, 1));
}

#[test]
fn drafts_are_listed_last_saved_first_until_sent_or_discarded() {
    let mut school = class();
    let ids = [1, 2, 3].map(MessageId::from_u128);
    for id in ids {
        school.draft(1, id);
    }
    school.draft(1, ids[0]);
    let listed = |school: &School, before| -> Vec<_> {
        let drafts = school.mailboxes.drafts(PersonNo(1), before, 2);
        drafts.iter().map(|draft| (draft.message, draft.position)).collect()
    };
    let first = listed(&school, None);
    assert_eq!(first.iter().map(|d| d.0).collect::<Vec<_>>(), [ids[0], ids[2]]);
    assert_eq!(listed(&school, Some(first[1].1)).iter().map(|d| d.0).collect::<Vec<_>>(), [ids[1]]);
    school.discard(ids[2]).unwrap();
    school.send_as(ids[0], 1, &bcc([one(2)]), None);
    assert_eq!(listed(&school, None).iter().map(|d| d.0).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(school.mailboxes.draft(ids[1]).unwrap().0, PersonNo(1));
    assert_eq!(school.mailboxes.draft(ids[0]), None);
}

#[test]
fn closed_replies_are_known() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    school.close_replies(message).unwrap();
    assert!(school.mailboxes.message(MessageNo(0)).unwrap().closed);
}

#[test]
fn what_cannot_happen_stops_with_the_position() {
    let mut school = class();
    let message = school.send(0, &to([all(0)]));
    let next = school.log.len() as u64 + 1;
    assert_eq!(school.discard(message).unwrap_err().position.0, next);
    assert!(school.close_replies(MessageId::from_u128(1)).is_err());
    let again = school.log.iter().find_map(|(_, event)| match event {
        domain::Event::Message(domain::message::Event::Sent(sent)) => Some(sent.clone()),
        _ => None,
    });
    let before = school.mailboxes.dump();
    let sent = again.unwrap();
    assert!(school.write(sent.clone()).is_err(), "sent twice");
    let message = MessageId::from_u128(1);
    let author = PersonId::from_u128(1);
    assert!(
        school.write(domain::message::Sent { message, thread: message, author, ..sent.clone() }).is_err()
    );
    let author = person(1);
    assert!(
        school.write(domain::message::Sent { author, message, ..sent }).is_ok(),
        "in the thread of the first"
    );
    assert_ne!(school.mailboxes.dump(), before);
}
