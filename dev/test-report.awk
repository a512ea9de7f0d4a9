# Reads the event stream of Swift Testing (JSON lines, version 0) and prints one line for each suite as it
# ends, then the failures and the sum. It exits with 1 where a test failed, did not end, or none ran.
# The stream and not the text of `swift test`: there a test does not say to which suite it belongs, and its
# arguments may go over several lines.
#
# root: the folder of the package, which is left out of the paths. log_file: named above the sum.
# A line `end` ends the input, so that a process which a test has left behind cannot hold it open.

# The text of a string field, shortened to about 2000 characters; empty where there is none.
function text_of(line, key,    start, rest, text, mark, next_one) {
    start = index(line, "\"" key "\":\"")
    if (!start) return ""
    rest = substr(line, start + length(key) + 4, 2000)
    text = ""
    while (match(rest, /["\\]/)) {
        text = text substr(rest, 1, RSTART - 1)
        mark = substr(rest, RSTART, 1)
        if (mark == "\"") return text
        next_one = substr(rest, RSTART + 1, 1)
        rest = substr(rest, RSTART + 2)
        if (next_one == "n" || next_one == "r" || next_one == "t") text = text " "
        else if (next_one == "u") { text = text "?"; rest = substr(rest, 5) }
        else text = text next_one
    }
    return text rest
}

function last_place(line, part,    place, step) {
    place = 0
    while (step = index(substr(line, place + 1), part)) place += step
    return place
}

function number_of(line, key,    start) {
    start = index(line, "\"" key "\":")
    return start ? substr(line, start + length(key) + 3, 30) + 0 : 0
}

function is(name) { return index($0, "\"kind\":\"" name "\"") > 0 }

# `Module.Suite/name()/File.swift:1:2` without its last two parts. The name itself may hold a slash.
function suite_of(id, name,    parent) {
    parent = id
    sub(/\/[^\/]*$/, "", parent)
    return substr(parent, 1, length(parent) - length(name) - 1)
}

function shortened(text) { return length(text) > 300 ? substr(text, 1, 297) "..." : text }

function without_root(path) {
    return root != "" && index(path, root "/") == 1 ? substr(path, length(root) + 2) : path
}

# The seconds are from the begin of the suite's first test to the end of its last one. In a parallel run all
# suites begin at once and share the processors, so each takes nearly as long as the whole run; the stream
# has no better figure for a test without arguments.
function print_suite(suite) {
    if (!total[suite] || printed[suite]++) return
    printf "%s %4d %-5s %9.3f s  %s\n", broken[suite] ? "FAILED" : "passed", total[suite],
        total[suite] == 1 ? "test" : "tests", last[suite] - first[suite], suite
    fflush()
}

# A test that came to its end in this way.
function finish(id, outcome) {
    if (!(id in suite) || id in ended) return
    ended[id] = 1
    total[suite[id]]++
    sum[outcome]++
    if (outcome == "failed") { broken[suite[id]] = 1; failures[++failed] = id }
}

# What has begun and not ended when the process ends was cut off by a crash.
function finish_all(    i, id) {
    for (i = 1; i <= begun; i++) {
        id = order[i]
        if (id in ended) continue
        issues[id] = 1
        issue[id, 1] = "did not end: the process that ran it was ended by a crash or from outside"
        finish(id, "failed")
    }
    begun = 0
    for (i = 1; i <= suites; i++) print_suite(suite_names[i])
}

$0 == "end" { exit }

is("test") && is("function") {
    # Behind the list of the test's cases, each of which has a name and an id, too.
    record = substr($0, length($0) > 4000 ? length($0) - 3999 : 1)
    own = last_place(record, "\"id\":\"")
    id = text_of(substr(record, own), "id")
    name = text_of(substr(record, own), "name")
    suite[id] = suite_of(id, name)
    # The name that is displayed stands in front of the id, with no other id between.
    record = substr(record, 1, own - 1)
    record = substr(record, last_place(record, "\"displayName\":\""))
    title = index(record, "\"id\":\"") ? "" : text_of(record, "displayName")
    gsub(/`/, "", name)
    titles[id] = title == "" ? name : title
    if (!(suite[id] in is_known)) { is_known[suite[id]] = 1; suite_names[++suites] = suite[id] }
    next
}

is("runStarted") { finish_all(); next }

is("testStarted") {
    id = text_of($0, "testID")
    if (!(id in suite)) next
    order[++begun] = id
    now = number_of($0, "absolute")
    if (!(suite[id] in first)) first[suite[id]] = last[suite[id]] = now
    next
}

is("testSkipped") { finish(text_of($0, "testID"), "skipped"); next }

is("issueRecorded") {
    if (index($0, "\"isKnown\":true")) next
    id = text_of($0, "testID")
    number = ++issues[id]
    if (number > 3) next
    place = without_root(text_of($0, "_filePath"))
    what = text_of($0, "text")
    # What is recorded by hand, and what a test's own process hands on, says more in the second message.
    if (what == "Issue recorded") {
        rest = substr($0, index($0, "\"text\":\"Issue recorded") + 10)
        if (index(rest, "\"text\":")) what = what ": " text_of(rest, "text")
    }
    # Of a test with several cases.
    arguments = text_of($0, "displayName")
    if (length(arguments) > 80) arguments = substr(arguments, 1, 77) "..."
    issue[id, number] = (place == "" ? "" : place ":" number_of($0, "line") ": ") \
        (arguments == "" ? "" : "with " arguments ": ") what
    next
}

is("testEnded") {
    id = text_of($0, "testID")
    if (id in suite) {
        last[suite[id]] = number_of($0, "absolute")
        finish(id, index($0, "\"symbol\":\"fail\"") ? "failed" : "passed")
    } else print_suite(id)
}

END {
    finish_all()
    if (issues[""]) { failures[++failed] = ""; sum["failed"]++; titles[""] = "outside of any test" }
    if (failed) print "\nFailures:"
    for (i = 1; i <= failed; i++) {
        id = failures[i]
        print (id == "" ? "" : suite[id] ": ") titles[id]
        for (k = 1; k <= issues[id] && k <= 3; k++) print "    " shortened(issue[id, k])
        if (issues[id] > 3) print "    and " issues[id] - 3 " more"
    }
    if (!(sum["passed"] + sum["failed"])) print "\nNo test ran."
    if (log_file != "") print "\nEverything that was printed: " log_file
    skipped = sum["skipped"] ? ", " sum["skipped"] " skipped" : ""
    print sum["passed"] + 0 " passed, " sum["failed"] + 0 " failed" skipped
    exit sum["failed"] || !sum["passed"]
}
