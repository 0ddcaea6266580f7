//! Passwords: argon2id, as many at once as there are cores, and how strong a new one must be.
//!
//! Invariant: an unknown login costs the same as a known one, so that time tells nobody who has an account.

mod strength;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
pub use strength::{Weakness, check};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB; time and lanes: the second choice of RFC 9106 in less memory, as OWASP's cheat sheet
/// on password storage gives it.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and verifies, no more at once than there are cores.
#[derive(Debug)]
pub struct Hasher {
    cores: Arc<Semaphore>,
    /// The verifier of a password nobody has.
    nobody: Arc<str>,
}

/// A password could not be hashed, or a verifier not read.
#[derive(Debug, thiserror::Error)]
pub enum Unhashed {
    /// argon2 says why.
    #[error("argon2 cannot be used: {0}")]
    Argon2(String),
    /// The machine gives no randomness.
    #[error("the machine gives no randomness")]
    Randomness,
    /// The node is going down.
    #[error("the node is going down")]
    Down,
}

impl Hasher {
    /// Returns a hasher. Costs one hash.
    pub fn new() -> Result<Self, Unhashed> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut drawn = [0; 16];
        getrandom::fill(&mut drawn).map_err(|_| Unhashed::Randomness)?;
        let nobody = hash(&drawn)?;
        Ok(Self { cores: Arc::new(Semaphore::new(cores)), nobody: nobody.into() })
    }

    /// Returns the verifier of a password: a PHC string with a salt of its own.
    pub async fn hash(&self, password: String) -> Result<String, Unhashed> {
        self.apart(move || hash(password.as_bytes())).await
    }

    /// Returns whether `verifier` is that of `password`. Without a verifier it is not, and takes as long.
    pub async fn verify(&self, password: String, verifier: Option<String>) -> Result<bool, Unhashed> {
        let nobody = Arc::clone(&self.nobody);
        let known = verifier.is_some();
        self.apart(move || {
            let verifier = PasswordHash::new(verifier.as_deref().unwrap_or(&nobody)).map_err(failed)?;
            match argon2()?.verify_password(password.as_bytes(), &verifier) {
                Ok(()) => Ok(known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Unhashed> + Send + 'static,
    ) -> Result<T, Unhashed> {
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| Unhashed::Down)?;
        // The permit goes with the work: whoever asked may have gone, the core is busy all the same.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(core);
            done
        });
        done.await.map_err(|_| Unhashed::Down)?
    }
}

fn argon2() -> Result<Argon2<'static>, Unhashed> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, Unhashed> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| Unhashed::Randomness)?;
    let verifier: PasswordHash = argon2()?.hash_password_with_salt(password, &salt).map_err(failed)?;
    Ok(verifier.to_string())
}

fn failed(error: impl std::fmt::Display) -> Unhashed {
    Unhashed::Argon2(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_verifier_only() {
        let hasher = Hasher::new().unwrap();
        let verifier = hasher.hash("Cinq tortues bleues".to_owned()).await.unwrap();
        assert!(verifier.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{verifier}");
        assert_ne!(verifier, hasher.hash("Cinq tortues bleues".to_owned()).await.unwrap(), "a salt each");
        let verify = |password: &str, verifier| hasher.verify(password.to_owned(), verifier);
        assert!(verify("Cinq tortues bleues", Some(verifier.clone())).await.unwrap());
        assert!(!verify("cinq tortues bleues", Some(verifier)).await.unwrap());
        assert!(!verify("Cinq tortues bleues", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_verifier_that_cannot_be_read_is_our_fault() {
        let hasher = Hasher::new().unwrap();
        assert!(hasher.verify("x".to_owned(), Some("not a verifier".to_owned())).await.is_err());
    }
}
