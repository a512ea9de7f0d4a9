import Harness
import ScenarioFile

@testable import Trace

private let one = MemoryFile()
private let other = MemoryFile()

/// Fuzzes the trace readers. The first byte selects how the rest becomes a trace, because a fuzzer
/// rarely finds gzip's checksum and never finds the footer's digest.
@main enum TraceFuzzer {
    static func main() { fuzz(parse) }
}

private func parse(_ input: [UInt8]) {
    guard let selector = input.first else { return }
    let rest = Array(input.dropFirst())
    switch (selector &- UInt8(ascii: "0")) % 5 {
    case 0: asItIs(rest)
    case 1: compressed(rest)
    case 2: whole(rest)
    case 3: damaged(rest)
    default: compared(rest)
    }
}

// MARK: - Ways to make a trace

/// Uses the bytes as the file.
private func asItIs(_ bytes: [UInt8]) {
    one.replace(with: bytes)
    _ = verdict(one)
    read(one)
}

/// Uses the bytes as the text of a trace. Compressed and uncompressed, it must be read as the same
/// lines.
private func compressed(_ text: [UInt8]) {
    one.replace(with: text)
    _ = other.compress(text)
    let lines = read(other)
    require(
        lines.elementsEqual(
            text.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast(),
            by: { $0.elementsEqual($1) }), "other lines are read than were written")
    // Uncompressed traces are recognised by their first byte.
    guard text.first == UInt8(ascii: "{") else { return }
    require(read(one) == lines, "other lines are read from a file that is not compressed")
    let (plain, packed) = (verdict(one), verdict(other))
    require(
        plain.kind == packed.kind, "uncompressed it is \(plain), compressed it is \(packed)")
    for line in lines {
        checkJSON(line)
        checkEvent(line)
    }
}

/// Uses the bytes as header and events and appends a correct footer. The trace must be whole unless
/// a line is not an event.
private func whole(_ text: [UInt8]) {
    _ = one.compress(withFooter(text))
    if case .changed(let reason) = verdict(one) {
        require(
            !reason.contains("the footer's digest") && !reason.contains("the footer counts")
                || text.contains("{\"end\":1,"),
            "the right footer is found to be wrong: \(reason)")
    }
}

/// Like `whole`, then cut and changed at a place that the first four bytes select. The result must
/// not be accepted as whole.
private func damaged(_ bytes: [UInt8]) {
    guard bytes.count > 4 else { return }
    let text = withFooter(Array(bytes.dropFirst(4)))
    var file = one.compress(text)
    let lines = read(one)
    let place = (Int(bytes[0]) | Int(bytes[1]) << 8) % file.count

    other.replace(with: file[..<place])
    let cut = verdict(other)
    require(cut.kind != .whole, "cut after byte \(place) it is \(cut)")
    require(lines.starts(with: read(other)), "cut after byte \(place) other lines are read")

    file[place] ^= bytes[2] | 1
    other.replace(with: file)
    // Padding bits of the compressed data have no meaning.
    require(
        verdict(other).kind != .whole || read(other) == lines,
        "changed in byte \(place) it is whole, with other lines")
}

/// Compares two texts, which a byte 0xff separates.
private func compared(_ bytes: [UInt8]) {
    let texts = bytes.split(separator: 0xff, maxSplits: 1, omittingEmptySubsequences: false)
    one.replace(with: texts[0])
    _ = other.compress(Array(texts.last ?? []))
    let difference = try? TraceDiff.firstDifference(one.path, other.path)
    if texts.count == 1, let difference {
        require(
            difference.difference == nil && !difference.headersDiffer,
            "a trace differs from itself: \(difference)")
    }
}

/// Appends the footer that the trace writer would write.
private func withFooter(_ text: [UInt8]) -> [UInt8] {
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
    var digest = TraceDigest()
    for line in lines.dropFirst() {
        unsafe line.withUnsafeBufferPointer { line in unsafe digest.add(line: line) }
    }
    let footer = TraceFooter(lines: UInt64(lines.count - 1), digest: digest.text)
    return text + Array("\n\(footer.json)\n".utf8)
}

// MARK: - What is asked of every trace

private enum Kind { case whole, selection, cut, changed }

extension TraceVerifier.Verdict {
    fileprivate var kind: Kind {
        switch self {
        case .whole: .whole
        case .selection: .selection
        case .cut: .cut
        case .changed: .changed
        }
    }
}

private func verdict(_ file: MemoryFile) -> TraceVerifier.Verdict {
    do throws(TraceError) {
        return try TraceVerifier.verify(file.path)
    } catch {
        fatalError("a file that can be read cannot be verified: \(error)")
    }
}

/// Reads all lines before the file's end or its first damage, and parses the first line as `replay`
/// does.
@discardableResult
private func read(_ file: MemoryFile) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    do throws(TraceError) {
        var reader = try TraceReader(path: file.path)
        while let line = try reader.next() { lines.append(line) }
    } catch {
        require(!error.description.isEmpty, "an error without words")
    }
    if let first = lines.first { checkHeader(first) }
    if let last = lines.last { checkFooter(last) }
    return lines
}

private func checkHeader(_ line: [UInt8]) {
    guard var header = try? TraceHeader(line: line, path: "trace") else { return }
    // Line breaks between the scenario's values are written as spaces.
    header.scenario.unicodeScalars = .init(
        header.scenario.unicodeScalars.lazy.map { $0 == "\r" ? " " : $0 })
    let again = try? TraceHeader(line: Array(header.json.utf8), path: "trace")
    require(again == header, "written again it is another header: \(header.json)")
    guard let scenario = try? Scenario.decode(Array(header.scenario.utf8), file: "trace") else {
        return
    }
    let canonical = TraceHeader(
        version: header.version, seed: header.seed, mode: header.mode,
        scenario: scenario.canonicalJSON())
    let read = try? TraceHeader(line: Array(canonical.json.utf8), path: "trace")
    require(read == canonical, "a header's scenario is not read as written: \(canonical.json)")
}

private func checkFooter(_ line: [UInt8]) {
    guard let footer = try? TraceFooter(line: line, path: "trace") else { return }
    let again = try? TraceFooter(line: Array(footer.json.utf8), path: "trace")
    require(again?.json == footer.json, "written again it is another footer: \(footer.json)")
}

/// An event is written and read as the same one; what is none has a reason.
private func checkEvent(_ line: [UInt8]) {
    let head = TraceEvent.Head(line)
    do throws(TraceLineError) {
        let event = try TraceEvent(line)
        require(head?.request == event.identity.request, "its head has another request: \(event)")
        var again = LineBuffer(capacity: 64)
        event.write(to: &again)
        let read = try? TraceEvent(again.bytes.dropLast())
        require(read?.identity == event.identity, "written again it is another event: \(event)")
        require(
            read?.unknownFields.count == event.unknownFields.count,
            "written again it has other unknown fields: \(event)")
    } catch {
        require(!error.description.isEmpty, "an error without words")
    }
}

/// The trace reader's check of JSON and the scenario decoder's check must agree.
private func checkJSON(_ line: [UInt8]) {
    guard let text = String(validating: line, as: UTF8.self) else { return }
    let isObject = JSONText.members(of: line.span) != nil
    let first = line.first { ![0x20, 0x09, 0x0d].contains($0) }
    guard first == UInt8(ascii: "{"), let isJSON = scenarioDecoderAccepts(text) else { return }
    require(isObject == isJSON, "one reader takes it for JSON, the other does not: \(text)")
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: text) }
    }
}
