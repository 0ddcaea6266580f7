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
communication-implied-by-both-directions = Rules start at this group and others end there, so its members reach each other: remove one of the rules named, or choose the policy EXPLICIT.
communication-link-to-oneself = A direct link leads from one person to another: choose somebody else.
communication-list-never-exposes = A broadcast list never shows its members: choose a group instead.
communication-list-never-internal = Members of a broadcast list never reach each other through it: make a group instead.
communication-opens-members = This would let students or relatives write to each other: accept it for each group named, or change the request.
communication-rule-exists = The same rule exists already: use that one.
communication-rule-to-itself = A rule leads from one group to another: let members of one group reach each other by its own setting.
communication-unknown-rule = This rule does not exist, or no longer does: reload the list of rules.
communication-unknown-recipe = There is no recipe of this name: choose one of the list.
communication-unknown-matrix = There is no matrix of this name here: the operator can name its file with --matrix.

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

## Notices

notice-some-resource = A resource
notice-somebody = somebody
notice-when = on { $date } from { $from } to { $to }
notice-when-days = from { $from } to { $to }
notice-to-validate = Booking to validate
told-to-validate = { $of }: a booking waits to be validated.
notice-validated = Booking confirmed
told-validated = { $of }: the booking is confirmed.
notice-refused = Booking refused
told-refused = { $of }: the booking is refused.
notice-withdrawn = Booking withdrawn
told-withdrawn = { $of }: whoever asked for the booking took it back.
notice-cancelled = Booking cancelled
told-cancelled = { $of }: the booking is cancelled.
notice-changed = Booking changed
told-changed = { $of }: somebody else changed the booking.
notice-change-to-validate = Change of a booking to validate
told-change-to-validate = { $of }: a change of a booking waits to be validated.
notice-change-refused = Change of a booking refused
told-change-refused = { $of }: the change is refused, the booking stands as it was.
notice-suspended = Booking suspended
told-suspended = { $of }: the booking no longer fits and is suspended.
notice-resumed = Booking stands again
told-resumed = { $of }: the booking fits again and stands.
notice-rezoned = Booking at another instant
told-rezoned = { $of }: the rules of the time zone changed, the booking keeps its time of day.
notice-threshold-passed = Threshold of bookings passed
told-threshold-passed = { $of }: { $person } has booked more than the threshold.
notice-request-released = Joint booking not made
told-request-released = { $of } and what was asked for with it: one of them was refused, so nothing is booked.

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
structure-closed = This structure is closed: ask a platform administrator to open it again first.
structure-closure-over = This closure is over: what is past is never changed.
structure-exists = This structure exists already: open it instead of creating it.
structure-period-named-twice = Two periods have the same name: call each something else.
structure-periods-overlap = Two periods have a minute in common: let each begin when the one before is over.
structure-too-many-periods = A day has at most 40 periods: give fewer.
structure-unknown = There is no such structure: check which one was chosen.
structure-unknown-closure = There is no such closure of this structure: reload the list.
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
witness-link = A direct link from { $from } to { $to } allows it.
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

## Requests for changes of rules

rule-request-unknown = Nobody asked for this change: check which request was chosen.
rule-request-nothing-asked = The request says no change: name at least one.
rule-request-reason-required = A reason is needed: say why, without naming anybody.
rule-request-yours-to-make = You may make this change yourself: make it instead of asking for it.
rule-request-differs-now = This would do something else now than when it was asked for: look at what differs, then accept it as it is now or refuse it.
rule-request-accepted = This request was accepted already: it cannot be refused any more.
rule-request-refused = This request was refused: it takes a new one.
rule-request-not-accepted = Nobody accepted this request: it is made once somebody has.
rule-request-other = This is another request: ask with a new idempotency key.

## What a change of rules would do

