//! What lies at the ends of all ways of somebody: thousands of groups for who heads an authority, so all is read in
//! passes in which no look at memory waits for another.

use roaring::RoaringBitmap;

use super::join;
use crate::dense::GroupNo;
use crate::people::People;

/// Groups at the ends of ways, once each, in the order of numbers, with whether their members are reached one by one.
pub(super) type Ends = [(GroupNo, bool)];

/// Returns the groups, all of which have members, with those nested in them that have.
pub(super) fn with_nested(people: &People, ends: &Ends) -> RoaringBitmap {
    // Every length is read before anything is copied: then no copy waits for how long it is.
    let nested: usize = ends.iter().map(|(to, _)| people.nested(*to).len()).sum();
    let mut groups = Vec::with_capacity(ends.len() + nested);
    for (to, _) in ends {
        groups.push(to.0);
        groups.extend(people.nested(*to).iter().map(|group| group.0));
    }
    join::numbers(groups) & people.peopled()
}

/// Returns who is in the groups whose members are reached one by one, and some others who are not barred.
pub(super) fn with_members(people: &People, ends: &Ends, others: &RoaringBitmap) -> RoaringBitmap {
    let exposed = ends.iter().filter(|(_, one_by_one)| *one_by_one);
    let mut groups: RoaringBitmap = exposed.map(|(to, _)| to.0).collect();
    let mut sets = Vec::with_capacity(ends.len() + 1);
    sets.push(others);
    // Who reaches more groups than there are structures reaches many of these as a whole: less is then read.
    let whole = groups.len() > people.structures_ever() as u64;
    if whole {
        let mut read = vec![];
        for (groups, present) in people.wholly_in(&groups) {
            read.extend(groups.iter().map(|group| group.0));
            sets.push(present);
        }
        groups -= join::numbers(read);
    }
    sets.extend(groups.iter().filter_map(|group| people.members(GroupNo(group))));
    let mut members = join::sets(&sets);
    if whole {
        members -= people.barred();
    }
    members
}
