# packages.sh - brings in the Debian packages that are missing. Sourced by quickstart and run-tests.
#
# Asks dpkg first and touches apt only if something is lacking. Never removes a package, never configures
# a mail server, and leaves no service running that did not run before.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by those who source this
PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config libmilter-dev libargon2-dev libconfuse-dev \
libidn2-dev libcurl4-openssl-dev liblmdb-dev libmicrohttpd-dev libssl-dev libunbound-dev"

packages_missing() {
    local package
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

# Runs a command as root: as we are, or by sudo (which may ask for a password only where there is a terminal).
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo && { [ -t 0 ] || sudo -n true; }; } >/dev/null 2>&1
}

# Which of these services run: their installation starts them.
packages_services() {
    local service
    [ -d /run/systemd/system ] || return 0
    for service in postfix tor; do
        ! systemctl --quiet is-active "$service" || printf '%s ' "$service"
    done
}

# packages_need PACKAGE...: installs what is missing; false, with the command to type, if that can't be done.
packages_need() {
    local lacking command ran service
    lacking=$(packages_missing "$@")
    [ -z "$lacking" ] && return 0
    command="apt-get install -y --no-install-recommends ${lacking% }"
    if ! can_be_root; then
        printf 'Missing Debian packages, and no way to become root. Run this first:\n    sudo %s\n' "$command" >&2
        return 1
    fi
    printf 'Installing Debian packages: %s\n' "$lacking"
    ran=$(packages_services)
    as_root apt-get -qq update || return 1
    # shellcheck disable=SC2086 # $command and $lacking are lists of words
    if as_root apt-get -s ${command#apt-get } | grep '^Remv'; then
        printf 'That would remove the packages above (another mail server?), so nothing was done. To do it: sudo %s\n' \
            "$command" >&2
        return 1
    fi
    case " $lacking" in
    *" postfix "*) # without a configuration of its own the system's Postfix does not start
        echo 'postfix postfix/main_mailer_type select No configuration' | as_root debconf-set-selections
        ;;
    esac
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive ${command/-y/-y -qq} >/dev/null || return 1
    for service in $(packages_services); do
        case " $ran" in *" $service "*) continue ;; esac
        printf 'The installation started the service %s; stopping it again. To keep it from starting with the machine:\n' \
            "$service"
        printf '    sudo systemctl disable %s\n' "$service"
        as_root systemctl stop "$service"
    done
}

# packages_unpack DIRECTORY PACKAGE: lays the files of a package, and of those it needs that are missing here,
# under DIRECTORY; installs nothing, and needs no root. For packages whose installation would put out another mail
# server or start a service. Nothing is done if DIRECTORY holds the package already; false if it cannot be had.
packages_unpack() {
    local directory=$1 package=$2 archives archive
    packages_unpacked "$directory" && return 0
    rm -rf "$directory"
    archives=$(mktemp -d) || return 1
    printf 'Unpacking the Debian package %s\n' "$package"
    if packages_download "$archives" "$package"; then
        mkdir -p "$directory"
        for archive in "$archives"/*.deb; do
            dpkg-deb --fsys-tarfile "$archive" | tar -x --no-same-owner -C "$directory" \
                --exclude=./usr/share/doc --exclude=./usr/share/javascript || { rm -rf "$directory" && break; }
        done
        # Nothing of it is to run with other rights than ours.
        [ ! -d "$directory" ] || { chmod -R ug-s "$directory" && touch "$directory/.complete"; }
    else
        printf 'It cannot be had; what needs it is skipped.\n'
    fi
    rm -rf "$archives"
    packages_unpacked "$directory"
}

packages_unpacked() { # DIRECTORY
    [ -e "$1/.complete" ]
}

# Lets apt find what is to be installed, and stops short of that. Its lock is root's; we write nothing that it guards.
packages_download() { # DIRECTORY PACKAGE
    mkdir -p "$1/partial" &&
        apt-get -qq -y --no-install-recommends --download-only -o APT::Sandbox::User="$(id -un)" \
            -o Debug::NoLocking=true -o Dir::Cache="$1" -o Dir::Cache::archives="$1" install "$2" >/dev/null 2>&1 &&
        [ -n "$(find "$1" -maxdepth 1 -name "${2}_*.deb")" ]
}
