//! What needs a client. Every page works without these.