preview-already-so = It is so already: nothing would happen.
preview-stays-internal = Members of “{ $group }” still write to each other, because that was granted: { $pairs } ordered pairs.
preview-stays-implied = Members of “{ $group }” still write to each other: the group uses rules and shows its members, which implies it.
preview-waiting = Members of “{ $group }” would write to each other, and do not until somebody accepts it.
preview-left-alone = “{ $group }” was changed by hand: the recipe leaves it as it is.
recipe-teachers-own-classes-only = Teachers write to the pupils and parents of their own classes only.
recipe-no-talk-inside-classes = Pupils of a class do not write to each other.
recipe-parents-do-not-write-to-teachers = Parents do not write to teachers first; they can reply.
matrix-counts = Rules: { $made } begin, { $removed } end. Facts of groups: { $given } get a reason, { $lost } lose one.
matrix-by-hand = The rule made by hand “{ $from }” → “{ $to }” ends.
matrix-elsewhere = The rule of another structure “{ $from }” → “{ $to }” stays.
matrix-fact-by-hand = “{ $group }” loses what it was given by hand: { $fact }.
matrix-explicit = With the policy EXPLICIT it would be as follows.
matrix-previewed = Nothing is written.
matrix-already = It is so already: nothing to do.
matrix-done = Done.

## Requests for changes of rules, on the command line

request-made = { $who } asked for this on { $when }.
request-reason = Reason: “{ $reason }”.
request-grants = “{ $group }” is given a fact by hand: { $fact }.
request-takes = “{ $group }” loses a fact: { $fact }.
request-makes = A rule begins from “{ $from }” to “{ $to }”, whose members are reached one by one.
request-makes-as-group = A rule begins from “{ $from }” to “{ $to }”, which is reached as a group alone.
request-removes = The rule from “{ $from }” to “{ $to }” ends.
request-policy = The policy of “{ $structure }” becomes { $policy }.
request-undone = It was not made: “{ $told }”.
request-waits = Nobody has decided yet.
request-accepted = { $who } accepted it on { $when }; it is being made.
request-done = { $who } accepted it on { $when }; it was made on { $done }.
request-refused = { $who } refused it on { $when }: “{ $reason }”.
request-now = What it would do now is this.
request-differs-opened = Pairs that open, { $what }: { $before } when it was asked for, { $now } now.
request-differs-closed = Pairs that close, { $what }: { $before } when it was asked for, { $now } now.
request-differs-inside = Members of “{ $what }” who begin to write to each other: { $before } when it was asked for, { $now } now.
request-differs-accept = Pupils and parents of “{ $what }” whose opening must be accepted: { $before } when it was asked for, { $now } now.
request-none = There is no such request.

## Why somebody reaches somebody, in pieces: what is put together ends with a full stop

