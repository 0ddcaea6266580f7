//! The rules of a message, one sentence each.

use super::*;
use crate::Sealed;
use crate::decider::testing::given;
use crate::id::ErasureId;
use crate::id::{GroupId, RuleId};

const TRIP: MessageId = MessageId::from_u128(1);
const ANSWER: MessageId = MessageId::from_u128(2);
const MAYA: PersonId = PersonId::from_u128(11);
const YVES: PersonId = PersonId::from_u128(12);
const NINA: PersonId = PersonId::from_u128(13);
const PARENTS: GroupId = GroupId::from_u128(21);
const STAFF: GroupId = GroupId::from_u128(22);

fn body(text: &str) -> Body {
    Body { html: format!("<p>{text}</p>"), text: text.to_owned() }
}

fn witness() -> Witness {
    Witness::Rule { rule: RuleId::from_u128(31), from: STAFF, to: PARENTS }
}

fn reached(party: Party) -> Asked {
    Asked { party, witness: Some(witness()), broadcast_list: false }
}

fn unreached(party: Party) -> Asked {
    Asked { witness: None, ..reached(party) }
}

fn list() -> Asked {
    Asked { broadcast_list: true, ..reached(Party::Group(PARENTS)) }
}

fn addressed(party: Party) -> Addressed {
    Addressed { party, witness: witness() }
}

fn named(to: Vec<Asked>, cc: Vec<Asked>, bcc: Vec<Asked>) -> Recipients {
    Recipients::Named { to, cc, bcc, exposed: 0, accept_exposure: false }
}

fn send_to(recipients: Recipients) -> Send {
    Send {
        message: TRIP,
        author: MAYA,
        subject: "Sortie au musée".into(),
        body: body("Mardi prochain."),
        recipients,
        replies: Replies::All,
    }
}

fn send() -> Send {
    send_to(named(vec![reached(Party::Group(PARENTS))], vec![], vec![]))
}

fn sent() -> Sent {
    Sent {
        message: TRIP,
        author: MAYA,
        subject: Sealed::Open("Sortie au musée".into()),
        body: Sealed::Open(body("Mardi prochain.")),
        to: vec![addressed(Party::Group(PARENTS))],
        cc: vec![],
        bcc: vec![],
        in_reply_to: None,
        thread: TRIP,
        replies: Replies::All,
    }
}

fn draft(text: &str) -> Draft {
    Draft {
        message: TRIP,
        author: MAYA,
        subject: "Sortie".into(),
        body: body(text),
        to: vec![Party::Group(PARENTS)],
        cc: vec![Party::Person(YVES)],
        bcc: vec![],
        favourites: Default::default(),
    }
}

fn drafted(text: &str) -> Event {
    drafted_to(text, Default::default())
}

fn drafted_to(text: &str, [to_favourites, cc_favourites, bcc_favourites]: [Vec<FavouriteId>; 3]) -> Event {
    let Draft { message, author, subject, body, to, cc, bcc, .. } = draft(text);
    let (subject, body) = (subject.into(), body.into());
    Drafted { message, author, subject, body, to, cc, bcc, to_favourites, cc_favourites, bcc_favourites }
        .into()
}

#[test]
fn a_draft_keeps_which_favourites_it_names_and_in_which_list() {
    let named = || [vec![FavouriteId::from_u128(1)], vec![], vec![FavouriteId::from_u128(2)]];
    let asked = || Command::Save(Draft { favourites: named(), ..draft("Mardi.") });
    given::<Message>([]).when(asked()).then([drafted_to("Mardi.", named())]);
    given::<Message>([drafted_to("Mardi.", named())]).when(asked()).already_so();
    given::<Message>([drafted("Mardi.")]).when(asked()).then([drafted_to("Mardi.", named())]);
}

fn discarded() -> [Event; 2] {
    [drafted("Mardi."), Discarded { message: TRIP }.into()]
}

fn closed() -> [Event; 2] {
    [sent().into(), RepliesClosed { message: TRIP }.into()]
}

#[test]
fn a_draft_is_saved_once_and_may_change() {
    given::<Message>([]).when(Command::Save(draft("Mardi."))).then([drafted("Mardi.")]);
    given::<Message>([drafted("Mardi.")]).when(Command::Save(draft("Mardi."))).already_so();
    given::<Message>([drafted("Mardi.")]).when(Command::Save(draft("Jeudi."))).then([drafted("Jeudi.")]);
}

#[test]
fn what_was_sent_or_thrown_away_is_no_draft_any_more() {
    given::<Message>([sent().into()]).when(Command::Save(draft("Mardi."))).refused(Refusal::AlreadySent);
    given::<Message>(discarded()).when(Command::Save(draft("Mardi."))).refused(Refusal::Discarded);
}

