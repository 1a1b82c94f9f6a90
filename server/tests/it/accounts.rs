//! Accounts: signing up, signing in, links, sessions.
