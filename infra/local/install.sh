#!/bin/sh
# Usage: install.sh VENV REQUIREMENTS. Makes the virtual environment if need be and installs exactly what is pinned.
set -eu
venv=$1
requirements=$2

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Run each candidate: a version manager's shim exists for versions that it would then refuse to run.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.14 python3.11; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

if ! new_enough "$venv/bin/python"; then
    rm -rf "$venv"
    python=$(find_python)
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "${python:-3.13}" "$venv"
    elif [ -z "$python" ]; then
        echo "Nexus needs Python 3.11 or newer, and there is none on the PATH (tried python3, python3.11 to python3.14)." >&2
        echo "Install one from your package manager or python.org, then run make again." >&2
        exit 1
    elif ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

# Every package that is needed is in the set by itself, so that nothing is left to resolve: in hash mode an old pip takes a
# package that another one asks for with an extra, such as coverage[toml], for unpinned once a newer release exists.
echo "Installing $requirements; the first time takes about half a minute ..." >&2
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" --require-hashes --no-deps -r "$requirements"
    uv pip check --quiet --python "$venv/bin/python"
else
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$requirements"
    "$venv/bin/python" -m pip check --quiet --disable-pip-version-check
fi

packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pwd -P >"$packages/nexus.pth"
printf '#!/bin/sh\nexec "%s/python" -m infra.local "$@"\n' "$(cd "$venv/bin" && pwd -P)" >"$venv/bin/nexus"
chmod 755 "$venv/bin/nexus"