#[test]
fn a_draft_is_thrown_away_once() {
    let discard = || Command::Discard { by: MAYA, message: TRIP };
    given::<Message>([drafted("Mardi.")]).when(discard()).then([Discarded { message: TRIP }.into()]);
    given::<Message>(discarded()).when(discard()).already_so();
    given::<Message>([sent().into()]).when(discard()).refused(Refusal::AlreadySent);
    given::<Message>([]).when(discard()).refused(Refusal::Unknown);
}

#[test]
fn somebody_elses_message_is_as_if_it_were_not_there() {
    let histories =
        || [vec![drafted("Mardi.")], discarded().to_vec(), vec![sent().into()], closed().to_vec()];
    let asks = || {
        [
            Command::Save(Draft { author: YVES, ..draft("Mardi.") }),
            Command::Discard { by: YVES, message: TRIP },
            Command::Send(Send { author: YVES, ..send() }),
            Command::CloseReplies { by: YVES, message: TRIP },
        ]
    };
    for history in histories() {
        for ask in asks() {
            given::<Message>(history.clone()).when(ask).refused(Refusal::Unknown);
        }
    }
}

#[test]
fn a_message_is_sent_with_or_without_a_draft() {
    given::<Message>([]).when(Command::Send(send())).then([sent().into()]);
    given::<Message>([drafted("Mardi.")]).when(Command::Send(send())).then([sent().into()]);
}

#[test]
fn a_message_is_sent_once() {
    given::<Message>([sent().into()]).when(Command::Send(send())).refused(Refusal::AlreadySent);
    given::<Message>(discarded()).when(Command::Send(send())).refused(Refusal::Discarded);
}

#[test]
fn a_message_says_something() {
    let blank = || Send { subject: " ".into(), body: body("\n"), ..send() };
    given::<Message>([]).when(Command::Send(blank())).refused(Refusal::Empty);
    let subject_only = Send { subject: "Sortie au musée".into(), ..blank() };
    let body = Sealed::Open(body("\n"));
    given::<Message>([]).when(Command::Send(subject_only)).then([Sent { body, ..sent() }.into()]);
}

#[test]
fn a_message_goes_to_somebody() {
    let nobody = send_to(named(vec![], vec![], vec![]));
    given::<Message>([]).when(Command::Send(nobody)).refused(Refusal::NoRecipients);
}

#[test]
fn each_list_keeps_its_parties_and_what_allows_them() {
    let (yves, nina) = (Party::Person(YVES), Party::Person(NINA));
    let ask = named(vec![reached(Party::Group(PARENTS))], vec![reached(yves)], vec![reached(nina)]);
    given::<Message>([]).when(Command::Send(send_to(ask))).then([Sent {
        cc: vec![addressed(yves)],
        bcc: vec![addressed(nina)],
        ..sent()
    }
    .into()]);
}

#[test]
fn one_party_out_of_reach_refuses_the_whole_and_each_is_named() {
    let (yves, nina) = (Party::Person(YVES), Party::Person(NINA));
    let ask = named(vec![reached(yves), unreached(nina)], vec![], vec![unreached(yves)]);
    given::<Message>([])
        .when(Command::Send(send_to(ask)))
        .refused(Refusal::OutOfReach(vec![((Field::To, 1), nina), ((Field::Bcc, 0), yves)]));
}

#[test]
fn a_broadcast_list_is_named_blindly_only() {
    let openly = named(vec![list()], vec![reached(Party::Person(YVES)), list()], vec![list()]);
    given::<Message>([])
        .when(Command::Send(send_to(openly)))
        .refused(Refusal::ListOnlyBlind(vec![(Field::To, 0), (Field::Cc, 1)]));
    let bcc = vec![addressed(Party::Group(PARENTS))];
    let blindly = send_to(named(vec![], vec![], vec![list()]));
    given::<Message>([]).when(Command::Send(blindly)).then([Sent { to: vec![], bcc, ..sent() }.into()]);
}

#[test]
fn exposing_two_families_to_each_other_must_be_accepted() {
    let ask = |exposed, accept_exposure| {
        let to = vec![reached(Party::Group(PARENTS))];
        let recipients = Recipients::Named { to, cc: vec![], bcc: vec![], exposed, accept_exposure };
        Command::Send(send_to(recipients))
    };
    given::<Message>([]).when(ask(2, false)).refused(Refusal::RecipientsCanReplyToAll(2));
    given::<Message>([]).when(ask(2, true)).then([sent().into()]);
    given::<Message>([]).when(ask(1, false)).then([sent().into()]);
}

#[test]
fn the_author_ends_the_replies_once() {
    let close = || Command::CloseReplies { by: MAYA, message: TRIP };
    given::<Message>([sent().into()]).when(close()).then([RepliesClosed { message: TRIP }.into()]);
    given::<Message>(closed()).when(close()).already_so();
    given::<Message>([drafted("Mardi.")]).when(close()).refused(Refusal::Unknown);
    given::<Message>([]).when(close()).refused(Refusal::Unknown);
}

