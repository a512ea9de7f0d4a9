# Reads the document of `windtunnel run --json` and prints a line `digest  file  seed` for each
# scenario, because a machine without setup has no JSON tool. No token spans lines, so the layout of
# the document does not matter. Exit code 1 with a message on standard error if the document does
# not have the expected structure.

function complain(text) {
    print "digests.awk: " text > "/dev/stderr"
    failed = 1
    exit 1
}

# Handles a scalar of the open object. It is a name if no name is waiting for its value.
function scalar(text) {
    if (depth == 3 && key[2] == "scenarios" && key[3] != "") field[key[3]] = text
}

function open_bracket() {
    depth++
    key[depth] = ""
    # The elements of an array keep its name, so that depth and name tell the place.
    if (depth == 2) key[2] = key[1]
    if (depth == 3) delete field
}

function close_bracket(bracket) {
    if (depth == 3 && bracket == "}" && key[2] == "scenarios") {
        if (!("digest" in field && "file" in field && "seed" in field))
            complain("a scenario without digest, file or seed")
        if (field["digest"] !~ /^[0-9a-f]+$/ || length(field["digest"]) != 64)
            complain(field["file"] ": no SHA-256: " field["digest"])
        print field["digest"] "  " field["file"] "  " field["seed"]
        count++
    }
    depth--
    if (depth < 0) complain("a bracket too many")
}

{
    rest = $0
    while (match(rest, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:,"[:space:]]+/)) {
        token = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (token ~ /^[{[]$/) open_bracket()
        else if (token ~ /^[]}]$/) close_bracket(token)
        else if (token == ":") key[depth] = last
        else if (token == ",") {
            if (depth != 2) key[depth] = ""
        } else {
            if (token ~ /^"/) {
                token = substr(token, 2, length(token) - 2)
                gsub(/\\\//, "/", token)
            }
            last = token
            scalar(token)
        }
    }
}

END {
    if (!failed && depth != 0) complain("the document is cut")
    if (!failed && count == 0) complain("no scenarios")
    if (failed) exit 1
}
