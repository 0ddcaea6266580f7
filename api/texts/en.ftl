### What a client is told: what happened, where, what to do. One key for each code, `.` written `-`.

## Account

account-active = This account is active already: sign in with its password, or ask for a new one.
account-blocked = This account is blocked: ask the office of your school.
account-blocked-by = This account is blocked by { $structure }: ask there.
account-charter-required = The charter must be accepted to activate the account: read it and tick the box.
account-closed = This account is closed: ask the office of your school to open it again.
account-has-a-login = This account has another login already: use the one it has.
account-login-taken = Somebody else holds this login: choose another one.
account-no-login = This account has no login yet: try again in a few seconds.
account-not-activated = This account was never activated: use the activation code you were given.
account-password-common = Everybody tries this password first: choose another one.
account-password-long = This password is too long: choose one of at most 256 bytes.
account-password-personal = This password rests on the login or the name: choose one that does not.
account-password-short = This password is too short: choose one of at least eight characters.
account-password-weak = This password is too easy to guess: choose a longer one that is not in common use.
account-profile-blocked = { $structure } keeps your profile out for now: ask there when you may enter.
account-profile-blocked-until = { $structure } keeps your profile out until { $until }: come back then.
account-window-closed = { $structure } opens for your profile on { $opens }: come back that day.
account-wrong-code = This activation code is not in force: check each character, or ask your school for a new one.
account-wrong-password = The current password is not right: type it again.

## Signing in

auth-invalid-credentials = Login or password is wrong: check both and try again.
auth-password-must-change = This password is a temporary one: choose a new one before anything else.
auth-required = Nobody is signed in: sign in, then try again.
auth-throttled = Too many attempts to sign in: wait { $seconds } seconds, then try again.

## Groups and rules

communication-group-of-another-structure = This group belongs to another structure: ask an administrator there.
communication-list-never-exposes = A broadcast list never shows its members: choose a group instead.
communication-list-never-internal = Members of a broadcast list never reach each other through it: make a group instead.
communication-opens-members = This would let students or relatives write to each other: accept it for each group named, or change the request.
communication-rule-exists = The same rule exists already: use that one.
communication-rule-to-itself = A rule leads from one group to another: let members of one group reach each other by its own setting.
communication-unknown-rule = This rule does not exist, or no longer does: reload the list of rules.

## Imports

import-not-running = This import does not run, or no longer does: start it again with the same files.
import-runs-already = Another import runs for this structure: wait until it ends, or give it up.

## Messages

messaging-already-sent = This message was sent already: write a new one.
messaging-blind-copies-answer-the-sender-alone = You got this message as a blind copy: answer its sender alone.
messaging-discarded = This draft was thrown away: write a new message.
messaging-empty = This message has neither subject nor text: write one of them.
messaging-list-only-blind = A broadcast list may only stand among the blind copies: move it there.
messaging-no-recipients = This message goes to nobody: name at least one recipient.
messaging-not-a-recipient = You did not get this message, so you cannot answer it: write a new one.
messaging-out-of-reach = You cannot write to some of these recipients: remove those that are marked, nothing was sent.
messaging-recipients-can-reply-to-all = These recipients could write to families they do not reach by replying to all: use blind copies, or accept it.
messaging-replies-closed = Replies to this message are closed: write a new one.
messaging-replies-to-sender-only = Only the sender of this message may be answered: do not reply to all.
messaging-too-large = This message is too large to be sent: shorten its text.
messaging-unknown = There is no such message among yours: reload the list.

## People

person-ends-before-it-starts = The attachment would end before it starts: check both dates.
person-name-required = A person needs a first and a last name: fill in both.
person-not-a-family = Only a relative can be linked to a pupil: check both profiles.
person-not-attached = This person is not attached to the structure: attach them first.
person-profile-has-no-class = Relatives and guests are in no class: link relatives to their children instead.
person-profile-is-final = This person has another profile, and a profile never changes: create a second account.
person-unknown = There is no such person: check who was chosen.

## Structures

structure-class-not-empty = Somebody is still in this class: move everybody out before closing it.
structure-exists = This structure exists already: open it instead of creating it.
structure-unknown = There is no such structure: check which one was chosen.
structure-unknown-class = There is no such class in this structure, or it was closed: reload the list of classes.

## Everything else

bad-user-input = Part of this request cannot be read: correct the fields that are marked.
busy = The server has too much to do at the moment: try again in a few seconds.
conflict = Somebody changed the same thing at the same time: reload and try again.
forbidden = You do not have the right to do this: ask an administrator of your structure.
idempotency-mismatch = This idempotency key was used for another request: use a new one.
internal = Something went wrong on our side: try again, and give the trace number to your administrator if it lasts.
not-found = What you asked for is not there, or not for you: check the address.
messaging-party-out-of-reach = You may not write to recipient { $number } in “{ $list }”: none of your groups ({ $groups }) has a rule that reaches them. Ask your administrator.
messaging-subject-too-long = The subject is too long: 255 characters at most.

## Names

group-teachers = Teachers { $of }
group-staff = Staff { $of }
group-students = Pupils { $of }
group-relatives = Parents and guardians { $of }
group-guests = Guests { $of }
group-level-students = Pupils of level { $name } { $of }
group-level-relatives = Parents and guardians of pupils of level { $name } { $of }
group-head-teachers = Head teachers { $of }
group-direction = Heads { $of }
group-function = Function { $name } { $of }
group-discipline = Post discipline { $name } { $of }
group-subject = Subject { $name } { $of }
group-unnamed = unnamed group
recipients-to = To
recipients-cc = Copy
recipients-bcc = Blind copy
person-erased = erased person

## Why a message could be sent

witness-rule = The rule from “{ $from }” to “{ $to }” allows it.
witness-internal = Members of “{ $group }” write to each other.
witness-family = { $relative } is a parent or guardian of { $child }.
witness-reply = It is a reply, in a thread whose replies were open.

account-erased = This person was erased: nothing can be changed any more.
messaging-erased = This message was erased: write a new one.
erasure-unknown = Nobody asked for this erasure: check which one was chosen.
erasure-reason-required = An erasure needs a reason: say who decided it and why, without naming the person.
erasure-second-person-required = Somebody else must confirm: neither who asked, nor the person who is erased.
erasure-confirmed = This erasure was confirmed already: it cannot be declined any more.
erasure-declined = This erasure was declined: ask for a new one.
erasure-other = This is another erasure: ask with a new idempotency key.
contents-unknown = Nobody asked for these contents: check which request was chosen.
contents-reason-required = Reading contents needs a reason: say why, without naming anybody.
contents-ends-too-early = The end must lie in the future.
contents-ends-too-late = Contents are opened for seven days at most: choose an earlier end.
contents-second-person-required = Somebody else must approve: neither who asked, nor who granted them the role.
contents-not-approved = Nobody has approved this request yet.
contents-approved = This request was approved already: it cannot be declined any more.
contents-declined = This request was declined: ask for a new one.
contents-expired = This request has ended: ask for a new one.
contents-another-reader = Only who asked for these contents reads them.
contents-not-covered = This message is not part of what was approved: ask for it.
contents-other = This is another request: ask with a new idempotency key.
retention-not-a-month = This is no month: write year and month, such as 202609.
retention-month-not-over = This month is not over yet: only a month that passed can end.
retention-delay-not-over = The delay of this month is not over yet.
