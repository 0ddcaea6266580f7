//! Finding people by name.