explain-allowed = { $from } may see and write to { $to }
explain-allowed-group = { $from } may write to “{ $to }”
explain-refused = { $from } may neither see { $to } nor write to them
explain-refused-group = { $from } may not write to “{ $to }”
explain-ask = You do not reach this recipient: ask your administrator
explain-ways = By these ways
explain-misses = What is missing, the nearest first
explain-nothing-near = Nothing is near
explain-months = January February March April May June July August September October November December
explain-since = since { $day }
explain-by-operator = the operator
explain-by-process = the process { $name }
explain-member = { $person } is in “{ $group }”
explain-member-of-it = { $person } is in it
explain-states = “{ $group }” { $what } ({ $because })
explain-which = , which { $what } ({ $because })
explain-uses = uses its rules
explain-exposes = exposes its members
explain-internal = lets its members reach each other
explain-rule = rule to “{ $to }”
explain-rule-between = rule from “{ $from }” to “{ $to }”
explain-made-matrix = , given by a matrix
explain-made-hand = , set by { $actor }
explain-because-matrix = by the matrix
explain-because-hand = by hand
explain-because-feed = by the school's files
explain-because-rule = by a rule made by hand
explain-because-implied = implied by the two other facts
explain-because-accepted = accepted
explain-nested = “{ $group }” is nested in it
explain-nested-in = “{ $group }” is nested in “{ $within }”
explain-family-class = { $relative } is a parent or guardian of { $child }{ $since }, and “{ $group }” links them
explain-family-structure = { $relative } is a parent or guardian of { $child }{ $since }, and their structure links them
explain-gap-oneself = nobody writes to themselves
explain-gap-blocked = the account of { $person } is blocked
explain-gap-blocked-security = the account of { $person } is blocked, because it is not safe
explain-gap-closed = the account of { $person } is closed
explain-gap-expired = the account of { $person } was kept until a day that has passed
explain-gap-ended = the attachment of { $person } to { $structure } ended on { $day }
explain-gap-not-begun = the attachment of { $person } to { $structure } has not begun
explain-gap-waiting = members of “{ $group }” would reach each other, but this is waiting for acceptance
explain-gap-no-structure = { $person } is attached to no structure
explain-gap-no-child = no child is linked to the account of { $person }
explain-gap-no-class = { $person } is attached to no class
explain-gap-not-in-class = { $person } is not attached to class { $class }
explain-gap-not-in-group = { $person } is not in “{ $group }”
explain-gap-exposes = “{ $group }” does not expose its members
explain-gap-uses = “{ $group }” does not use its rules
explain-gap-internal = members of “{ $group }” do not reach each other
explain-gap-implied = members of “{ $group }” do not reach each other, since the policy { $structure } implies nothing
explain-gap-no-rule = “{ $from }” has no rule to “{ $to }” yet
explain-gap-no-rule-at-all = “{ $group }” has no rule yet
explain-gap-empty = nobody is in “{ $group }”
explain-gap-not-linked = the class of { $child } does not link { $from } to { $to }
explain-fix-uses = let “{ $group }” use its rules
explain-fix-exposes = let “{ $group }” expose its members
explain-fix-internal = let members of “{ $group }” reach each other
explain-fix-rule = make a rule from “{ $from }” to “{ $to }”
explain-fix-rule-to-group = make a rule from “{ $from }” to “{ $to }” that does not expose its members
explain-fix-policy-implied = set the policy { $structure } to “implied”
explain-fix-policy-explicit = set the policy { $structure } to “explicit”
explain-fix-accept = accept that members of “{ $group }” reach each other
explain-fix-class = attach { $person } to class { $class }
explain-fix-own-class = attach { $person } to their class
explain-fix-group = put { $person } into “{ $group }”
explain-fix-attach = attach { $person } to { $structure }
explain-fix-attach-somewhere = attach { $person } to a structure
explain-fix-child = link the child to the account of { $person }
explain-fix-unblock = lift the block of { $person }
explain-fix-reopen = open the account of { $person } again
explain-fix-remove = take a fact or a rule away
explain-may-platform = a platform administrator
explain-may-local = a local administrator { $structure }
explain-may-both = a local administrator both { $structure } and { $other }, or a platform administrator
explain-may-head = an administrator or the head { $structure }
explain-fix = { $fix } (by { $who })
explain-fix-previewed = { $fix } (by { $who }; { $preview })
explain-preview-opens = { $pairs ->
    [1] opens one ordered pair ({ $profiles })
   *[other] opens { $pairs } ordered pairs ({ $profiles })
  }
explain-preview-closes = { $pairs ->
    [1] closes one ordered pair ({ $profiles })
   *[other] closes { $pairs } ordered pairs ({ $profiles })
  }
explain-preview-line = { $from } → { $to }: { $pairs }
explain-preview-nobody = by itself it opens nobody
explain-preview-inside = members of “{ $group }” will reach each other: { $members }
explain-preview-accept = members of “{ $group }” will reach each other, which must be accepted: { $members }
explain-or = or
explain-no-fix = no change of rules helps
explain-linked = a direct link by hand lets { $from } write to { $to }
explain-linked-both = a direct link by hand lets { $from } and { $to } write to each other
explain-gap-hidden = { $person } is hidden from everybody by the platform
explain-gap-hidden-group = “{ $group }” is hidden from everybody by the platform
explain-gap-structure-closed = { $structure } is closed
explain-fix-unhide = hide { $person } no longer
explain-fix-unhide-group = hide “{ $group }” no longer
explain-fix-reopen-structure = open { $structure } again

preview-opens = { $pairs ->
    [0] Opens no ordered pair of people.
    [1] Opens one ordered pair of people.
   *[other] Opens { $pairs } ordered pairs of people: { $who } write to more people, { $whom } are written to by more.
  }
preview-closes = { $pairs ->
    [0] Closes no ordered pair of people.
    [1] Closes one ordered pair of people.
   *[other] Closes { $pairs } ordered pairs of people: { $who } write to fewer people, { $whom } are written to by fewer.
  }
