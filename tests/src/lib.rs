//! End-to-end tests: see `main.rs`, the one binary that speaks to a real server.
