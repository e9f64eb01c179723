# packages.sh - brings in the Debian packages that are missing. Sourced by quickstart and run-tests.
#
# Asks dpkg first and touches apt only if something is lacking. Never removes a package, never configures
# a mail server, and leaves no service running that did not run before.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by those who source this
PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config libmilter-dev libargon2-dev libconfuse-dev \
libidn2-dev liblmdb-dev libssl-dev"

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

packages_postfix_runs() {
    [ -d /run/systemd/system ] && systemctl --quiet is-active postfix
}

# packages_need PACKAGE...: installs what is missing; false, with the command to type, if that can't be done.
packages_need() {
    local lacking command ran=no
    lacking=$(packages_missing "$@")
    [ -z "$lacking" ] && return 0
    command="apt-get install -y --no-install-recommends ${lacking% }"
    if ! can_be_root; then
        printf 'Missing Debian packages, and no way to become root. Run this first:\n    sudo %s\n' "$command" >&2
        return 1
    fi
    printf 'Installing Debian packages: %s\n' "$lacking"
    packages_postfix_runs && ran=yes
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
    if [ "$ran" = no ] && packages_postfix_runs; then
        echo "The installation started the system's Postfix; stopping it again."
        as_root systemctl stop postfix
    fi
}