preview-group-opens = “{ $group }” can be written to, as a group, by { $people } more.
preview-group-closes = “{ $group }” can no longer be written to, as a group, by { $people }.
preview-inside-opens = Members of “{ $group }” begin to write to each other: { $members }.
preview-inside-accept = Members of “{ $group }” begin to write to each other: { $members }, of them { $students } pupils and { $relatives } parents or guardians. It must be accepted.
preview-inside-closes = Members of “{ $group }” no longer write to each other by it: { $members }.
group-profile-teachers = teachers
group-profile-staff = staff
group-profile-students = pupils
group-profile-relatives = parents and guardians
group-profile-guests = guests

draw-title = Groups and rules: { $structure }
draw-column-structure = The structure
draw-column-classes = Classes
draw-column-functions = Functions and levels
draw-column-made = Groups and lists
draw-column-elsewhere = Elsewhere
draw-column-group = group
draw-column-alike = alike
draw-column-members = members
draw-column-uses = uses
draw-column-exposes = exposes
draw-column-internal = internal
draw-column-reaches = reaches
draw-uses = uses its rules
draw-exposes = exposes its members
draw-internal = members reach each other
draw-waiting = waiting for acceptance
draw-hidden = hidden
draw-alike = { $classes ->
    [one] and 1 class alike
   *[other] and { $classes } classes alike
}
picture-rule = A line leads from who may write to whom they may write to, one by one. A number is how many members a group has; a thick border: they reach each other.
picture-group = Dashed, or in brackets: they write to the group and do not see its members.
picture-hand = Thick lines: at least one rule was made by hand.

diff-title = What changed from position { $from } to { $to }:
diff-rule = rule from “{ $from }” to “{ $to }”
diff-uses = “{ $group }” uses its rules
diff-exposes = “{ $group }” exposes its members
diff-internal = members of “{ $group }” reach each other
diff-nothing = nothing
## Groups filled by hand

members-too-many-at-once = A thousand people at most are added or removed at once: do it in several steps.
members-out-of-reach = You neither administer this person nor may you write to them: ask an administrator of their structure.
members-another-profile = A broadcast list has one profile, and this person has another: leave them out.
members-not-a-manager = You no longer manage this group: ask an administrator of its structure.
members-manager-above = A manager acts on those under them alone: ask the one above, or an administrator.
members-unknown-manager = The person above does not manage this group: name them first.
members-manager-under-themselves = Nobody manages a group under themselves: choose somebody else above.
members-too-many-managers = A group has a hundred managers at most: end one of them first.
members-list-has-no-managers = A broadcast list has no managers: only a platform administrator fills it.
members-reached-by-nobody = No rule ends at this group and its members do not reach each other: nobody can write to it until a rule is made.
members-reached-by-members-alone = No rule ends at this group: only its members can write to it until a rule is made.
members-open-each-other = Several students or relatives are in this group, whose members reach each other: close that if it is not wanted.
messaging-group-without-rule = Recipient { $number } in “{ $list }” is a group at which no rule ends: your groups ({ $groups }) cannot reach it. Ask your administrator to make a rule.
structure-unknown-group = This is no group that is filled by hand in this structure: check which one was chosen.

## Favourites

favourites-unknown = There is no such favourite among yours, or it was deleted: reload the list.
favourites-empty = A favourite holds at least one person or group: choose some.
favourites-too-large = A favourite holds 500 people and groups at most: take some out.
favourites-too-many = You have a hundred favourites already: delete one first.
favourites-out-of-reach = You may not write to this member of the favourite: take it out, nothing was saved.

## Series
booking-no-length = This ends when it begins, or before: choose a later end.
booking-whole-minutes = A booking begins and ends on a whole minute: leave out the seconds.
booking-no-such-hour = This hour does not exist on that day: the clocks go forward. Choose another hour.
booking-year-out-of-range = Bookings lie between 1970 and 2199: choose another year.
booking-rule-not-understood = A part of the rule of this series is not known here: every day, week, month or year, up to every 99th, on weekdays, on a day of the month or on its first to fifth or last weekday can be said.
booking-series-without-end = A series has an end: say how many times or until which day.
booking-first-not-in-series = The first time is not on a day of the series: begin on one of its days.
booking-series-too-long = A series has 366 dates at most: end it earlier, and begin another one then.
booking-series-empty = Nothing is left of this series: choose a later end, or leave fewer days out.
booking-series-overlaps-itself = A time of this series ends after the next one has begun: make it shorter, or the series rarer.
booking-not-in-series = This series has nothing on that day: choose one of its days.
## Domains of resources

