//! The rules of the account.

use super::*;

const BY: Option<StructureId> = Some(HERE);

fn login() -> Event {
    LoginGiven { person: ODILE, login: Sealed::Open("odile.vasseur".into()) }.into()
}

fn issued(digest: &str) -> Event {
    CodeIssued { person: ODILE, digest: Sealed::Open(digest.into()) }.into()
}

fn activated() -> Event {
    let password = Sealed::Open("verifier".into());
    Activated { person: ODILE, password, charter: label("2026") }.into()
}

fn changed(password: &str, temporary: bool) -> Event {
    PasswordChanged { person: ODILE, password: Sealed::Open(password.into()), temporary }.into()
}

fn with_login(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    a_teacher([login()].into_iter().chain(more))
}

fn active(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    with_login([issued("code"), activated()].into_iter().chain(more))
}

fn activate(code: &str) -> Command {
    let charter = Some(label("2026"));
    Command::Activate { code: code.into(), password: "verifier".into(), charter, kept_out: None }
}

fn change(verified: Option<&str>, temporary: bool) -> Command {
    Command::ChangePassword { verified: verified.map(Into::into), password: "new".into(), temporary }
}

fn sign_in(verified: &str) -> Command {
    Command::SignIn { verified: verified.into(), address: "192.0.2.7".into(), kept_out: None }
}

fn block(cause: BlockCause, until: Option<Timestamp>) -> Command {
    Command::Block { cause, by: BY, until, reason: "compte partagé".into() }
}

fn blocked(cause: BlockCause, until: Option<Timestamp>) -> Event {
    let reason = Sealed::Open("compte partagé".into());
    Blocked { person: ODILE, cause, by: BY, until, reason }.into()
}

fn issue(digest: &str) -> Command {
    Command::IssueCode { digest: digest.into() }
}

#[test]
fn a_login_is_given_once_and_for_ever() {
    happens_once(a_teacher([]), Command::GiveLogin("odile.vasseur".into()), login());
    given::<Person>(with_login([]))
        .when(Command::GiveLogin("odile.vasseur2".into()))
        .refused(Refusal::HasALogin);
}

#[test]
fn an_erased_login_stays_in_force() {
    let erased = LoginGiven { person: ODILE, login: Sealed::Erased };
    given::<Person>(a_teacher([erased.into()]))
        .when(Command::GiveLogin("odile.vasseur".into()))
        .refused(Refusal::HasALogin);
}

#[test]
fn a_code_is_issued_once_and_another_replaces_it() {
    happens_once(with_login([]), issue("code"), issued("code"));
    happens_once(with_login([issued("code")]), issue("other"), issued("other"));
    given::<Person>(with_login([issued("code"), issued("other")]))
        .when(activate("code"))
        .refused(Refusal::WrongCode);
}

#[test]
fn a_code_needs_a_login_and_an_account_that_waits_for_it() {
    given::<Person>(a_teacher([])).when(issue("code")).refused(Refusal::NoLogin);
    given::<Person>(active([])).when(issue("code")).refused(Refusal::Active);
    given::<Person>(with_login([Closed {}.into()])).when(issue("code")).refused(Refusal::Closed);
}

#[test]
fn the_code_in_force_activates_the_account() {
    given::<Person>(with_login([issued("code")])).when(activate("code")).then([activated()]);
    given::<Person>(with_login([issued("code")])).when(activate("edoc")).refused(Refusal::WrongCode);
    given::<Person>(with_login([])).when(activate("code")).refused(Refusal::WrongCode);
}

#[test]
fn an_account_is_not_activated_twice_nor_when_closed() {
    given::<Person>(active([])).when(activate("code")).refused(Refusal::Active);
    given::<Person>(with_login([issued("code"), Closed {}.into()]))
        .when(activate("code"))
        .refused(Refusal::Closed);
}

