//! The token endpoint and what its tokens open: grants, introspection, userinfo, revocation.
