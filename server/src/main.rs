//! The program `portico`.

fn main() {}
