//! Organizations, members, invitations.
