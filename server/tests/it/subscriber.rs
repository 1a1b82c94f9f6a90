//! Subscribers: login with a PIN, consent, logout.
