//! Which known person a line is.
//!
//! Invariant: a line is a person only if one rule leaves exactly one person who is claimed by this line
//! alone; otherwise it is new or left for somebody to decide. Never a guess.

use std::collections::{BTreeMap, HashMap};

use domain::PersonId;

use super::facts::Facts;
use super::finding::Problem;
use super::known::{Answer, Profile, SourceKey};

/// A line that may be a known person.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its line.
    pub line: u32,
    /// Its key.
    pub key: SourceKey,
    /// What it is compared by.
    pub facts: Facts,
}

/// A known person of the same profile.
#[derive(Debug, Clone)]
pub struct Candidate<'k> {
    /// Who.
    pub id: PersonId,
    /// The keys of their lines.
    pub source_keys: &'k [SourceKey],
    /// What they are compared by.
    pub facts: Facts,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is this person.
    Is(PersonId),
    /// It is nobody known.
    New,
    /// It is left out, with the people it may be.
    LeftOut(Problem, Vec<PersonId>),
}

/// Returns what becomes of each claim.
pub fn match_all(
    profile: Profile,
    claims: &[Claim],
    candidates: &[Candidate<'_>],
    decisions: &HashMap<&SourceKey, Answer>,
) -> Vec<Outcome> {
    let mut matching = Matching {
        profile,
        claims,
        candidates,
        outcomes: vec![None; claims.len()],
        taken: vec![false; candidates.len()],
    };
    let by_key = matching.edges(
        |claim| vec![claim.key.0.clone()],
        |candidate| candidate.source_keys.iter().map(|key| key.0.clone()).collect(),
    );
    matching.obey(decisions, &by_key);
    matching.settle(&by_key);
    matching.pair_the_exact();
    for rule in [rule as fn(&Facts) -> &Vec<String>, fallback] {
        let edges =
            matching.edges(|claim| rule(&claim.facts).clone(), |candidate| rule(&candidate.facts).clone());
        matching.settle(&edges);
        matching.leave_the_contested(&edges);
    }
    if profile != Profile::Relative {
        matching.leave_the_twins(decisions);
    }
    matching.outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::New)).collect()
}

fn rule(facts: &Facts) -> &Vec<String> {
    &facts.rule
}

fn fallback(facts: &Facts) -> &Vec<String> {
    &facts.fallback
}

/// For each claim the candidates it may be.
type Edges = Vec<Vec<usize>>;

struct Matching<'a> {
    profile: Profile,
    claims: &'a [Claim],
    candidates: &'a [Candidate<'a>],
    outcomes: Vec<Option<Outcome>>,
    taken: Vec<bool>,
}

