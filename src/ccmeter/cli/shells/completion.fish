# ccmeter completion for fish: ccmeter completion fish > ~/.config/fish/completions/ccmeter.fish
function __ccmeter_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (env _CCMETER_COMPLETE=fish $before[1] $before[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case dirs
            __fish_complete_directories "$current"
        case words
            printf '%s\n' $lines[2..-1]
    end
end
complete -c ccmeter -f -k -a '(__ccmeter_complete)'
