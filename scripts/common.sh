# Sourced by every script here: where things are, which versions, and how to fail.
# Works with bash 3.2 and up.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

cargo_leptos_version=0.3.10
node_major_wanted=20

# Tools that are built for Portico live apart from a developer's own, in versioned company.
tools=${PORTICO_TOOLS:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/portico-tools}
target=${CARGO_TARGET_DIR:-$root/target}

# rustup looks for its toolchains in $HOME. With a borrowed or empty home, the toolchains are still
# where the cargo on PATH was installed.
if [ -z "${RUSTUP_HOME:-}" ] && [ ! -d "$HOME/.rustup" ] && have rustup; then
    beside=$(dirname "$(dirname "$(dirname "$(command -v rustup)")")")/.rustup
    if [ -d "$beside" ]; then
        export RUSTUP_HOME=$beside
    fi
fi

export PATH="$tools/bin:$root/end2end/node_modules/.bin:$PATH"

# The version that Cargo.lock holds of a crate.
locked_version() {
    awk -v name="$1" '$0 == "name = \"" name "\"" { getline; gsub(/version = "|"/, ""); print; exit }' Cargo.lock
}

# version_at_least 1.95.0 1.95
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

# What is tested here is not behind a proxy.
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export NO_PROXY=$no_proxy

# A number for a step: "4 m 05 s"
minutes() { printf '%d m %02d s' $(($1 / 60)) $(($1 % 60)); }

# A port that nobody listens on, on the loopback interface.
free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

# Installs Debian packages where that is possible without asking anybody.
apt_install() {
    if [ "$(id -u)" != 0 ] || ! have apt-get; then
        return 1
    fi
    say "Installing $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
        { apt-get update >/dev/null 2>&1 &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >/dev/null; }
}