impl Matching<'_> {
    /// Joins claims and candidates that have a key in common.
    fn edges(
        &self,
        of_claim: impl Fn(&Claim) -> Vec<String>,
        of_candidate: impl Fn(&Candidate<'_>) -> Vec<String>,
    ) -> Edges {
        let mut index: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, candidate) in self.candidates.iter().enumerate() {
            for key in of_candidate(candidate) {
                index.entry(key).or_default().push(place);
            }
        }
        let found = |claim: &Claim| {
            let keys = of_claim(claim);
            let mut found: Vec<usize> =
                keys.iter().filter_map(|key| index.get(key)).flatten().copied().collect();
            found.sort_unstable();
            found.dedup();
            found.retain(|place| claim.facts.compatible(&self.candidates[*place].facts, self.profile));
            found
        };
        self.claims.iter().map(found).collect()
    }

    fn take(&mut self, claim: usize, candidate: usize) {
        self.outcomes[claim] = Some(Outcome::Is(self.candidates[candidate].id));
        self.taken[candidate] = true;
    }

    fn obey(&mut self, decisions: &HashMap<&SourceKey, Answer>, by_key: &Edges) {
        let places: HashMap<PersonId, usize> =
            self.candidates.iter().enumerate().map(|(place, candidate)| (candidate.id, place)).collect();
        for (place, claim) in self.claims.iter().enumerate() {
            match decisions.get(&claim.key) {
                Some(Answer::Is(person)) => {
                    if let Some(candidate) = places.get(person) {
                        self.take(place, *candidate);
                    }
                }
                // Somebody new the first time is known by the key the next time.
                Some(Answer::IsNew) if by_key[place].is_empty() => self.outcomes[place] = Some(Outcome::New),
                Some(Answer::LeaveOut) => {
                    self.outcomes[place] = Some(Outcome::LeftOut(Problem::DecidedOut, Vec::new()));
                }
                Some(Answer::IsNew) | None => {}
            }
        }
    }

    fn open(&self) -> Vec<usize> {
        (0..self.claims.len()).filter(|place| self.outcomes[*place].is_none()).collect()
    }

    fn live<'e>(&self, edges: &'e Edges, claim: usize) -> impl Iterator<Item = usize> + use<'e, '_> {
        edges[claim].iter().copied().filter(|candidate| !self.taken[*candidate])
    }

    /// Takes every pair in which each has the other only, until there is none left.
    fn settle(&mut self, edges: &Edges) {
        loop {
            let open = self.open();
            let mut wanted = vec![0_u32; self.candidates.len()];
            for claim in &open {
                self.live(edges, *claim).for_each(|candidate| wanted[candidate] += 1);
            }
            let mut settled = false;
            for claim in open {
                let mut live = self.live(edges, claim);
                let only = live.next().filter(|candidate| wanted[*candidate] == 1 && live.next().is_none());
                drop(live);
                if let Some(candidate) = only {
                    self.take(claim, candidate);
                    settled = true;
                }
            }
            if !settled {
                return;
            }
        }
    }

    /// Takes pairs equal in everything. Several that nothing distinguishes go in order if there are as many
    /// lines as people: whichever way, nothing changes.
    fn pair_the_exact(&mut self) {
        let mut groups: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for claim in self.open() {
            if let Some(key) = &self.claims[claim].facts.exact {
                groups.entry(key).or_default().0.push(claim);
            }
        }
        for (place, candidate) in self.candidates.iter().enumerate() {
            if let (false, Some(key)) = (self.taken[place], &candidate.facts.exact) {
                groups.entry(key).or_default().1.push(place);
            }
        }
        for (claims, candidates) in groups.into_values() {
            if claims.len() == candidates.len() {
                claims.into_iter().zip(candidates).for_each(|(claim, candidate)| self.take(claim, candidate));
            }
        }
    }

    fn leave_the_contested(&mut self, edges: &Edges) {
        for claim in self.open() {
            let people: Vec<PersonId> =
                self.live(edges, claim).map(|candidate| self.candidates[candidate].id).collect();
            let problem = match people.len() {
                0 => continue,
                1 => Problem::SharedCandidate,
                count => Problem::TwoCandidates { count },
            };
            self.outcomes[claim] = Some(Outcome::LeftOut(problem, people));
        }
    }

    /// Leaves out a new pupil or teacher whom the rule cannot tell from another line of the file: next time
    /// it could not tell their lines apart either. The first of several new ones stays.
    fn leave_the_twins(&mut self, decisions: &HashMap<&SourceKey, Answer>) {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, claim) in self.claims.iter().enumerate() {
            for key in &claim.facts.rule {
                groups.entry(key).or_default().push(place);
            }
        }
        for group in groups.into_values().filter(|group| group.len() > 1) {
            let mut kept: Vec<usize> =
                group.iter().copied().filter(|place| self.outcomes[*place].is_some()).collect();
            for place in group.into_iter().filter(|place| !decisions.contains_key(&self.claims[*place].key)) {
                if self.outcomes[place].is_some() {
                    continue;
                }
                let (claims, profile) = (self.claims, self.profile);
                let alike = |other: &&usize| claims[**other].facts.compatible(&claims[place].facts, profile);
                match kept.iter().find(alike) {
                    Some(other) => {
                        let line = claims[*other].line;
                        self.outcomes[place] =
                            Some(Outcome::LeftOut(Problem::LooksLikeLine { line }, Vec::new()));
                    }
                    None => kept.push(place),
                }
            }
        }
    }
}