#[test]
fn a_message_is_erased_once_and_nothing_follows() {
    let erase = || Command::Erase { message: TRIP, erasure: ErasureId::from_u128(1) };
    let erased = || Event::from(Erased { message: TRIP, erasure: ErasureId::from_u128(1) });
    given::<Message>([]).when(erase()).refused(Refusal::Unknown);
    given::<Message>([sent().into()]).when(erase()).then([erased()]);
    given::<Message>([sent().into(), erased()]).when(erase()).already_so();
    let close = Command::CloseReplies { by: MAYA, message: TRIP };
    given::<Message>([sent().into(), erased()]).when(close).already_so();
    let discard = |by| Command::Discard { by, message: TRIP };
    given::<Message>([sent().into(), erased()]).when(discard(MAYA)).refused(Refusal::Erased);
    given::<Message>([sent().into(), erased()])
        .when(discard(PersonId::from_u128(9)))
        .refused(Refusal::Unknown);
}

mod replies {
    //! The rules of answering.

    use super::*;

    fn original(got: Got) -> Original {
        Original {
            message: TRIP,
            author: Some(MAYA),
            thread: TRIP,
            replies: Replies::All,
            closed: false,
            got,
        }
    }

    fn answer(author: PersonId, original: Original, everyone: bool) -> Command {
        let recipients = Recipients::Reply { original, everyone };
        Command::Send(Send { message: ANSWER, author, ..send_to(recipients) })
    }

    fn answered(author: PersonId, to: Party, cc: &[Party]) -> Event {
        let by_reply = |party| Addressed { party, witness: Witness::Reply { to: TRIP } };
        Sent {
            message: ANSWER,
            author,
            to: vec![by_reply(to)],
            cc: cc.iter().copied().map(by_reply).collect(),
            in_reply_to: Some(TRIP),
            ..sent()
        }
        .into()
    }

    #[test]
    fn who_got_it_openly_answers_the_sender_or_everybody() {
        given::<Message>([]).when(answer(YVES, original(Got::Openly), false)).then([answered(
            YVES,
            Party::Person(MAYA),
            &[],
        )]);
        given::<Message>([]).when(answer(YVES, original(Got::Openly), true)).then([answered(
            YVES,
            Party::Person(MAYA),
            &[Party::Audience(TRIP)],
        )]);
    }

    #[test]
    fn who_got_it_blindly_answers_the_sender_alone() {
        given::<Message>([]).when(answer(NINA, original(Got::Blindly), false)).then([answered(
            NINA,
            Party::Person(MAYA),
            &[],
        )]);
        given::<Message>([])
            .when(answer(NINA, original(Got::Blindly), true))
            .refused(Refusal::BlindCopiesAnswerTheSenderAlone);
    }

    #[test]
    fn the_author_adds_to_it_for_those_who_got_it_openly() {
        given::<Message>([]).when(answer(MAYA, original(Got::Author), true)).then([answered(
            MAYA,
            Party::Audience(TRIP),
            &[],
        )]);
    }

    #[test]
    fn who_did_not_get_it_cannot_answer_it() {
        given::<Message>([]).when(answer(NINA, original(Got::Never), false)).refused(Refusal::NotARecipient);
    }

    #[test]
    fn replies_to_the_sender_only_reach_nobody_else() {
        let original = Original { replies: Replies::Sender, ..original(Got::Openly) };
        given::<Message>([]).when(answer(YVES, original, false)).then([answered(
            YVES,
            Party::Person(MAYA),
            &[],
        )]);
        given::<Message>([]).when(answer(YVES, original, true)).refused(Refusal::RepliesToSenderOnly);
    }

    #[test]
    fn nobody_answers_where_replies_are_closed_not_even_the_author() {
        for (author, got) in [(YVES, Got::Openly), (NINA, Got::Blindly), (MAYA, Got::Author)] {
            let closed = Original { closed: true, ..original(got) };
            let never_open = Original { replies: Replies::None, ..original(got) };
            for original in [closed, never_open] {
                given::<Message>([]).when(answer(author, original, false)).refused(Refusal::RepliesClosed);
            }
        }
    }

    #[test]
    fn nobody_answers_what_nobody_wrote() {
        let original = Original { author: None, ..original(Got::Blindly) };
        given::<Message>([]).when(answer(YVES, original, false)).refused(Refusal::RepliesClosed);
    }

    #[test]
    fn an_answer_stays_in_the_thread_of_what_it_answers() {
        let thread = MessageId::from_u128(99);
        let events = Message::default()
            .decide(answer(YVES, Original { thread, ..original(Got::Openly) }, false))
            .unwrap();
        assert!(
            matches!(&events[..], [Event::Sent(sent)] if sent.thread == thread && sent.in_reply_to == Some(TRIP))
        );
    }
}
