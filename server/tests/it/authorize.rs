//! The authorization endpoint: redirects, errors, PKCE, prompts.
