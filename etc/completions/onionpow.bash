# bash completion for onionpow, written by: onionpow --completions bash
_onionpow()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words files=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "mint verify explain stamp suites bench deliver send sendmail probe demand retry config map --help --version" -- "$cur"))
        return
    fi
    case $prev in
    --rcpt) return ;;
    --suite) COMPREPLY=($(compgen -W "argon2id-16m argon2id-256m argon2id-64m sha256" -- "$cur")); return ;;
    --work) return ;;
    --seconds) return ;;
    --offer) COMPREPLY=($(compgen -f -P @ -- "${cur#@}")); return ;;
    --threads) return ;;
    --max-time) return ;;
    --max-mem) return ;;
    --nice) return ;;
    --date) return ;;
    --validity) return ;;
    --plot) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --sender) return ;;
    --nexthop) return ;;
    --socks) return ;;
    --message) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --progress) COMPREPLY=($(compgen -W "auto always never json" -- "$cur")); return ;;
    --config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --import) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --lookup) return ;;
    --listen) return ;;
    --protocol) COMPREPLY=($(compgen -W "socketmap tcp_table" -- "$cur")); return ;;
    --transport) return ;;
    esac
    case ${COMP_WORDS[1]} in
    mint) words="--rcpt --from-headers --suite --work --seconds --offer --threads --max-time --max-mem --nice --date --progress --json --quiet --help --version " ;;
    verify) words="--rcpt --suite --work --date --validity --json --quiet --help --version " files=1 ;;
    explain) words="--rcpt --date --validity --json --quiet --help --version " ;;
    stamp) words="--rcpt --from-headers --suite --work --seconds --offer --threads --max-time --max-mem --nice --date --progress --json --quiet --help --version " files=1 ;;
    suites) words="--json --quiet --help --version " ;;
    bench) words="--suite --work --seconds --threads --max-mem --plot --progress --json --quiet --help --version " ;;
    deliver) words="--sender --nexthop --socks --config --json --quiet --help --version " ;;
    send) words="--from-headers --sender --nexthop --socks --progress --config --json --quiet --help --version " ;;
    sendmail) words="--help --version " ;;
    probe) words="--sender --nexthop --socks --yes --config --json --quiet --help --version " ;;
    demand) words="--threads --max-mem --json --quiet --help --version " files=1 ;;
    retry) words="--rcpt --threads --max-time --max-mem --nice --sender --nexthop --socks --yes --message --output --again --progress --config --json --quiet --help --version " files=1 ;;
    config) words="--config --check --json --quiet --help --version " ;;
    map) words="--config --import --lookup --listen --protocol --transport --json --quiet --help --version " ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    elif [[ $files ]]; then
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -F _onionpow onionpow