domain-unknown = There is no such domain: reload the list.
domain-deleted = This domain was deleted: reload the list.
domain-other = This is another domain: create it with a new idempotency key.
domain-name = The name of a domain is 1 to 100 characters on one line: shorten it.
domain-not-empty = There are still resources in this domain: delete them first.
domain-too-many-resources = A domain holds 10,000 resources at most: create another one.
domain-unknown-resource = This resource is not in this domain, or no longer: reload the list.
domain-too-many-grants = A domain has 5,000 grants at most: grant roles to groups rather than to people.
domain-days-out-of-order = The last day is before the first: exchange them.
domain-days-passed = The last day has passed: choose one to come.
domain-invites-one-person = One person is invited, not a group: grant the group a role instead.
domain-invitation-needs-end = An invitation has a last day: say which.
domain-invited-has-role = They have a role here already by one of their groups: grant them a role instead of inviting them.
domain-unknown-grant = There is no such grant or invitation: reload the list.
domain-grant-on-other = The grant to be replaced is on something else: revoke it by itself.
domain-invitation-accepted = This invitation was accepted already: ask a manager to revoke the role.
domain-invitation-declined = You declined this invitation: ask for a new one.
domain-role-revoked = This invitation was revoked: ask for a new one.
domain-last-manager = Nobody would manage this domain any more: name another manager first, or ask an administrator of the school.
booking-grant-not-accepted = The invitation was not accepted.
booking-grant-not-begun = It does not begin until { $day }.
booking-grant-over = It ended on { $day }.
booking-grant-replaced = It is on the domain, and the resource has grants of its own.
booking-grant-barred = The account is closed or blocked.
booking-grant-not-theirs = It is granted to somebody else, or to a group they are not in.
booking-grant-not-the-highest = Another grant gives as much or more.

## Calendars as files

calendar-not-a-calendar = This file holds no calendar: choose an .ics file.
calendar-not-ended = This event has no end (END:VEVENT): the file is cut off or damaged, export it again.
calendar-no-uid = This event has no UID, so that nobody could recognise it: export it again from where it comes.
calendar-twice = There are two events “{ $part }” in this file: the second was left out.
calendar-no-series = This changes a day of a series that is not in the file or was refused, or a day it does not have ({ $part }): import its series with it.
calendar-not-a-time = This is no date, time or length that can be read: { $part }. Correct it in the file.
calendar-unknown-zone = The time zone “{ $part }” is none of the IANA database, and the file does not say which one it is: choose another one where it comes from.
calendar-not-understood = This cannot be taken over, and the event would be at other times without it: { $part }. Enter it by hand.

## Resources and bookings

domain-resource-quantity = There is at least one of a resource, and a million at most: correct the number.
resource-unknown = There is no such resource: reload the list.
resource-deleted = This resource was deleted: choose another one.
resource-name-unfit = The name of a resource is 1 to 100 characters on one line: shorten it.
resource-quantity-unfit = There is at least one of a resource, and a million at most: correct the number.
resource-rules-unfit = This rule cannot be kept: look at its hours, its order and its limits.
resource-booked = It is still booked: { $count } dates to come. Cancel them with a reason, or wait.
booking-unknown = There is no such booking: reload the list.
booking-no-such-date = This booking has no such date: choose one of its dates.
booking-role-too-low = Your role here does not allow this: ask who manages the resource.
booking-may-not-override = Only moderators and managers pass over rules: leave it out, or ask one of them.
booking-reason-required = This needs a reason: say why.
booking-no-quantity = At least one is booked: say how many.
booking-rules-broken = Rules of this resource are broken: each is named.
booking-nothing-waits = Nothing of this booking waits for an answer: reload the list.
booking-not-held = This is not held any more: book it again.
booking-ended = This was refused, withdrawn or cancelled: book it again.
booking-begun = What has begun is not changed any more: choose a date to come.
booking-owner-may-not = Whoever booked this may not book here any more: refuse it, or give them a role.
booking-no-series = This is one booking and no series: change this date.
booking-in-the-past = This begins in the past ({ $date }): choose a later time.
booking-slot-taken = This is taken ({ $date }), { $free } are free: choose another time or fewer.
booking-more-than-there-is = There are only { $quantity } of it: book fewer.
booking-closed = It is closed then ({ $date }): choose another time.
booking-outside-opening-hours = It is not open then ({ $date }): choose a time within its hours.
booking-not-whole-periods = A booking here is whole periods of the school ({ $date }): begin and end with one.
booking-too-short = This is too short ({ $date }): { $minutes } minutes at least.
booking-too-long = This is too long ({ $date }): { $minutes } minutes at most.
booking-too-late = It is too late for this ({ $date }): it must be { $minutes } minutes before.
booking-too-early = It is too early for this ({ $date }): it may be { $minutes } minutes before at most.
booking-too-far-ahead = This is too far ahead ({ $date }): { $days } days at most.
booking-quota-reached = The most that one person may have here is reached ({ $date }): { $most } { $unit ->
    [minutes] minutes
   *[other] bookings
}. Give up another booking first.
booking-shared-quota-reached = The most that { $who ->
    [everybody] all may have here together
    [group] “{ $group }” may have here together
   *[other] a group may have here together
} is reached ({ $date }): { $most } { $unit ->
    [minutes] minutes
   *[other] bookings
}. Choose another day, or have one of these bookings given up.
booking-request-unknown = There is no such request: reload the list.
booking-request-parts-unfit = Two to twenty resources are booked at once, each once: look at the list.
booking-request-granted = This request was granted: cancel its bookings instead.
booking-request-refused = This request was refused: make another one.
booking-request-undecided = This request is not decided yet: wait a moment.
booking-request-took-too-long = Holding all of it took longer than two minutes, so all was given back: try again.

