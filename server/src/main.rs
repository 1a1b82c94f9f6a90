//! The program `portico`.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
