# Completion for bash or zsh, from the option tables: awk -v shell=bash -f completion.awk src/cli/run_options.c src/probe/check.c ...
#
# A table belongs to the command whose file it is in. Each option gives its name, its letter, and what stands behind it: the words of a
# choice, paths where its name says so, or nothing that could be guessed.

FNR == 1 {
    command = FILENAME ~ /check\.c$/ ? "check" : FILENAME ~ /audit/ ? "audit" : "run"
}
/^    X\("/ { add(substr($0, 8)) }

# One row, without what it begins with: NAME", 'x', OPTION_KIND, ... The words of a choice stand behind its name: NAME\0a|b
function add(row,   name, words, kind, letter, value) {
    name = row
    sub(/".*/, "", name)
    words = name
    sub(/\\0.*/, "", name)
    letter = match(row, /'.'/) ? substr(row, RSTART + 1, 1) : ""
    kind = match(row, /OPTION_[A-Z]+/) ? substr(row, RSTART + 7, RLENGTH - 7) : ""
    long = name == "" ? "" : "--" name
    short = letter == "" ? "" : "-" letter
    pattern = long (long != "" && short != "" ? "|" : "") short
    options[command] = options[command] (long == "" ? "" : " " long) (short == "" ? "" : " " short)
    if (kind != "FLAG" && kind != "COUNT")
        takes[command] = takes[command] (long == "" ? "" : "|" long) (short == "" ? "" : "|" short)
    value = kind == "SIGNAL" ? "TERM INT QUIT HUP USR1 USR2" : ""
    if (kind == "CHOICE") {
        value = substr(words, length(name) + 3)
        gsub(/\|/, " ", value)
    }
    if (name == "restart")
        value = "no on-failure always"
    if (name ~ /^(own|write|env-file|termination-log)$/)
        value = "FILES"
    if (value != "")
        cases = cases pattern SUBSEP value "\n"
}

END {
    commands = "check audit sleep pause install"
    count = split(cases, list, "\n")
    first = 0
    head = "# bash completion of kinglet\n_kinglet() {\n    COMPREPLY=()"
    typed = "    local -a typed=(\"${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}\")\n    local current=${COMP_WORDS[COMP_CWORD]}"
    if (shell == "zsh") {
        first = 1
        head = "#compdef kinglet\n_kinglet() {"
        typed = "    local -a typed=(\"${words[@]:1:$((CURRENT - 2))}\")\n    local current=${words[CURRENT]}"
    }
    print head
    print "    local command=run at=0 ended=0 word previous= options takes"
    print typed
    print "    case ${typed[" first "]-} in check | audit | sleep | pause | install) command=${typed[" first "]} ;; esac"
    print "    case $command in"
    for (c in options)
        printf "    %s) options='%s' takes='%s|' ;;\n", c, substr(options[c], 2), takes[c]
    print "    *) options='--help -h' takes= ;;"
    print "    esac"
    print "    # where PROGRAM begins, its own completion takes over"
    print "    [[ $current == = ]] && current="
    print "    for word in \"${typed[@]}\"; do"
    print "        at=$((at + 1))"
    print "        [[ $word == = ]] && continue # where the shell takes --name=value apart"
    print "        if [[ -n $previous && $takes == *\"|$previous|\"* ]]; then previous=; continue; fi"
    print "        previous=$word"
    print "        [[ $ended == 0 && $word == -- ]] && { ended=1; continue; }"
    print "        [[ $ended == 0 && $word == -* ]] && continue"
    print "        [[ $command == run ]] && { _kinglet_program $at; return; }"
    print "    done"
    print "    case $previous in"
    for (i = 1; i < count; i++) {
        split(list[i], part, SUBSEP)
        printf "    %s) %s; return ;;\n", part[1], part[2] == "FILES" ? "_kinglet_files" : "_kinglet_words '" part[2] "'"
    }
    print "    esac"
    print "    [[ -n $previous && $takes == *\"|$previous|\"* ]] && return"
    print "    [[ $ended == 1 ]] && { _kinglet_commands; return; }"
    print "    case $command,$current in"
    print "    *,-*) _kinglet_words \"$options\" ;;"
    print "    run,*) if [[ ${#typed[@]} -eq 0 ]]; then _kinglet_words '" commands "'; fi; _kinglet_commands ;;"
    print "    check,*) _kinglet_words 'http:// http+unix:// tcp:// unix:// grpc:// tls:// postgres:// redis:// fcgi:// file://' ;;"
    print "    install,*) _kinglet_files ;;"
    print "    esac"
    print "}"
    if (shell == "zsh") {
        print "_kinglet_words() { compadd -- ${=1}; }"
        print "_kinglet_files() { _files; }"
        print "_kinglet_commands() { _command_names -e; }"
        print "_kinglet_program() { words=(\"${(@)words[$1 + 1,-1]}\"); CURRENT=$((CURRENT - $1)); _normal; }"
        print "_kinglet \"$@\""
    } else {
        print "_kinglet_words() { COMPREPLY+=($(compgen -W \"$1\" -- \"$current\")); }"
        print "_kinglet_files() { COMPREPLY+=($(compgen -f -- \"$current\")); }"
        print "_kinglet_commands() { COMPREPLY+=($(compgen -c -- \"$current\")); }"
        print "_kinglet_program() { if declare -F _command_offset >/dev/null; then _command_offset \"$1\"; else _kinglet_files; fi; }"
        print "complete -F _kinglet kinglet"
    }
}