## Bookings on the command line

draw-population-unknown = people nobody knows
draw-week-title = Bookings of { $domain }: { $first } to { $last } ({ $zone })
draw-week-monday = Monday
draw-week-tuesday = Tuesday
draw-week-wednesday = Wednesday
draw-week-thursday = Thursday
draw-week-friday = Friday
draw-week-saturday = Saturday
draw-week-sunday = Sunday
draw-week-held = being booked
draw-week-pending = pending
draw-week-confirmed = confirmed
draw-week-suspended = suspended
draw-week-closed = closed
draw-week-nothing = nothing booked
draw-week-no-resource = this domain has no resource
draw-week-caption = What is booked, in the order of days, resources and hours
draw-week-resources = Resources, and how much there is of each
draw-week-column-resource = resource
draw-week-column-day = day
draw-week-column-start = start
draw-week-column-end = end
draw-week-column-quantity = quantity
draw-week-column-state = state
draw-week-column-owner = owner
draw-week-column-purpose = purpose
booking-import-done = Domains created: { $domains }; resources created: { $resources }; resources that were there: { $there }.
booking-import-differs = “{ $resource }” of “{ $domain }” is left as it is: there are { $quantity } of it, the file says { $said }.

## Links to calendars

feed-own = My bookings
feed-taken = Taken
feed-quantity = Quantity: { $quantity }
feeds-unknown = This link is none of yours: reload the list.
feeds-too-many = You have twenty links to calendars: revoke one first.
feeds-over = The last day of this link is over: choose one to come.
feeds-no-such-link = Nothing is read by this link: it is unknown, revoked or over, or whoever opened it may not see this any more. Open another one.

## Import of a calendar

calendar-an-address = This is an address, and the platform fetches none: download the file and give that.
calendar-too-large = This file is longer than 1 MiB: export a shorter time.
calendar-too-many = This file holds more than a thousand events: export a shorter time.
calendar-there-otherwise = This event was imported before and its booking is another now: nothing was changed, change it by hand.
calendar-given-up = This event was imported before and its booking was given up since: book it by hand if it is wanted again.
calendar-cancelled = The file says that this does not take place: nothing is booked.
calendar-other-zone = By the hours of { $part } this event cannot be said in the hours of the resource, or moves against them when the clocks change: book it by hand.
calendar-and-more = There are { $count } more reasons: correct these first.
calendar-booked = Booked.
calendar-would-be-booked = Can be booked.
calendar-already-there = Was booked by an import before.
calendar-left-out = Dates that were left out: { $dates }.
calendar-import-done = Events booked: { $booked }; there already: { $there }; not taken: { $refused }.
calendar-import-tried = Events that can be booked: { $booked }; there already: { $there }; not taken: { $refused }. Nothing was written.
