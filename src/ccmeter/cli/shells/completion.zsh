#compdef ccmeter
# ccmeter completion for zsh: eval "$(ccmeter completion zsh)" after compinit
_ccmeter() {
    local -a lines described
    local line
    lines=("${(@f)$(_CCMETER_COMPLETE=zsh ${words[1]} "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    case ${lines[1]} in
        files) _files ;;
        dirs) _files -/ ;;
        words)
            for line in "${(@)lines[2,-1]}"; do
                described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
            done
            _describe -V ccmeter described
            ;;
    esac
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _ccmeter "$@"
else
    compdef _ccmeter ccmeter
fi