#[test]
fn the_charter_must_be_accepted() {
    let (code, password) = ("code".into(), "verifier".into());
    given::<Person>(with_login([issued("code")]))
        .when(Command::Activate { code, password, charter: None, kept_out: None })
        .refused(Refusal::CharterRequired);
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one() {
    given::<Person>(active([])).when(change(Some("verifier"), false)).then([changed("new", false)]);
    given::<Person>(active([])).when(change(Some("guess"), false)).refused(Refusal::WrongPassword);
    given::<Person>(with_login([issued("code")]))
        .when(change(Some("verifier"), false))
        .refused(Refusal::NotActivated);
}

#[test]
fn a_reset_by_right_needs_no_old_password_but_a_login() {
    for before in [active([]), with_login([issued("code")]), with_login([])] {
        given::<Person>(before).when(change(None, true)).then([changed("new", true)]);
    }
    given::<Person>(a_teacher([])).when(change(None, true)).refused(Refusal::NoLogin);
}

#[test]
fn a_temporary_password_opens_the_account_and_ends_the_code() {
    let reset = || with_login([issued("code"), changed("new", true)]);
    let address = Sealed::Open("192.0.2.7".into());
    given::<Person>(reset()).when(sign_in("new")).then([SignedIn { person: ODILE, address }.into()]);
    given::<Person>(reset()).when(activate("code")).refused(Refusal::Active);
}

#[test]
fn the_password_in_force_signs_in() {
    let address = Sealed::Open("192.0.2.7".into());
    let signed_in = SignedIn { person: ODILE, address };
    given::<Person>(active([])).when(sign_in("verifier")).then([signed_in.clone().into()]);
    let again = active([signed_in.clone().into()]);
    given::<Person>(again).when(sign_in("verifier")).then([signed_in.into()]);
    given::<Person>(active([changed("new", false)]))
        .when(sign_in("verifier"))
        .refused(Refusal::WrongPassword);
    for before in [with_login([]), with_login([issued("code")])] {
        given::<Person>(before).when(sign_in("verifier")).refused(Refusal::NotActivated);
    }
}

#[test]
fn an_account_is_closed_and_opened_again_with_what_it_had() {
    happens_once(active([]), Command::Close, Closed {}.into());
    let closed = || active([Closed {}.into()]);
    happens_once(closed(), Command::Reopen, Reopened {}.into());
    given::<Person>(closed()).when(sign_in("verifier")).refused(Refusal::Closed);
    for verified in [None, Some("verifier")] {
        given::<Person>(closed()).when(change(verified, false)).refused(Refusal::Closed);
    }
    let back = closed().into_iter().chain([Reopened {}.into()]);
    let address = Sealed::Open("192.0.2.7".into());
    given::<Person>(back).when(sign_in("verifier")).then([SignedIn { person: ODILE, address }.into()]);
}

#[test]
fn blocks_of_two_causes_are_set_and_lifted_apart() {
    let until = Some("2026-12-01T07:00:00Z".parse().unwrap());
    let (person, security) = (BlockCause::Person, BlockCause::Security);
    happens_once(active([]), block(person, None), blocked(person, None));
    let one = || active([blocked(person, None)]);
    happens_once(one(), block(person, until), blocked(person, until));
    happens_once(one(), block(security, None), blocked(security, None));
    let both = || active([blocked(person, None), blocked(security, None)]);
    happens_once(both(), Command::Unblock(person), Unblocked { cause: person }.into());
    let lifted = both().into_iter().chain([Unblocked { cause: person }.into()]);
    given::<Person>(lifted).when(sign_in("verifier")).refused(Refusal::Blocked { cause: security, by: BY });
}

#[test]
fn who_is_blocked_neither_signs_in_nor_activates() {
    let cause = BlockCause::Person;
    let refused = || Refusal::Blocked { cause, by: BY };
    given::<Person>(active([blocked(cause, None)])).when(sign_in("verifier")).refused(refused());
    given::<Person>(with_login([issued("code"), blocked(cause, None)]))
        .when(activate("code"))
        .refused(refused());
}

#[test]
fn a_block_is_told_only_to_who_knows_the_password() {
    given::<Person>(active([blocked(BlockCause::Person, None)]))
        .when(sign_in("guess"))
        .refused(Refusal::WrongPassword);
}

#[test]
fn structures_keep_profiles_out_and_say_until_when() {
    let until = Some("2026-12-01T07:00:00Z".parse().unwrap());
    let opens = day("2026-09-01");
    let cases = [
        (KeptOut::Profile(HERE, until), Refusal::ProfileBlocked { by: HERE, until }),
        (KeptOut::Window(HERE, opens), Refusal::WindowClosed { by: HERE, opens }),
    ];
    for (kept_out, refusal) in cases {
        let kept_out = Some(kept_out);
        let (verified, address) = ("verifier".into(), "192.0.2.7".into());
        given::<Person>(active([]))
            .when(Command::SignIn { verified, address, kept_out })
            .refused(refusal.clone());
        let (code, password, charter) = ("code".into(), "verifier".into(), Some(label("2026")));
        given::<Person>(with_login([issued("code")]))
            .when(Command::Activate { code, password, charter, kept_out })
            .refused(refusal);
    }
}
