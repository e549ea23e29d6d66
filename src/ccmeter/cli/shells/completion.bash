# ccmeter completion for bash 3.2 and later: eval "$(ccmeter completion bash)"
_ccmeter_complete() {
    local line quoted first=1
    COMPREPLY=()
    while IFS= read -r line; do
        if [ -n "$first" ]; then
            first=
            [ "$line" = words ] || return 0 # files: bash's own completion
            type compopt >/dev/null 2>&1 && compopt +o default
            continue
        fi
        printf -v quoted %q "${line%%$'\t'*}"
        COMPREPLY+=("$quoted")
    done < <(_CCMETER_COMPLETE=bash "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -o default -F _ccmeter_complete ccmeter 2>/dev/null ||
    complete -o default -F _ccmeter_complete ccmeter
