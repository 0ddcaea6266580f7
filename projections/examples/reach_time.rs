//! temp
#![allow(warnings, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout)]
use std::path::Path; use std::sync::Arc; use std::time::Instant;
use eventlog::clock::SystemClock; use eventlog::keys::Ring; use eventlog::vault::Vault; use eventlog::{EventLog,SledLog};
use preau_projections::{Live,PersonNo}; use preau_projections::snapshot::Folder;
fn main(){
 let dir=std::env::args().nth(1).unwrap(); let dir=Path::new(&dir);
 let rt=tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
 let (ring,_)=Ring::open(&dir.join("keys"),None).unwrap(); let ring=Arc::new(ring);
 let (log,_)=SledLog::open(&dir.join("log"),Arc::new(SystemClock),ring.clone()).unwrap();
 let log:Arc<dyn EventLog>=Arc::new(log); let vault=Arc::new(Vault::new(ring));
 let live=rt.block_on(Live::start(log,vault,&Folder::of(dir),|_,_|())).unwrap();
 live.read(|w|{
  let n=w.people.everybody().count() as u64; let mut x=88172645463325252u64;
  let mut rnd=||{x^=x<<13;x^=x>>7;x^=x<<17;x};
  let schools:Vec<Vec<u32>>=w.people.all_structures().map(|(s,_)|w.people.people_of(s).iter().collect()).filter(|v:&Vec<u32>|v.len()>2).collect();
  let pairs:Vec<(PersonNo,PersonNo)>=(0..40000).map(|i| if i%2==0 {let s=&schools[(rnd()%schools.len() as u64) as usize]; (PersonNo(s[(rnd()%s.len() as u64) as usize]),PersonNo(s[(rnd()%s.len() as u64) as usize]))} else {(PersonNo((rnd()%n) as u32),PersonNo((rnd()%n) as u32))}).filter(|(a,b)|a!=b).collect();
  for round in 0..4 {
   let mut t:Vec<u64>=vec![]; let mut yes=0;
   for (a,b) in &pairs { let s=Instant::now(); let r=w.graph.witness(&w.people,*a,*b); t.push(s.elapsed().as_nanos() as u64); yes+=r.is_some() as u32; }
   t.sort(); println!("pair p50 {} ns p99 {} ns, allowed {yes} of {}",t[t.len()/2],t[t.len()*99/100],pairs.len());
   let mut t:Vec<u64>=vec![]; let mut sum=0u64;
   for (a,_) in pairs.iter().filter(|(a,_)|w.people.person(*a).is_some_and(|p|format!("{:?}",p.profile)=="Teacher")).take(500) { let s=Instant::now(); let r=w.graph.reach(&w.people,*a); let v:Vec<u32>=r.people.iter().collect(); t.push(s.elapsed().as_nanos() as u64); sum+=v.len() as u64; }
   t.sort(); println!("teacher p50 {} ns p99 {} ns mean reach {}",t[t.len()/2],t[t.len()*99/100],sum/t.len() as u64);
  }
 });
}
