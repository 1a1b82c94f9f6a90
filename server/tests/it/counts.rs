//! How many statements and commits each endpoint costs.
